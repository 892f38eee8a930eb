// Every word of the page stands in words.ko.json and words.en.json; `say` picks the browser's language.
export const locale = navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en";
const WORDS = await (await fetch(`/static/words.${locale}.json`)).json();

export function say(key, values = {}) {
  const text = WORDS[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function dress(root = document) {
  document.documentElement.lang = locale;
  for (const one of root.querySelectorAll("[data-word]")) one.textContent = say(one.dataset.word);
  for (const one of root.querySelectorAll("[data-label]"))
    one.setAttribute("aria-label", say(one.dataset.label));
}

export const won = (number) => number.toLocaleString("ko-KR");

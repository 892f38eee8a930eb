// Modals that the bot opens, and pictures seen large.
import { say } from "./words.js";

const box = document.getElementById("modal");
const TEXT_INPUT = 4, PARAGRAPH = 2;

function inputs(components, label = "") {
  return components.flatMap((one) => {
    if (one.component) return inputs([one.component], one.label);
    if (one.components) return inputs(one.components, label);
    return one.custom_id ? [{ ...one, label: one.label ?? label }] : [];
  });
}

function control(one) {
  const label = document.createElement("label");
  label.textContent = one.label + (one.required === false ? "" : " *");
  let field;
  if (one.type === TEXT_INPUT) {
    field = document.createElement(one.style === PARAGRAPH ? "textarea" : "input");
    field.value = one.value ?? "";
    field.placeholder = one.placeholder ?? "";
    field.maxLength = one.max_length ?? 4000;
    if (one.min_length) field.minLength = one.min_length;
    if (one.style === PARAGRAPH) field.rows = 3;
  } else {
    field = document.createElement("select");
    for (const option of one.options ?? []) field.add(new Option(option.label, option.value));
  }
  field.required = one.required !== false;
  field.dataset.name = one.custom_id;
  label.append(field);
  return label;
}

function action(word, kind) {
  const button = document.createElement("button");
  button.textContent = say(word);
  button.className = kind;
  return button;
}

// Show a modal; resolve to the values by custom_id, or to null when it is closed.
export function ask(modal) {
  const form = document.createElement("form");
  const title = document.createElement("h2");
  title.textContent = modal.title;
  const ends = document.createElement("div"), no = action("cancel", "button"), yes = action("submit", "plain");
  ends.className = "ends"; no.type = "button"; ends.append(no, yes);
  form.append(title, ...inputs(modal.components).map(control), ends);
  return new Promise((resolve) => {
    let values = null;
    form.onsubmit = (event) => {
      event.preventDefault();
      const fields = [...form.querySelectorAll("[data-name]")];
      values = Object.fromEntries(fields.map((one) => [one.dataset.name, one.value]));
      box.close();
    };
    no.onclick = () => box.close();
    box.className = "";
    box.setAttribute("aria-label", modal.title);
    box.replaceChildren(form);
    box.onclose = () => resolve(values);
    box.showModal();
  });
}

export function enlarge(picture) {
  const copy = picture.cloneNode(), close = action("close", "button");
  copy.loading = "eager";
  close.onclick = () => box.close();
  box.className = "wide";
  box.setAttribute("aria-label", picture.alt);
  box.replaceChildren(copy, close);
  box.onclose = null;
  box.showModal();
}

// Modals that the bot opens, and pictures seen large.
import { say } from "./words.js";

const box = document.getElementById("modal");
const TEXT_INPUT = 4, PARAGRAPH = 2;
let returns = null;

// The browser gives the focus back to what had it; a message that was redrawn meanwhile is another.
function show() {
  const had = document.activeElement, press = had?.dataset?.press;
  returns = () => {
    if (had?.isConnected && !had.disabled) return had.focus();
    const same = press && document.querySelector(`[data-press="${CSS.escape(press)}"]:not(:disabled)`);
    (same || document.getElementById("input")).focus();
  };
  box.showModal();
}

function inputs(components, label = "", about = "") {
  return components.flatMap((one) => {
    if (one.component) return inputs([one.component], one.label, one.description ?? "");
    if (one.components) return inputs(one.components, label);
    return one.custom_id ? [{ ...one, label: one.label ?? label, about }] : [];
  });
}

function control(one) {
  const label = document.createElement("label");
  label.textContent = one.label + (one.required === false ? "" : " *");
  if (one.about) {
    const about = document.createElement("small");
    about.textContent = one.about;
    label.append(about);
  }
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

// Show a modal; resolve to what `submit` got for the values by custom_id, or to null when it was
// closed. What was typed stays until somebody has taken it: a bot may be dead just now.
export function ask(modal, submit) {
  const form = document.createElement("form");
  const title = document.createElement("h2");
  title.textContent = modal.title;
  const ends = document.createElement("div"), no = action("cancel", "button"), yes = action("submit", "plain");
  ends.className = "ends"; no.type = "button"; ends.append(no, yes);
  const wrong = document.createElement("p");
  wrong.className = "refused"; wrong.hidden = true; wrong.setAttribute("role", "alert");
  form.append(title, ...inputs(modal.components).map(control), wrong, ends);
  return new Promise((resolve) => {
    let answer = null;
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (yes.disabled) return;
      const fields = [...form.querySelectorAll("[data-name]")];
      const values = Object.fromEntries(fields.map((one) => [one.dataset.name, one.value]));
      yes.disabled = true;
      wrong.hidden = true;
      const got = await submit(values).catch((error) => ({ failed: error.message }));
      yes.disabled = false;
      if (!form.isConnected || !box.open) return;
      if (got.failed) {
        wrong.textContent = got.failed;
        wrong.hidden = false;
      } else {
        answer = got;
        box.close();
      }
    };
    no.onclick = () => box.close();
    box.className = "";
    box.setAttribute("aria-label", modal.title);
    box.replaceChildren(form);
    box.onclose = () => { returns(); resolve(answer); };
    show();
  });
}

export function enlarge(picture) {
  const copy = picture.cloneNode(), close = action("close", "button");
  copy.loading = "eager";
  close.onclick = () => box.close();
  box.className = "wide";
  box.setAttribute("aria-label", picture.alt);
  box.replaceChildren(copy, close);
  box.onclose = () => returns();
  show();
}

// The line where people write: messages, and slash commands with their options.
import { post } from "./net.js";
import { locale, say } from "./words.js";

const form = document.getElementById("composer");
const input = document.getElementById("input");
const choices = document.getElementById("choices");
const options = document.getElementById("options");
const refused = document.getElementById("refused");
const INTEGER = 4, BOOLEAN = 5, NUMBER = 10, SUB = 1, GROUP = 2;
const SHOWN_MAX = 25, TYPING_MS = 150;
let commands = [], chosen = null, host = null, timer = 0, offered = [], at = -1;

const word = (one, part) => one[`${part}_localizations`]?.[locale] ?? one[part];

// Every command that can be run, subcommands by their path.
function flat(command, path = command.name, shown = word(command, "name")) {
  const inner = (command.options ?? []).filter((one) => one.type === SUB || one.type === GROUP);
  if (!inner.length) return [{ path, shown, about: word(command, "description"), options: command.options ?? [] }];
  return inner.flatMap((one) => flat(one, `${path} ${one.name}`, `${shown} ${word(one, "name")}`));
}

export function start(page) {
  host = page;
  input.placeholder = say("placeholder");
  form.onsubmit = (event) => { event.preventDefault(); send(); };
  input.oninput = () => { refuse(""); chosen ? null : suggest(); };
  input.onkeydown = keys;
  options.onkeydown = (event) => { if (event.key === "Escape") drop(); };
}

export async function learn() {
  const found = await post("/act/commands", {});
  commands = found.filter((one) => one.type === 1).flatMap((one) => flat(one))
    .sort((one, other) => one.path.localeCompare(other.path));
  // Somebody may have begun to type before the bot had said what it can do.
  if (!chosen && document.activeElement === input) suggest();
}

export function begin(text) {
  drop();
  input.value = text;
  input.focus();
  suggest();
}

function suggest() {
  const text = input.value;
  if (!text.startsWith("/")) return offer([]);
  const typed = text.slice(1).trim().toLowerCase();
  const fits = commands.filter((one) => one.path.includes(typed) || one.shown.includes(typed));
  const exact = (one) => (one.path === typed || one.shown === typed ? 0 : 1);
  fits.sort((one, other) => exact(one) - exact(other));
  offer(fits.slice(0, SHOWN_MAX).map((one) => ({
    title: `/${one.shown}`, about: one.about, pick: () => choose(one),
  })));
}

function offer(found) {
  offered = found; at = found.length ? 0 : -1;
  choices.hidden = !found.length;
  input.setAttribute("aria-expanded", String(!!found.length));
  choices.replaceChildren(...found.map((one, number) => {
    const line = document.createElement("div"), about = document.createElement("small");
    line.id = `choice-${number}`; line.role = "option"; line.textContent = one.title;
    about.textContent = one.about ?? "";
    line.append(about);
    line.onpointerdown = (event) => { event.preventDefault(); one.pick(); };
    return line;
  }));
  mark();
}

function mark() {
  [...choices.children].forEach((line, number) => {
    line.setAttribute("aria-selected", String(number === at));
    if (number === at) line.scrollIntoView({ block: "nearest" });
  });
  if (at >= 0) input.setAttribute("aria-activedescendant", `choice-${at}`);
  else input.removeAttribute("aria-activedescendant");
}

function keys(event) {
  if (event.isComposing) return;
  if (event.key === "Escape") return drop();
  if (!offered.length) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    at = (at + step + offered.length) % offered.length;
    mark();
  } else if (event.key === "Enter" || event.key === "Tab") offered[at].pick();
  else return;
  event.preventDefault();
}

function choose(command) {
  chosen = command;
  offer([]);
  input.value = `/${command.shown}`;
  input.readOnly = true;
  options.replaceChildren(...command.options.map(field));
  options.hidden = !command.options.length;
  if (!command.options.length) return void send();
  // What may be left out waits below; Enter sends without it, as on Discord.
  (options.querySelector("[data-needed]") ?? input).focus();
}

function field(option) {
  const label = document.createElement("label");
  const needed = option.required ? ` (${say("required")})` : "";
  label.textContent = `${word(option, "name")}${needed}`;
  label.title = word(option, "description");
  const entry = option.choices || option.type === BOOLEAN ? picker(option) : typed(option);
  entry.dataset.option = option.name;
  entry.dataset.type = option.type;
  if (option.required) entry.dataset.needed = "";
  label.append(entry);
  return label;
}

function picker(option) {
  const entry = document.createElement("select");
  const found = option.choices ?? [{ name: "✓", value: "true" }, { name: "✗", value: "false" }];
  if (!option.required) entry.add(new Option("", ""));
  for (const one of found) entry.add(new Option(word(one, "name"), one.value));
  return entry;
}

function typed(option) {
  const entry = document.createElement("input");
  entry.required = !!option.required;
  if (option.type === INTEGER || option.type === NUMBER) entry.inputMode = "numeric";
  if (option.autocomplete) {
    entry.oninput = () => { delete entry.dataset.value; clearTimeout(timer); timer = setTimeout(() => complete(option, entry), TYPING_MS); };
    entry.onfocus = entry.oninput;
    entry.onblur = () => offer([]);
    entry.onkeydown = keys;
  }
  return entry;
}

async function complete(option, entry) {
  const command = chosen, text = entry.value, { viewer, channel } = host.here();
  const others = values();
  delete others[option.name];
  const found = await post("/act/autocomplete", {
    user: viewer, channel, command: command.path, option: option.name, text, others, locale,
  }).catch(() => []);
  if (chosen !== command || entry.value !== text || document.activeElement !== entry) return;
  offer(found.map((one) => ({
    title: word(one, "name"),
    pick: () => { entry.value = one.name; entry.dataset.value = one.value; offer([]); },
  })));
}

function values() {
  const given = {};
  for (const entry of options.querySelectorAll("[data-option]")) {
    const type = Number(entry.dataset.type);
    const text = entry.dataset.value ?? entry.value.trim();
    if (text === "") continue;
    given[entry.dataset.option] = type === BOOLEAN ? text === "true"
      : type === INTEGER || type === NUMBER ? Number(text.replaceAll(",", "")) : text;
  }
  return given;
}

async function send() {
  const { viewer, channel } = host.here();
  try {
    if (chosen) {
      const command = chosen, given = values();
      const missing = command.options.find((one) => one.required && !(one.name in given));
      if (missing) return refuse(`${word(missing, "name")}: ${say("required")}`);
      const line = [...options.children], restore = () => restoreCommand(command, line);
      drop();
      const sent = post("/act/slash", { user: viewer, channel, name: command.path, options: given, locale });
      await host.answered(await sent.catch((error) => { restore(); throw error; }));
    } else if (input.value.trim()) {
      const text = input.value;
      input.value = "";
      offer([]);
      await post("/act/say", { user: viewer, channel, text }).catch((error) => {
        if (!input.value && !chosen) input.value = text;
        throw error;
      });
    }
  } catch (error) {
    refuse(error.message);
  }
}

// What was filled in and did not go out stands there again, unless somebody went on meanwhile.
function restoreCommand(command, line) {
  if (chosen || input.value) return;
  input.value = `/${command.shown}`;
  if (!line.length) return;
  chosen = command;
  input.readOnly = true;
  options.replaceChildren(...line);
  options.hidden = false;
}

function drop() {
  chosen = null;
  input.readOnly = false;
  input.value = "";
  options.hidden = true;
  options.replaceChildren();
  offer([]);
  refuse("");
}

export function refuse(text) {
  refused.textContent = text;
  refused.hidden = !text;
}

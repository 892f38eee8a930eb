// The first minute: what a newcomer does, ticked off as it happens.
import { say } from "./words.js";

const SEEN = "autotrade-tour";
const APPROVE = "t1:ok:", EDIT = "t1:edit:";
let steps = [], at = 0, box = null, host = null;

export function start(page) {
  if (localStorage.getItem(SEEN)) return;
  host = page;
  steps = [
    { name: "step_briefing", help: () => host.turn("clock", { scene: "morning", rate: 20 }), done: (told) => isBriefing(told) },
    { name: "step_basket", help: () => host.press(APPROVE), done: (told, before) => before.offered && !offered(APPROVE) },
    { name: "step_window", help: () => host.turn("clock", { scene: "window", rate: 10 }), done: (told) => told.type === "pulse" && isTrading(told) },
    { name: "step_trade", help: () => host.begin("/trade"), done: (told) => told.type === "channels" },
    { name: "step_edit", help: () => host.press(EDIT), done: (told) => told.type === "message" && said(told, "✏️") },
    { name: "step_approve", help: () => host.press(APPROVE), done: (told, before) => before.offered && !offered(APPROVE) },
    { name: "step_fill", help: () => host.turn("clock", { rate: 20 }), done: (told) => told.type === "message" && said(told, "체결:") },
    { name: "step_halt", help: () => host.begin("/halt"), done: (told) => told.type === "message" && /정지|halt/i.test(told.html) },
  ];
  box = document.createElement("section");
  box.id = "tour";
  document.getElementById("stage").prepend(box);
  draw();
}

const offered = (beginning) => document.querySelector(`[data-press^="${beginning}"]:not(:disabled)`);
const said = (told, word) => told.html.includes(word);
const isBriefing = (told) => told.type === "message" && told.by_bot && said(told, "<h1>") && !said(told, "data-press") && said(told, "브리핑");
const isTrading = (told) => told.now.slice(11, 16) >= "09:05" && told.quotes.some((one) => one.is_open);

function draw() {
  const title = document.createElement("h2"), list = document.createElement("ol"), row = document.createElement("div");
  title.textContent = at < steps.length ? say("tour") : say("tour_done");
  steps.forEach((one, number) => {
    const line = document.createElement("li");
    line.textContent = say(one.name);
    line.dataset.step = one.name;
    if (number < at) line.dataset.done = "";
    if (number === at) line.setAttribute("aria-current", "step");
    list.append(line);
  });
  row.className = "switches";
  if (at < steps.length) row.append(button("help_me", () => steps[at].help()));
  row.append(button(at < steps.length ? "skip_tour" : "close", end));
  box.replaceChildren(title, list, row);
}

function button(word, act) {
  const one = document.createElement("button");
  one.type = "button"; one.textContent = say(word); one.dataset.tour = word;
  one.onclick = act;
  return one;
}

let before = { offered: false };

// Called with everything the live line tells, after it was drawn.
export function heard(told) {
  if (!box || at >= steps.length) return;
  if (steps[at].done(told, before)) { at += 1; before = { offered: false }; draw(); }
  else before = { offered: before.offered || !!offered(APPROVE) };
}

function end() {
  localStorage.setItem(SEEN, "1");
  box?.remove();
  box = null;
}

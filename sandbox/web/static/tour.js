// The first minute: what a newcomer does, ticked off as it happens, in whatever order it does.
import { say } from "./words.js";

const SEEN = "autotrade-tour";
// What the bot says once it has stopped, not when it asks whether to.
const STOPPED = ["매매 정지 상태입니다", "Trading is stopped"];
const APPROVE = "t1:ok:", EDIT = "t1:edit:";
// Where the stage is a drawer, the step that is due stands above the messages.
const NARROW = matchMedia("(max-width:1050px)");
let steps = [], box = null, host = null;
const known = { offers: 0, wasOffered: false, isTalking: false };

export function start(page) {
  if (wasSeen()) return;
  host = page;
  steps = [
    { name: "step_briefing", help: () => host.turn("clock", { scene: "morning", rate: 20 }), done: isBriefing },
    { name: "step_basket", help: () => host.press(APPROVE), done: () => known.offers > 0 },
    { name: "step_window", help: () => host.turn("clock", { scene: "window", rate: 10 }), done: isTrading },
    { name: "step_trade", help: () => host.begin("/trade"), done: () => known.isTalking },
    { name: "step_edit", help: () => host.press(EDIT), done: (told) => said(told, "<strong>대체:") },
    { name: "step_approve", help: () => host.press(APPROVE), done: () => known.offers > 1 },
    { name: "step_fill", help: () => host.turn("clock", { rate: 20 }), done: (told) => known.offers > 1 && said(told, "<strong>체결:") },
    { name: "step_halt", help: () => host.begin("/halt"), done: (told) => STOPPED.some((word) => said(told, word)) },
  ];
  box = document.createElement("section");
  box.id = "tour";
  place();
  NARROW.addEventListener("change", place);
  draw();
}

// A browser that keeps nothing shows the minute each time.
function wasSeen() {
  try {
    return !!localStorage.getItem(SEEN);
  } catch {
    return false;
  }
}

function place() {
  if (!box) return;
  if (NARROW.matches) document.querySelector("main > header").after(box);
  else document.getElementById("stage").prepend(box);
}

const offered = () => !!document.querySelector(`[data-press^="${APPROVE}"]:not(:disabled)`);
const said = (told, word) => told.type === "message" && told.html.includes(word);
const isBriefing = (told) => said(told, "<h1>") && !said(told, "data-press") && said(told, "12-1");
const isTrading = (told) => told.type === "pulse" && told.now.slice(11, 16) >= "09:05" && told.quotes.some((one) => one.is_open);
const current = () => steps.find((one) => !one.is_done);

function draw() {
  const title = document.createElement("h2"), list = document.createElement("ol"), row = document.createElement("div");
  title.textContent = say(current() ? "tour" : "tour_done");
  for (const one of steps) {
    const line = document.createElement("li");
    line.textContent = say(one.name);
    line.dataset.step = one.name;
    if (one.is_done) line.dataset.done = "";
    if (one === current()) line.setAttribute("aria-current", "step");
    list.append(line);
  }
  row.className = "switches";
  if (current()) row.append(button("help_me", () => current().help()));
  row.append(button(current() ? "skip_tour" : "close", end));
  box.replaceChildren(title, list, row);
}

function button(word, act) {
  const one = document.createElement("button");
  one.type = "button"; one.textContent = say(word); one.dataset.tour = word;
  one.onclick = act;
  return one;
}

// Called with everything the live line tells, after it was drawn.
export function heard(told) {
  if (!box || !current()) return;
  const isOffered = offered();
  // A ✅ that was there and is gone was pressed, by somebody who may.
  if (known.wasOffered && !isOffered && host.here().channel === known.where) known.offers += 1;
  known.wasOffered = isOffered;
  known.where = host.here().channel;
  known.isTalking ||= told.type === "channels";
  const fresh = steps.filter((one) => !one.is_done && one.done(told));
  for (const one of fresh) one.is_done = true;
  if (fresh.length) draw();
}

function end() {
  try {
    localStorage.setItem(SEEN, "1");
  } catch { /* it may keep nothing */ }
  box?.remove();
  box = null;
}

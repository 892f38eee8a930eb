// The messages of one channel. Their HTML comes escaped from the server (sandbox.discord.snapshot).
import { read } from "./net.js";
import { say } from "./words.js";

const log = document.getElementById("log");
const list = document.getElementById("messages");
const spoken = document.getElementById("spoken");
const NEAR = 120, EARLIER_AT = 300, SPOKEN_MAX = 300;
let channel = null, viewer = null, loading = 0, fetching = false;

function piece(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

const find = (id) => list.querySelector(`article[data-id="${CSS.escape(id)}"]`);
const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
// Heights of what was never in sight are guesses, so one jump may end short of the end.
export function toEnd(tries = 3) {
  log.scrollTop = log.scrollHeight;
  if (tries) requestAnimationFrame(() => toEnd(tries - 1));
}

export async function open(place, who) {
  channel = place; viewer = who;
  const turn = ++loading;
  const page = await read("/messages", { channel, viewer });
  if (turn !== loading) return;
  list.replaceChildren(...page.messages.map((one) => piece(one.html)));
  offerOlder(page.more);
  emptiness();
  toEnd();
}

function emptiness() {
  const note = list.querySelector("#empty");
  if (list.querySelector("article")) note?.remove();
  else if (!note) list.innerHTML = `<p id="empty" class="note">${say("empty")}</p>`;
}

function offerOlder(more) {
  list.querySelector("#older")?.remove();
  if (!more) return;
  const button = document.createElement("button");
  button.id = "older"; button.type = "button"; button.textContent = say("older");
  button.onclick = older;
  list.prepend(button);
}

// Earlier messages come when the top is near, or by their button; what is read stays where it is.
async function older() {
  if (fetching) return;
  fetching = true;
  try {
    const turn = loading, first = list.querySelector("article");
    const page = await read("/messages", { channel, viewer, before: first?.dataset.id ?? "" });
    if (turn !== loading) return;
    const was = first?.getBoundingClientRect().top, button = list.querySelector("#older");
    const isFocused = button === document.activeElement;
    button?.remove();
    list.prepend(...page.messages.map((one) => piece(one.html)));
    offerOlder(page.more);
    if (isFocused) (list.querySelector("#older") ?? log).focus({ preventScroll: true });
    if (first) await pin(first, was);
  } finally {
    fetching = false;
  }
  nearTop();
}

// By where the message stands, not by heights: those of what was never in sight are guesses, which
// become true in the frames that follow.
async function pin(message, top, frames = 3) {
  log.scrollTop += message.getBoundingClientRect().top - top;
  if (!frames) return;
  await new Promise(requestAnimationFrame);
  await pin(message, top, frames - 1);
}

// Whatever cannot be read now keeps its button.
function nearTop() {
  if (log.scrollTop < EARLIER_AT && list.querySelector("#older")) older().catch(() => {});
}
log.addEventListener("scroll", nearTop, { passive: true });

// Show a message that was posted or edited; return whether it belongs to the open channel.
export function show(told) {
  if (told.channel_id !== channel) return false;
  const stays = isAtEnd(), fresh = piece(told.html), old = find(told.id);
  if (old) {
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(fresh);
    if (held) keepFocus(fresh, held.dataset.press);
  } else insert(fresh);
  if (told.is_new || told.by_bot) speak(fresh);
  emptiness();
  if (stays) toEnd();
  return true;
}

// A button that was pressed may be gone from its message; the focus stays with the message then.
function keepFocus(fresh, press) {
  const same = press && fresh.querySelector(`[data-press="${CSS.escape(press)}"]:not(:disabled)`);
  if (!same) fresh.tabIndex = -1;
  (same || fresh).focus({ preventScroll: true });
}

// The log itself is silent: it would read out every page of history and every redrawn ticket whole.
function speak(article) {
  const who = article.querySelector(".who")?.textContent ?? "";
  const parts = article.querySelectorAll(".text, h1, .note");
  const text = [...parts].map((one) => one.textContent.trim()).join(" ");
  const line = `${who}: ${text}`.slice(0, SPOKEN_MAX);
  if (spoken.textContent !== line) spoken.textContent = line;
}

// Ids rise with time, but two answers may overtake one another on their way here.
function insert(fresh) {
  let after = list.lastElementChild;
  while (after?.dataset.id && BigInt(after.dataset.id) > BigInt(fresh.dataset.id))
    after = after.previousElementSibling;
  if (after) after.after(fresh); else list.append(fresh);
}

export function remove(told) {
  find(told.id)?.remove();
  emptiness();
}

// The messages of one channel. Their HTML comes escaped from the server (sandbox.discord.snapshot).
// They stand in blocks, and the browser lays out only the blocks in sight (content-visibility in
// app.css): a frame costs the same however long the channel is, while everything that was read
// stays in the page for its find box, the Tab key and screen readers.
import { read } from "./net.js";
import { say } from "./words.js";

const log = document.getElementById("log");
const list = document.getElementById("messages");
const spoken = document.getElementById("spoken");
const NEAR = 120, EARLIER_AT = 300, SPOKEN_MAX = 300, BLOCK_MAX = 10, JUMPS = 4;
// What keeps the focus when its message is drawn anew.
const HANDLES = ["press", "select", "go", "picture"];
let channel = null, viewer = null, loading = 0, fetching = false;
// Each message by its id: its element, and the HTML that it was made of.
const shown = new Map();

function piece(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const article = template.content.firstElementChild;
  shown.set(article.dataset.id, { article, html });
  // The page's policy takes no style attribute; a style set by a script it takes.
  for (const one of article.querySelectorAll("[data-colour]"))
    one.style.borderLeftColor = one.dataset.colour;
  return article;
}

function block(articles = []) {
  const one = document.createElement("div");
  one.className = "block";
  one.append(...articles);
  return one;
}

function blocks(messages) {
  const found = [];
  for (let at = 0; at < messages.length; at += BLOCK_MAX)
    found.push(block(messages.slice(at, at + BLOCK_MAX).map((one) => piece(one.html))));
  return found;
}

const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
// Heights of what was never in sight are guesses, so one jump may end short of the end.
// Many messages in a frame share the jumps.
let jumps = 0;
export function toEnd() {
  const isOnItsWay = jumps > 0;
  jumps = JUMPS;
  if (!isOnItsWay) jump();
}
function jump() {
  log.scrollTop = log.scrollHeight;
  if (--jumps) requestAnimationFrame(jump);
}

export async function open(where, who) {
  channel = where; viewer = who;
  const turn = ++loading, before = versions();
  const page = await read("/messages", { channel, viewer });
  if (turn === loading) fill(page, before);
}

// What the live line brings while a page is on its way is newer than the page, and stays.
const versions = () => new Map([...shown].map(([id, { html }]) => [id, html]));
const since = (before) => [...shown].filter(([id, { html }]) => before.get(id) !== html)
  .map(([id, { html }]) => ({ id, html }));

function fill(page, before) {
  const came = since(before);
  shown.clear();
  list.replaceChildren(...blocks(page.messages));
  offerOlder(page.more);
  came.forEach(place);
  emptiness();
  toEnd();
}

// After the line was lost: what came, changed or went meanwhile. Who reads above stays there.
export async function again() {
  const turn = loading, before = versions();
  const page = await read("/messages", { channel, viewer });
  if (turn !== loading) return;
  const ids = new Set(page.messages.map((one) => one.id)), first = page.messages[0]?.id;
  if (!page.messages.some((one) => before.has(one.id))) return fill(page, before);
  const newer = new Set(since(before).map((one) => one.id));
  for (const id of before.keys())
    if (!ids.has(id) && (!page.more || BigInt(id) > BigInt(first))) remove({ id });
  for (const one of page.messages) if (!newer.has(one.id)) place(one);
}

function emptiness() {
  const note = list.querySelector("#empty");
  if (shown.size) note?.remove();
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
    // The list may have been filled anew meanwhile; what came would leave a hole in it.
    if (turn !== loading || list.querySelector("article") !== first) return;
    const was = first?.getBoundingClientRect().top, button = list.querySelector("#older");
    const isFocused = button === document.activeElement;
    button?.remove();
    list.prepend(...blocks(page.messages));
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
  const fresh = place(told);
  if (fresh && (told.is_new || told.by_bot)) speak(fresh);
  return true;
}

// Put a message where it belongs; return its element, or null when it is there as it is, or will
// come with the page of earlier messages that it is on.
function place(told) {
  const stays = jumps || isAtEnd(), old = shown.get(told.id);
  if (old?.html === told.html || (!old && isEarlier(told.id))) return null;
  const fresh = piece(told.html);
  if (old) {
    const held = old.article.contains(document.activeElement) ? document.activeElement : null;
    old.article.replaceWith(fresh);
    if (held) keepFocus(fresh, held);
  } else insert(fresh);
  emptiness();
  if (stays) toEnd();
  return fresh;
}

function isEarlier(id) {
  const first = list.querySelector("article");
  return !!(list.querySelector("#older") && first && BigInt(id) < BigInt(first.dataset.id));
}

// A button that was pressed may be gone from its message; the focus stays with the message then.
function keepFocus(fresh, held) {
  const handle = HANDLES.find((one) => one in held.dataset);
  const same = handle && fresh.querySelector(
    `[data-${handle}="${CSS.escape(held.dataset[handle])}"]:not(:disabled)`);
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
  let last = list.lastElementChild, after = last?.lastElementChild;
  while (after?.dataset.id && BigInt(after.dataset.id) > BigInt(fresh.dataset.id))
    after = oneBefore(after);
  if (!after?.dataset.id) {
    const button = list.querySelector("#older"), first = block([fresh]);
    if (button) button.after(first); else list.prepend(first);
  } else if (after === last.lastElementChild && last.childElementCount >= BLOCK_MAX) {
    list.append(block([fresh]));
  } else after.after(fresh);
}

const oneBefore = (article) =>
  article.previousElementSibling ?? article.parentElement.previousElementSibling?.lastElementChild;

export function remove(told) {
  const old = shown.get(told.id);
  if (!old) return;
  shown.delete(told.id);
  const hadFocus = old.article.contains(document.activeElement), home = old.article.parentElement;
  old.article.remove();
  if (!home.childElementCount) home.remove();
  if (hadFocus) log.focus({ preventScroll: true });
  emptiness();
}

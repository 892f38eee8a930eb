// The messages of one channel. Their HTML comes escaped from the server (sandbox.discord.snapshot).
import { read } from "./net.js";
import { say } from "./words.js";

const log = document.getElementById("log");
const list = document.getElementById("messages");
const NEAR = 120;
let channel = null, viewer = null, loading = 0;

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

async function older() {
  const turn = loading, first = list.querySelector("article");
  const page = await read("/messages", { channel, viewer, before: first?.dataset.id ?? "" });
  if (turn !== loading) return;
  const height = log.scrollHeight;
  list.querySelector("#older")?.remove();
  list.prepend(...page.messages.map((one) => piece(one.html)));
  offerOlder(page.more);
  log.scrollTop += log.scrollHeight - height;
}

// Show a message that was posted or edited; return whether it belongs to the open channel.
export function show(told) {
  if (told.channel_id !== channel) return false;
  const stays = isAtEnd(), fresh = piece(told.html), old = find(told.id);
  if (old) {
    const focused = old.contains(document.activeElement) && document.activeElement.dataset.press;
    old.replaceWith(fresh);
    if (focused) fresh.querySelector(`[data-press="${CSS.escape(focused)}"]`)?.focus();
  } else insert(fresh);
  emptiness();
  if (stays) toEnd();
  return true;
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

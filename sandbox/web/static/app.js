// The page: who I am, where I am, and who is told what.
import * as chat from "./chat.js";
import * as composer from "./composer.js";
import { ask, enlarge } from "./dialogs.js";
import { follow, post, read } from "./net.js";
import * as stage from "./stage.js";
import * as tour from "./tour.js";
import { dress, locale, say } from "./words.js";

const byId = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const me = { viewer: query.get("as") ?? "owner", channel: null };
const unread = new Set();
let places = [], leave = null, told_before = "", closePlaces = () => {};

const page = {
  here: () => ({ ...me }),
  answered,
  turn: stage.turn,
  begin: composer.begin,
  press: (beginning) => {
    const found = [...document.querySelectorAll(`[data-press^="${beginning}"]:not(:disabled)`)].pop();
    if (!found) return;
    found.scrollIntoView({ block: "center" });
    found.classList.add("pointed");
    found.focus();
    setTimeout(() => found.classList.remove("pointed"), 4000);
  },
};

async function begin() {
  dress();
  composer.start(page);
  stage.start(page);
  tour.start(page);
  byId("viewer").onchange = (event) => { location.search = new URLSearchParams({ as: event.target.value }); };
  closePlaces = drawer("open-places", document.querySelector("nav"));
  drawer("open-stage", byId("stage"));
  try {
    await arrive();
  } catch (error) {
    // Nobody of that name is here; a server that is away comes again with the live line.
    if (error.isRefusal && query.has("as")) return location.replace(location.pathname);
  }
  leave = follow(me.viewer, (told) => heard(told).catch(tell), (is) => connected(is).catch(tell));
}

// What the server refuses is said; that it is away is said already, above the messages.
function tell(error) {
  if (error.isRefusal) composer.refuse(error.message);
}

// Be where I was, or, where that is no more, in the first channel.
async function arrive() {
  const found = await refresh();
  byId("viewer").replaceChildren(...found.people.map(
    (one) => new Option(one.display, one.name, false, one.name === me.viewer)));
  if (places.some((one) => one.id === me.channel)) await chat.again();
  else await go(places.find((one) => !one.is_thread).id);
}

function drawer(button, panel) {
  const opener = byId(button);
  const turn = (isOpen) => {
    panel.classList.toggle("open", isOpen);
    opener.setAttribute("aria-expanded", String(isOpen));
  };
  opener.onclick = () => {
    turn(!panel.classList.contains("open"));
    if (panel.classList.contains("open")) panel.querySelector("button")?.focus();
  };
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.classList.contains("open")) return;
    turn(false);
    opener.focus();
  });
  document.querySelector("main").addEventListener("pointerdown", (event) => {
    if (!event.target.closest(`#${button}`)) turn(false);
  });
  return () => turn(false);
}

async function refresh() {
  const found = await read("/channels", { viewer: me.viewer });
  places = found.channels;
  draw();
  return found;
}

function draw() {
  const tops = places.filter((one) => !one.is_thread);
  const lines = tops.flatMap((top) => [top, ...places.filter((one) => one.parent_id === top.id && one.is_thread)]);
  const held = byId("channels").contains(document.activeElement) && document.activeElement.dataset.channel;
  byId("channels").replaceChildren(...lines.map((one) => {
    const line = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = `${one.is_thread ? (one.archived ? "🗄 " : "↳ ") : "# "}${one.name}`;
    button.dataset.channel = one.id;
    button.onclick = () => go(one.id).catch(tell);
    if (one.id === me.channel) button.setAttribute("aria-current", "page");
    line.className = `${one.is_thread ? "thread" : ""} ${unread.has(one.id) ? "unread" : ""}`;
    line.append(button);
    return line;
  }));
  if (held) byId("channels").querySelector(`[data-channel="${CSS.escape(held)}"]`)?.focus();
  byId("title").textContent = `# ${places.find((one) => one.id === me.channel)?.name ?? ""}`;
}

async function go(channel) {
  me.channel = channel;
  unread.delete(channel);
  draw();
  closePlaces();
  composer.refuse("");
  await chat.open(channel, me.viewer);
}

// What a command or button led to: a modal to fill in, or a sentence when nothing came.
async function answered(result) {
  if (result.failed) composer.refuse(result.failed || say("no_answer"));
  if (result.kind !== "modal") return;
  const submit = (values) => post("/act/submit_modal", { user: me.viewer, result: result.token, values, locale });
  const next = await ask(result.modal, submit);
  if (next) await answered(next);
}

async function attempt(act, one) {
  if (one.classList.contains("waits")) return;
  one.classList.add("waits");
  composer.refuse("");
  try {
    await answered(await act());
  } catch (error) {
    composer.refuse(error.message);
  } finally {
    one.classList.remove("waits");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-press]"), picture = event.target.closest("[data-picture]");
  const place = event.target.closest("[data-go]");
  if (picture) enlarge(picture.querySelector("img"));
  if (place) go(place.dataset.go).catch(tell);
  if (!button?.dataset.press) return;
  const message_id = button.closest("article").dataset.id;
  attempt(() => post("/act/press", { user: me.viewer, message_id, custom_id: button.dataset.press, locale }), button);
});

document.addEventListener("change", (event) => {
  const menu = event.target.closest("[data-select]");
  if (!menu || !menu.value) return;
  const message_id = menu.closest("article").dataset.id, values = [menu.value];
  attempt(() => post("/act/select", { user: me.viewer, message_id, custom_id: menu.dataset.select, values, locale }), menu);
});

async function heard(told) {
  if (told.type === "pulse") pulse(told);
  else if (told.type === "message") message(told);
  else if (told.type === "gone") chat.remove(told);
  else if (told.type === "channels") await refresh();
  else if (told.type === "connected") await composer.learn();
  tour.heard(told);
}

function message(told) {
  if (!chat.show(told) && told.is_new) {
    unread.add(told.channel_id);
    draw();
  }
  stage.look();
}

function pulse(told) {
  byId("clock").textContent = told.now.slice(0, 19).replace("T", " ");
  const state = !told.bot.runs ? "bot_off" : told.bot.connected ? "bot_on" : "bot_wakes";
  if (state !== told_before) byId("alive").textContent = say(told_before = byId("alive").dataset.state = state);
  stage.pulse(told);
}

async function connected(is) {
  byId("lost").textContent = say("lost");
  byId("lost").hidden = is;
  document.body.dataset.line = "off";
  if (!is) return;
  await arrive();
  document.body.dataset.line = "on";
  await composer.learn();
  stage.look();
}

addEventListener("pagehide", () => leave?.());
begin();

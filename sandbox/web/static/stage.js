// Beside the channel: the clock, the market, the trouble one can make, and what became of each order.
import { post, read } from "./net.js";
import { say, won } from "./words.js";

const panel = document.getElementById("stage");
const RATES = [0, 1, 5, 20];
// The broker is asked once a second, as the real one demands: a morning takes minutes of its clock.
const SCENES = { morning: 20, window: 10, noon: 1, report: 20 };
const FAULTS = ["lost_reply", "lost_request", "error_after", "slow"];
const LOOK_MS = 400;
let host = null, looking = 0;
const parts = {};

function section(name) {
  const box = document.createElement("section"), title = document.createElement("h2");
  title.textContent = say(name);
  box.append(title);
  panel.append(box);
  return parts[name] = box;
}

function switches(box, entries) {
  const row = document.createElement("div");
  row.className = "switches";
  for (const [name, text, act] of entries) {
    const button = document.createElement("button");
    button.type = "button"; button.textContent = text; button.dataset.switch = name;
    button.onclick = () => move(act);
    row.append(button);
  }
  box.append(row);
}

async function move(act) {
  try {
    const text = await act();
    if (typeof text === "string") tell(text);
  } catch (error) {
    tell(error.message);
  }
}

function tell(text) {
  parts.said.textContent = text;
}

export const turn = (name, body = {}) => post(`/stage/${name}`, body);

export function start(page) {
  host = page;
  const time = section("time");
  switches(time, RATES.map((rate) => [`rate-${rate}`, rate ? `${rate}×` : say("pause"), () => turn("clock", { rate })]));
  switches(time, Object.entries(SCENES).map(([scene, rate]) => [scene, say(scene), () => turn("clock", { scene, rate })]));
  const market = section("market");
  parts.source = market.appendChild(document.createElement("p"));
  parts.source.className = "source";
  parts.cash = market.appendChild(document.createElement("p"));
  parts.quotes = market.appendChild(document.createElement("table"));
  parts.quotes.className = "quotes";
  const faults = section("faults");
  switches(faults, [
    ...FAULTS.map((kind) => [kind, say(kind), async () => { await turn("answers", { kind }); return say("fault_done"); }]),
    ["calm", say("calm"), async () => { await turn("calm"); return say("calm_done"); }],
    ["kill", say("kill"), async () => { await turn("kill"); return say("kill_done"); }],
    ["start", say("start"), () => turn("start")],
    ["twice", say("twice"), async () => {
      const { pressed } = await turn("twice", { user: host.here().viewer });
      return say("twice_done", { what: pressed.join(" / ") });
    }],
    ["headline", say("headline"), async () => {
      await turn("headline", { text: say("headline_text") });
      return say("headline_done");
    }],
  ]);
  parts.waiting = faults.appendChild(document.createElement("p"));
  parts.said = faults.appendChild(document.createElement("p"));
  parts.said.setAttribute("role", "status");
  const orders = section("orders");
  parts.sum = orders.appendChild(document.createElement("p"));
  parts.sum.className = "sum";
  parts.lives = orders.appendChild(document.createElement("div"));
  look();
}

export function pulse(told) {
  for (const button of panel.querySelectorAll('[data-switch^="rate-"]'))
    button.setAttribute("aria-pressed", String(button.dataset.switch === `rate-${told.rate}`));
  parts.source.textContent =
    told.seed === null ? told.market : say("invented", { seed: told.seed });
  parts.cash.textContent = say("cash", { won: won(told.orderable) });
  parts.quotes.replaceChildren(...told.quotes.map(quote));
  if (!told.quotes.some((one) => one.is_open))
    parts.quotes.insertRow().insertCell().textContent = say("closed");
  parts.waiting.textContent = told.faults ? say("waiting_faults", { n: told.faults }) : "";
}

function quote(one) {
  const row = document.createElement("tr"), change = (one.last / one.base - 1) * 100;
  row.insertCell().textContent = one.name;
  row.insertCell().textContent = one.held ? say("shares", { n: one.held }) : "";
  row.insertCell().textContent = won(one.last);
  const last = row.insertCell();
  last.className = change > 0 ? "up" : change < 0 ? "down" : "";
  last.textContent = `${change > 0 ? "+" : ""}${change.toFixed(2)}%`;
  return row;
}

// Orders change with messages; one look serves many of them.
export function look() {
  if (looking) return;
  looking = setTimeout(async () => {
    looking = 0;
    draw(await read("/orders").catch(() => null));
  }, LOOK_MS);
}

function draw(found) {
  if (!found) return;
  const there = found.exchange.filter((one) => !one.is_cancel).length;
  const verdict = found.posts === there ? "equal" : found.posts > there ? "fewer" : "more";
  const count = (name, number) => {
    const bold = document.createElement("b");
    bold.textContent = number;
    return [`${say(name)} `, bold, " · "];
  };
  const word = document.createElement("span");
  word.className = verdict === "equal" ? "ok" : verdict === "more" ? "wrong" : "";
  word.textContent = there || found.posts ? say(verdict) : say("none");
  parts.sum.replaceChildren(...count("posts", found.posts), ...count("at_exchange", there), word);
  parts.sum.dataset.posts = found.posts;
  parts.sum.dataset.there = there;
  // null: the bot is writing its file anew; what was shown stays.
  if (found.ledger) parts.lives.replaceChildren(...found.ledger.map((one) => life(one, found.exchange)));
}

function life(order, exchange) {
  const box = document.createElement("div"), title = document.createElement("h3"), list = document.createElement("ol");
  const known = exchange.find((one) => String(one.number) === String(Number(order.broker_number)) && one.symbol === order.symbol);
  const side = say(order.side), quantity = order.request_quantity ?? order.quantity_max;
  box.className = "life";
  box.dataset.order = order.order_id;
  box.dataset.state = order.state;
  title.textContent = `${side} ${known?.name ?? order.symbol} ${say("shares", { n: quantity })} · ${say(order.state)}`;
  list.append(...order.journal.map(step));
  box.append(title, list);
  return box;
}

function step(one) {
  const line = document.createElement("li"), time = document.createElement("time"), text = document.createElement("span");
  time.textContent = one.at.slice(11, 19);
  text.textContent = say(one.kind, { n: one.filled ?? "", who: one.actor }) + (one.reason ? `: ${one.reason}` : "");
  line.append(time, text);
  return line;
}

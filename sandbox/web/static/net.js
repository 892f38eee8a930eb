// Calls to the page's server. What it refuses comes back as an Error with its sentence.
import { say } from "./words.js";

export async function read(path, query = {}) {
  return told(await reach(`${path}?${new URLSearchParams(query)}`));
}

function reach(path, options) {
  return fetch(path, options).catch(() => { throw new Error(say("unreached")); });
}

export async function post(path, body) {
  const answer = await reach(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  return (await told(answer)).result;
}

async function told(answer) {
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok)
    throw Object.assign(new Error(body.error ?? `HTTP ${answer.status}`), { isRefusal: true });
  return body;
}

// The live line: calls `heard` with each thing told, `changed` with whether we are connected.
export function follow(viewer, heard, changed) {
  let ended = false, socket, wait = 300;
  const open = () => {
    socket = new WebSocket(`ws://${location.host}/live?${new URLSearchParams({ viewer })}`);
    socket.onopen = () => { wait = 300; changed(true); };
    socket.onmessage = (event) => heard(JSON.parse(event.data));
    socket.onclose = () => {
      if (ended) return;
      changed(false);
      setTimeout(open, wait = Math.min(wait * 2, 5000));
    };
  };
  open();
  return () => { ended = true; socket.close(); };
}

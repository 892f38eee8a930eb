// Calls to the page's server. What it refuses comes back as an Error with its sentence.
export async function read(path, query = {}) {
  const answer = await fetch(`${path}?${new URLSearchParams(query)}`);
  return told(answer);
}

export async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  return (await told(answer)).result;
}

async function told(answer) {
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error ?? `HTTP ${answer.status}`);
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

"""The socket shell: aiohttp in front of the pure handlers. It decides nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import zlib
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import BodyPartReader, WSMsgType, web

from sandbox.discord.control import perform
from sandbox.discord.desk import DiscordDesk
from sandbox.discord.house import House, RealClock
from sandbox.discord.wire import Reply, Request, Upload, World
from sandbox.guard import control_is_ours

BODY_BYTES_MAX: Final = 120 * 1024 * 1024
OUTBOX_MAX: Final = 4_000
HANG_SECONDS: Final = 60.0
CLOSE_SECONDS: Final = 2.0

_HOUSE: Final = web.AppKey("house", House)
_DESK: Final = web.AppKey("desk", DiscordDesk)
_SOCKETS: web.AppKey[set[Socket]] = web.AppKey("sockets", set)
_INDEX = re.compile(r"\d+")


@dataclass(slots=True)
class Running:
    """A served Discord. `discord` is the control object; `close` ends everything."""

    url: str
    api_url: str
    gateway_url: str
    control_url: str
    discord: DiscordDesk
    _runner: web.AppRunner

    async def close(self) -> None:
        """End every connection and stop listening. Bounded; safe to call twice."""
        await self._runner.cleanup()


async def serve(world: World | None, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Serve one Discord on loopback and return once it listens; port 0 takes a free one.

    `world` gives the business clock; without one, business time is real time. Raises OSError when
    the port is taken.
    """
    house = House(world.clock if world is not None else RealClock())
    desk = DiscordDesk(house)
    runner = web.AppRunner(_application(house, desk), shutdown_timeout=1.0, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    address = f"{host}:{runner.addresses[0][1]}"
    house.state.base_url = f"http://{address}"
    house.state.gateway_url = f"ws://{address}/gateway"
    return Running(
        url=house.state.base_url,
        api_url=f"http://{address}/api/v10",
        gateway_url=house.state.gateway_url,
        control_url=f"http://{address}/_control",
        discord=desk,
        _runner=runner,
    )


def _application(house: House, desk: DiscordDesk) -> web.Application:
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[control_is_ours])
    app[_HOUSE], app[_DESK] = house, desk
    app[_SOCKETS] = set()
    app.router.add_route("*", "/api/{version:v\\d+}{path:/.*}", _rest)
    app.router.add_route("*", "/api{path:/.*}", _rest)
    app.router.add_get("/gateway", _gateway)
    app.router.add_get("/gateway/", _gateway)
    app.router.add_get("/cdn/{id}/{name}", _cdn)
    app.router.add_post("/_control/{act}", _control)
    app.on_shutdown.append(_close_sockets)
    return app


async def _close_sockets(app: web.Application) -> None:
    sockets = app[_SOCKETS]
    for socket in tuple(sockets):
        socket.close(1001)


def as_json(body: Any, status: int = 200, headers: Any = ()) -> web.Response:
    """Return a JSON answer whose content type is exactly ``application/json``.

    discord.py takes any other spelling, a charset included, for text.
    """
    kind = {"Content-Type": "application/json"}
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return web.Response(body=text.encode(), status=status, headers={**kind, **dict(headers)})


async def _rest(request: web.Request) -> web.StreamResponse:
    try:
        call = await _read(request)
    except ValueError:
        body = {"message": "The request body contains invalid JSON.", "code": 50109}
        return as_json(body, 400)
    return await _send(request, request.app[_HOUSE].answer(call))


async def _read(request: web.Request) -> Request:
    body: Any = None
    files: list[Upload] = []
    if request.content_type.startswith("multipart/"):
        body, files = await _read_parts(request)
    elif request.can_read_body:
        raw = await request.read()
        body = json.loads(raw) if raw.strip() else None
    return Request(
        method=request.method,
        path=request.match_info["path"],
        query=dict(request.query),
        authorization=request.headers.get("Authorization", ""),
        body=body,
        files=tuple(files),
    )


async def _read_parts(request: web.Request) -> tuple[Any, list[Upload]]:
    body: Any = None
    files: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        name = part.name or ""
        if name == "payload_json":
            body = json.loads(await part.text())
            continue
        found = _INDEX.search(name)
        index = int(found[0]) if found else len(files)
        kind = part.headers.get("Content-Type", "application/octet-stream")
        data = bytes(await part.read(decode=False))
        files.append(Upload(index, part.filename or f"file{index}", data, kind))
    return body, files


async def _send(request: web.Request, reply: Reply) -> web.StreamResponse:
    if reply.fate == "hang":
        await asyncio.sleep(HANG_SECONDS)
    if reply.fate != "answer":
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    if reply.body is None:
        return web.Response(status=reply.status, headers=dict(reply.headers))
    return as_json(reply.body, reply.status, reply.headers)


async def _cdn(request: web.Request) -> web.StreamResponse:
    stored = request.app[_HOUSE].state.attachments.get(request.match_info["id"])
    if stored is None or stored.filename != request.match_info["name"]:
        return web.Response(status=404, text="This content is no longer available.")
    return web.Response(body=stored.data, headers={"Content-Type": stored.content_type})


async def _control(request: web.Request) -> web.StreamResponse:
    try:
        arguments: Any = await request.json() if request.can_read_body else {}
    except (ValueError, RecursionError):
        return as_json({"error": "the body is not JSON"}, 400)
    status, body = await perform(request.app[_DESK], request.match_info["act"], arguments)
    return as_json(body, status)


class Socket:
    """One gateway connection: a bounded outbox and the task that empties it."""

    def __init__(self, socket: web.WebSocketResponse, *, compressed: bool) -> None:
        self._socket = socket
        self._deflate = zlib.compressobj() if compressed else None
        self._outbox: asyncio.Queue[str | int] = asyncio.Queue(OUTBOX_MAX)
        self.code: int | None = None

    def send(self, payload: str) -> None:
        """Queue a frame; a client that reads too slowly is cut."""
        try:
            self._outbox.put_nowait(payload)
        except asyncio.QueueFull:
            self.close(4000)

    def close(self, code: int) -> None:
        """Queue the close; a full outbox is dropped first."""
        self.code = code
        while self._outbox.full():
            self._outbox.get_nowait()
        self._outbox.put_nowait(code)

    async def drain(self) -> None:
        """Write frames until the close or the loss of the connection."""
        with contextlib.suppress(ConnectionError):
            while True:
                item = await self._outbox.get()
                if isinstance(item, int):
                    await self._socket.close(code=item)
                    return
                await self._write(item)

    async def _write(self, payload: str) -> None:
        if self._deflate is None:
            await self._socket.send_str(payload)
            return
        # One zlib stream per connection, flushed after each payload (transport compression).
        squeezed = self._deflate.compress(payload.encode())
        await self._socket.send_bytes(squeezed + self._deflate.flush(zlib.Z_SYNC_FLUSH))


async def _gateway(request: web.Request) -> web.StreamResponse:
    house = request.app[_HOUSE]
    socket = web.WebSocketResponse(timeout=CLOSE_SECONDS / 2, max_msg_size=1024 * 1024)
    await socket.prepare(request)
    # zstd-stream is answered in text frames, which every client accepts.
    link = Socket(socket, compressed=request.query.get("compress") == "zlib-stream")
    request.app[_SOCKETS].add(link)
    writer = asyncio.create_task(link.drain())
    house.connect(link)
    if request.query.get("v", "10") not in ("9", "10"):
        link.close(4012)
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                house.receive(link, message.data)
            elif message.type is WSMsgType.BINARY:
                link.close(4002)
    finally:
        request.app[_SOCKETS].discard(link)
        await _end(writer, closing=link.code is not None)
        # After a close of ours the socket shows the client's echo, which is 1000 whatever we said.
        house.disconnect(link, link.code or socket.close_code)
    return socket


async def _end(writer: asyncio.Task[None], *, closing: bool) -> None:
    """Let a writer that is sending its close finish; stop any other one."""
    if closing:
        await asyncio.wait({writer}, timeout=CLOSE_SECONDS)
    writer.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await writer

"""Socket shells: aiohttp in front of the pure handlers. Loopback only; they decide nothing."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import WSMsgType, web

from sandbox.feeds import handler as feeds
from sandbox.guard import all_is_ours, control_is_ours
from sandbox.kis.gateway import handle
from sandbox.kis.wire import Fault, FaultKind, Reply, Request
from sandbox.kiwoom.gateway import handle as handle_kiwoom
from sandbox.stream_socket import serve_stream
from sandbox.world import World

from . import steering

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 1.0
BODY_BYTES_MAX = 1_000_000

Steer = Callable[[World, dict[str, object]], dict[str, object]]
STEERING: Mapping[str, Steer] = {
    "faults": steering.faults,
    "stream": steering.stream,
    "clock": steering.clock,
    "deposit": steering.deposit,
    "requests": steering.requests,
}
"""What `POST /_control/<name>` does."""


class Server(Protocol):
    """A server that is up."""

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""

    async def close(self) -> None:
        """Stop serving."""


class PortTaken(OSError):
    """Another program listens there already."""


@dataclass(slots=True)
class Running:
    """One of our servers, up on loopback."""

    url: str
    _runner: web.AppRunner = field(repr=False)

    async def close(self) -> None:
        """Drop open connections and stop listening. Safe to call twice."""
        await self._runner.cleanup()


async def start(app: web.Application, host: str, port: int) -> Running:
    """Serve `app` and return once it listens; port 0 takes a free one.

    Raises PortTaken, naming the port, when somebody else has it.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(errno.EADDRINUSE, f"port {port} is in use") from error
        raise
    return Running(f"http://{host}:{runner.addresses[0][1]}", runner)


async def serve_kis(world: World, host: str = LOOPBACK, port: int = 0) -> Running:
    """Serve the KIS REST API of this world, its stream, and its `/_control` paths.

    A WebSocket handshake opens the stream, on any path: the real ones have ports of their own.
    """
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[control_is_ours])
    _steer(app, world)

    async def served(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await serve_stream(request, world.stream, world.clock.now)
        asked = await _asked(request)
        return await _carry(request, handle(world.kis, asked, world.clock.now()))

    app.router.add_route("*", "/{path:.*}", served)
    running = await start(app, host, port)
    world.addresses.kis = running.url
    world.addresses.kis_stream = running.url.replace("http", "ws", 1)
    return running


async def serve_kiwoom(world: World, host: str = LOOPBACK, port: int = 0) -> Running:
    """Serve the Kiwoom REST API of this world, its stream, and its `/_control` paths.

    A WebSocket handshake opens the stream, on any path: the real ones have a port of their own.
    """
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[control_is_ours])
    _steer(app, world)

    async def served(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await serve_stream(request, world.kiwoom_stream, world.clock.now)
        asked = await _asked(request)
        return await _carry(request, handle_kiwoom(world.kiwoom, asked, world.clock.now()))

    app.router.add_route("*", "/{path:.*}", served)
    running = await start(app, host, port)
    world.addresses.kiwoom = running.url
    world.addresses.kiwoom_stream = running.url.replace("http", "ws", 1)
    return running


async def _asked(request: web.Request) -> Request:
    return Request(
        method=request.method,
        path=request.path,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query),
        body=await request.read(),
    )


async def serve_feeds(world: World, host: str = LOOPBACK, port: int = 0) -> Running:
    """Serve the RSS feeds."""
    app = web.Application()

    async def served(request: web.Request) -> web.StreamResponse:
        reply = feeds.handle(request.path, world.clock.now(), world.headlines)
        headers = {"Content-Type": reply.content_type}
        return web.Response(status=reply.status, body=reply.body.encode(), headers=headers)

    app.router.add_get("/{path:.*}", served)
    running = await start(app, host, port)
    world.addresses.feeds = tuple(running.url + path for path in feeds.PATHS)
    return running


async def serve_control(world: World, host: str = LOOPBACK, port: int = 0) -> Running:
    """Serve what the bot and a director need: `/addresses`, `/health`, `/clock`, `/_control/…`."""
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[all_is_ours])
    sockets: set[web.WebSocketResponse] = set()

    async def health(_request: web.Request) -> web.Response:
        return as_json({"status": "ok", "business": world.clock.now().isoformat()})

    async def addresses(_request: web.Request) -> web.Response:
        return as_json(steering.addresses(world))

    async def clock(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sockets.add(socket)
        try:
            await _follow(world, socket)
        finally:
            sockets.discard(socket)
        return socket

    async def hang_up(_app: web.Application) -> None:
        for socket in tuple(sockets):
            await socket.close(code=1001, message=b"sandbox ends")

    app.router.add_get("/health", health)
    app.router.add_get("/addresses", addresses)
    app.router.add_get("/clock", clock)
    _steer(app, world)
    app.on_shutdown.append(hang_up)
    return await start(app, host, port)


def as_json(body: object, status: int = 200) -> web.Response:
    """Return a JSON answer."""
    content = json.dumps(body, ensure_ascii=False).encode()
    return web.Response(status=status, body=content, headers={"Content-Type": "application/json"})


async def _follow(world: World, socket: web.WebSocketResponse) -> None:
    """Push the clock until the follower leaves; what a follower says is not listened to."""
    pushing = asyncio.create_task(_push(world, socket))
    try:
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                break
    finally:
        pushing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pushing


async def _push(world: World, socket: web.WebSocketResponse) -> None:
    with contextlib.suppress(ConnectionError):
        async for anchor in world.clock.changes():
            await socket.send_str(json.dumps(anchor.as_message()))


def _steer(app: web.Application, world: World) -> None:
    """Add the control paths, each one small JSON in and out."""

    def routed(act: Steer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def served(request: web.Request) -> web.StreamResponse:
            try:
                body = steering.as_object(json.loads(await request.read() or b"{}"))
                return as_json(act(world, body))
            except (ValueError, RecursionError) as error:
                return as_json({"error": str(error)}, status=400)

        return served

    for name, act in STEERING.items():
        app.router.add_post(f"/_control/{name}", routed(act))


async def _carry(request: web.Request, outcome: Reply | Fault) -> web.StreamResponse:
    """Send an answer, or fail in the way that the fault says."""
    if isinstance(outcome, Reply):
        return _response(outcome)
    if outcome.kind is FaultKind.DELAY and outcome.reply is not None:
        await asyncio.sleep(outcome.seconds)
        return _response(outcome.reply)
    if outcome.kind is FaultKind.TRUNCATE and outcome.reply is not None:
        return await _half(request, outcome.reply)
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _half(request: web.Request, reply: Reply) -> web.StreamResponse:
    content = reply.content
    response = web.StreamResponse(status=reply.status, headers=dict(reply.headers))
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.content, headers=dict(reply.headers))

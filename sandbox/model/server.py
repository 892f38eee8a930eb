"""The socket shell of the model endpoint. Everything that decides is in `handler`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from sandbox.model.handler import ModelState, Reply, Request, handle

BODY_BYTES_MAX = 2_000_000
SILENCE_SECONDS_MAX = 120.0
STOP_SECONDS = 2.0
_NOW: Callable[[], float] = time.time


class Running:
    """One served endpoint. `state` holds the fault queue and what was asked."""

    def __init__(self, runner: web.AppRunner, url: str, state: ModelState) -> None:
        """`url` carries no path; clients add ``/v1``."""
        self._runner = runner
        self.url = url
        self.state = state

    async def close(self) -> None:
        """Stop serving and drop open connections."""
        await self._runner.cleanup()


async def serve(world: Any, host: str, port: int) -> Running:
    """Serve the endpoint on `host`:`port` (0: any free port).

    `world` may be None; otherwise its ``clock.now()`` dates the answers.
    """
    state = ModelState()
    now = _world_time(world)

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Request(method=request.method, path=request.path, headers=headers, body=body)
        return await _send(request, handle(state, asked, now()))

    application = web.Application(client_max_size=BODY_BYTES_MAX)
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    bound = runner.addresses[0][1]
    return Running(runner, f"http://{host}:{bound}", state)


def _world_time(world: Any) -> Callable[[], float]:
    clock = getattr(world, "clock", None)
    if clock is None:
        return _NOW
    return lambda: float(clock.now().timestamp())


async def _send(request: web.Request, reply: Reply) -> web.StreamResponse:
    if reply.silent:
        await asyncio.sleep(SILENCE_SECONDS_MAX)
    if not reply.events:
        return web.Response(
            status=reply.status,
            body=reply.body,
            headers=dict(reply.headers),
            content_type="application/json",
        )
    response = web.StreamResponse(status=reply.status, headers=dict(reply.headers))
    response.content_type = "text/event-stream"
    response.enable_chunked_encoding()
    await response.prepare(request)
    for event in reply.events:
        await response.write(event)
    if reply.cut and request.transport is not None:
        request.transport.close()
        return response
    await response.write_eof()
    return response

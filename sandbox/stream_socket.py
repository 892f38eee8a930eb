"""The socket shell of a stream: aiohttp in front of the pure connection. It decides nothing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import datetime

from aiohttp import WSMsgType, web

from .streams import Act, Connection, HangUp, Hub

PUMP_HOST_SECONDS = 0.05
MESSAGE_BYTES_MAX = 1 << 20


async def serve_stream(
    request: web.Request, hub: Hub, clock: Callable[[], datetime]
) -> web.StreamResponse:
    """Serve one connection until either side ends it. Any path will do, as with the real one."""
    # PONG frames must reach us: one that carries PINGPONG's text is an answer to it.
    socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=MESSAGE_BYTES_MAX)
    await socket.prepare(request)
    connection = hub.connect(clock(), time.monotonic())
    pumping = asyncio.create_task(_pump(request, socket, connection, clock))
    try:
        await _listen(request, socket, connection, clock)
    finally:
        pumping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pumping
        hub.gone(connection, time.monotonic())
    return socket


async def _listen(
    request: web.Request,
    socket: web.WebSocketResponse,
    connection: Connection,
    clock: Callable[[], datetime],
) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            acts = connection.said(message.data, clock(), time.monotonic())
            if not await _carry_out(request, socket, acts):
                return
        elif message.type is WSMsgType.PING:
            await socket.pong(message.data)
        elif message.type is WSMsgType.PONG:
            connection.ponged(message.data.decode(errors="replace"))


async def _pump(
    request: web.Request,
    socket: web.WebSocketResponse,
    connection: Connection,
    clock: Callable[[], datetime],
) -> None:
    going = True
    while going:
        going = await _carry_out(request, socket, connection.pump(clock(), time.monotonic()))
        await asyncio.sleep(PUMP_HOST_SECONDS)


async def _carry_out(request: web.Request, socket: web.WebSocketResponse, acts: list[Act]) -> bool:
    """Do what the connection says; return whether it goes on."""
    with contextlib.suppress(ConnectionError):
        for act in acts:
            if isinstance(act, HangUp):
                await _hang_up(request, socket, act)
                return False
            if act.after_seconds:
                await asyncio.sleep(act.after_seconds)
            await socket.send_str(act.text)
        return True
    return False


async def _hang_up(request: web.Request, socket: web.WebSocketResponse, act: HangUp) -> None:
    if act.code:
        await socket.close(code=act.code)
    elif request.transport is not None:
        request.transport.abort()

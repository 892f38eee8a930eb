"""A `websockets` server on loopback that plays what a test of a broker's stream writes down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


@dataclass
class StreamServer:
    """Where it listens, and what it heard over all connections."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)


Server = TypeVar("Server", bound=StreamServer)


@asynccontextmanager
async def served(
    server: Server, play: Callable[[Server, ServerConnection, int], Awaitable[None]]
) -> AsyncIterator[Server]:
    """Let `play` serve each connection; the third argument says which one it is."""
    count = 0

    async def connected(socket: ServerConnection) -> None:
        nonlocal count
        count += 1
        server.paths.append(socket.request.path if socket.request else "")
        with suppress(ConnectionClosed):
            await play(server, socket, count)

    async with serve(connected, "127.0.0.1", 0, compression=None) as listening:
        host, port = next(iter(listening.sockets)).getsockname()[:2]
        server.url = f"ws://{host}:{port}"
        yield server

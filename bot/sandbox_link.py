"""Follows a sandbox on loopback: its addresses, its clock, and the one place that redirects discord.py.

Used only when SANDBOX_URL is set (demo and tests). Nothing of it runs against the real world.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
import structlog

from core.errors import ConfigurationError
from core.ports.tasks import Supervisor
from core.runtime.clock import SteppedClock

_LOG = structlog.get_logger(__name__)
CONNECT_TRIES = 20
RETRY_HOST_SECONDS = 0.5
# One line in the log for so many tries: every three seconds.
TRIES_PER_LINE = 6
REQUEST_SECONDS = 5.0

Wait = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxAddresses:
    """Where the sandbox's servers listen."""

    kis: str
    kiwoom: str
    kis_stream: str
    kiwoom_stream: str
    discord_api: str
    discord_gateway: str
    model: str
    feeds: tuple[str, ...]


class SandboxLink:
    """One connection to the sandbox's control server."""

    def __init__(self, url: str, *, wait: Wait = asyncio.sleep) -> None:  # noqa: TID251 - see below
        """`url` is the control server, for example ``http://127.0.0.1:8700``.

        `wait` waits host seconds: the sandbox owns business time, so waiting for it cannot use it.
        """
        self._wait = wait
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def open(self) -> tuple[SandboxAddresses, SteppedClock]:
        """Connect, within bounds, and return the addresses and a clock that follows the sandbox.

        Raises ConfigurationError with one sentence when the sandbox does not answer.
        """
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS), trust_env=False
        )
        addresses = await self._addresses()
        try:
            self._socket = await self._session.ws_connect(f"{self._url}/clock")
            first = await self._socket.receive_json(timeout=REQUEST_SECONDS)
            clock = SteppedClock(datetime.fromisoformat(first["business"]), rate=0)
            _step(clock, first)
        except (aiohttp.ClientError, TimeoutError, TypeError, ValueError, KeyError) as error:
            await self.close()
            raise ConfigurationError(
                f"the clock of the sandbox at {self._url} cannot be read: {_plain(error)}"
            ) from error
        return addresses, clock

    def follow(self, clock: SteppedClock, supervisor: Supervisor) -> None:
        """Keep the clock in step until the link closes."""
        supervisor.start("sandbox-clock", self._follow(clock))

    async def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            await self._socket.close()
        if self._session is not None:
            await self._session.close()

    async def _addresses(self) -> SandboxAddresses:
        session = self._session
        if session is None:
            raise RuntimeError("open() creates the session first")
        problem = ""
        for attempt in range(1, CONNECT_TRIES + 1):
            try:
                async with session.get(f"{self._url}/addresses") as reply:
                    body = json.loads(await reply.text())
                return _addresses_of(body)
            except (aiohttp.ClientError, TimeoutError, TypeError, ValueError, KeyError) as error:
                problem = _plain(error)
                if attempt % TRIES_PER_LINE == 1:
                    _LOG.warning("sandbox does not answer yet", attempt=attempt, error=problem)
                await self._wait(RETRY_HOST_SECONDS)
        await self.close()
        raise ConfigurationError(
            f"SANDBOX_URL: the sandbox at {self._url} does not answer ({problem}); is it running?"
        )

    async def _follow(self, clock: SteppedClock) -> None:
        socket = self._socket
        if socket is None:
            raise RuntimeError("open() connects first")
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            _step(clock, json.loads(message.data))
        _LOG.warning("the sandbox's clock is gone; business time runs on at its last rate")


def _plain(error: Exception) -> str:
    """Say in a few words what went wrong; aiohttp's own texts show its insides."""
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        return os.strerror(number) if number else "no connection"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientError):
        return "the connection failed"
    return "what answers there is no sandbox"


def _addresses_of(body: Mapping[str, Any]) -> SandboxAddresses:
    return SandboxAddresses(
        kis=body["kis"],
        kiwoom=body["kiwoom"],
        kis_stream=body["kis_stream"],
        kiwoom_stream=body["kiwoom_stream"],
        discord_api=body["discord_api"],
        discord_gateway=body["discord_gateway"],
        model=body["model"],
        feeds=tuple(body["feeds"]),
    )


def _step(clock: SteppedClock, message: Mapping[str, Any]) -> None:
    clock.set(
        datetime.fromisoformat(message["business"]),
        float(message["host_monotonic"]),
        float(message["rate"]),
    )


def redirect_discord(addresses: SandboxAddresses) -> None:
    """Point discord.py at the sandbox. The one place that touches its addresses."""
    import discord.gateway
    import discord.http
    import yarl

    discord.http.Route.BASE = addresses.discord_api
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(addresses.discord_gateway)

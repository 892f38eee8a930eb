"""Follows a sandbox on loopback: its addresses, its clock, and the one place that redirects discord.py.

Used only when SANDBOX_URL is set (demo and tests). Nothing of it runs against the real world.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import structlog

from core.errors import ConfigurationError
from core.ports.tasks import Supervisor
from core.runtime.clock import SteppedClock

_LOG = structlog.get_logger(__name__)
CONNECT_TRIES = 20
RETRY_HOST_SECONDS = 0.5
REQUEST_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxAddresses:
    """Where the sandbox's servers listen."""

    kis: str
    discord_api: str
    discord_gateway: str
    model: str
    feeds: tuple[str, ...]


class SandboxLink:
    """One connection to the sandbox's control server."""

    def __init__(self, url: str) -> None:
        """`url` is the control server, for example ``http://127.0.0.1:8700``."""
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
        self._socket = await self._session.ws_connect(f"{self._url}/clock")
        first = await self._message()
        clock = SteppedClock(datetime.fromisoformat(first["business"]), rate=0)
        clock.set(
            datetime.fromisoformat(first["business"]),
            float(first["host_monotonic"]),
            float(first["rate"]),
        )
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
        for attempt in range(1, CONNECT_TRIES + 1):
            try:
                async with session.get(f"{self._url}/addresses") as reply:
                    body = json.loads(await reply.text())
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                _LOG.warning("sandbox does not answer yet", attempt=attempt, error=str(error))
                # The sandbox owns business time, so waiting for it can only be host time.
                await asyncio.sleep(RETRY_HOST_SECONDS)  # noqa: TID251
            else:
                return SandboxAddresses(
                    kis=body["kis"],
                    discord_api=body["discord_api"],
                    discord_gateway=body["discord_gateway"],
                    model=body["model"],
                    feeds=tuple(body["feeds"]),
                )
        await self.close()
        raise ConfigurationError(f"the sandbox at {self._url} does not answer; is it running?")

    async def _message(self) -> dict[str, str]:
        if self._socket is None:
            raise RuntimeError("open() connects first")
        message: dict[str, str] = await self._socket.receive_json(timeout=REQUEST_SECONDS)
        return message

    async def _follow(self, clock: SteppedClock) -> None:
        socket = self._socket
        if socket is None:
            raise RuntimeError("open() connects first")
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            body = json.loads(message.data)
            clock.set(
                datetime.fromisoformat(body["business"]),
                float(body["host_monotonic"]),
                float(body["rate"]),
            )
        _LOG.warning("the sandbox's clock is gone; business time runs on at its last rate")


def redirect_discord(addresses: SandboxAddresses) -> None:
    """Point discord.py at the sandbox. The one place that touches its addresses."""
    import discord.gateway
    import discord.http
    import yarl

    discord.http.Route.BASE = addresses.discord_api
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(addresses.discord_gateway)

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import discord.gateway
import discord.http
import pytest
import yarl

from sandbox.discord.server import Running, serve
from sandbox.discord.wire import KST
from tests.sandbox.discord.probe import Probe


@dataclass
class HandClock:
    """Business time that moves only by hand."""

    instant: datetime = datetime(2024, 3, 4, 8, 0, tzinfo=KST)

    def now(self) -> datetime:
        return self.instant

    def advance(self, **by: float) -> None:
        self.instant += timedelta(**by)


@dataclass
class HandWorld:
    clock: HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def running(clock: HandClock) -> AsyncIterator[Running]:
    one = await serve(HandWorld(clock), "127.0.0.1", 0)
    try:
        yield one
    finally:
        await one.close()


@pytest.fixture
def pointed(running: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """discord.py, pointed at the sandbox for one test and back again."""
    monkeypatch.setattr(discord.http.Route, "BASE", running.api_url)
    monkeypatch.setattr(
        discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(running.gateway_url)
    )
    return running


@asynccontextmanager
async def alive(running: Running, bot: Probe) -> AsyncIterator[Probe]:
    """The bot from login to close."""
    task = asyncio.create_task(bot.start(running.discord.bot_token))
    try:
        async with asyncio.timeout(30):
            while not bot.is_ready():
                if task.done():
                    task.result()
                await asyncio.sleep(0.01)
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0)


@pytest.fixture
async def start(pointed: Running) -> AsyncIterator[Callable[..., Any]]:
    """Start bots that are closed at the end of the test."""
    async with AsyncExitStack() as stack:

        async def begin(bot: Probe | None = None) -> Probe:
            one = bot or Probe(pointed.discord.guild_id)
            return await stack.enter_async_context(alive(pointed, one))

        yield begin

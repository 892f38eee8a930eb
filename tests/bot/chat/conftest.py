"""The real bot, with the real discord.py, in front of the loopback Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import discord.gateway
import discord.http
import pytest
import yarl

from bot.chat.client import TradeBot
from bot.chat.services import ChatSettings
from bot.locales import LOCALES, load
from core.domain.modes import Mode
from sandbox.discord.desk import DiscordDesk
from sandbox.discord.server import Running, serve
from tests.fakes.fake_chat_services import NOW, FakeChat


@dataclass
class HandClock:
    instant: datetime = NOW

    def now(self) -> datetime:
        return self.instant

    def advance(self, **by: float) -> None:
        self.instant += timedelta(**by)


@dataclass
class HandWorld:
    clock: HandClock = field(default_factory=HandClock)


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    one = await serve(HandWorld())
    monkeypatch.setattr(discord.http.Route, "BASE", one.api_url)
    monkeypatch.setattr(
        discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(one.gateway_url)
    )
    try:
        yield one
        told_in_which_mode(one)
    finally:
        await one.close()


def told_in_which_mode(house: Running) -> None:
    """Every embed that any test of the chat has made the bot show begins with a mode."""
    words = {load(locale).say(f"embeds.mode_{mode.value}") for locale in LOCALES for mode in Mode}
    for message in house.discord._state.messages.values():
        for embed in message["embeds"]:
            tag = str(embed.get("title", "")).partition("] ")[0].removeprefix("[")
            assert tag in words, embed


def settings_for(house: Running, **changes: Any) -> ChatSettings:
    desk = house.discord
    values: dict[str, Any] = {
        "guild_id": desk.guild_id,
        "main_channel_id": int(desk.channel("매매")["id"]),
        "alert_channel_id": int(desk.channel("알림")["id"]),
        "approver_ids": frozenset({desk.users["owner"]}),
    }
    return ChatSettings(**{**values, **changes})


@asynccontextmanager
async def running(house: Running, chat: FakeChat) -> AsyncIterator[TradeBot]:
    """The bot from login to close."""
    bot = TradeBot(chat.services(), ready_seconds=0.02)
    task = asyncio.create_task(bot.start(house.discord.bot_token))
    try:
        async with asyncio.timeout(30):
            while not bot.is_ready():
                if task.done():
                    task.result()
                await asyncio.sleep(0.005)
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0)


@pytest.fixture
def chat(house: Running) -> FakeChat:
    return FakeChat(settings_for(house))


@pytest.fixture
def three_ranks(house: Running, chat: FakeChat) -> None:
    """An owner, an approver, and a stranger who may look."""
    users = house.discord.users
    chat.settings = replace(
        chat.settings,
        owner_ids=frozenset({users["owner"]}),
        viewer_ids=frozenset({users["stranger"]}),
        approver_ids=frozenset({users["approver"]}),
    )


@pytest.fixture
async def bot(house: Running, chat: FakeChat) -> AsyncIterator[TradeBot]:
    async with running(house, chat) as one:
        yield one


async def embed_of(
    desk: DiscordDesk,
    name: str,
    options: dict[str, Any] | None = None,
    user: str = "owner",
    locale: str = "ko",
) -> Any:
    """Return the embed that a command is answered with."""
    message = await desk.settled(await desk.slash(user, "매매", name, options, locale=locale))
    return message["embeds"][0]

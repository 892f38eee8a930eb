"""The whole bot before the whole sandbox: a price falls, and what the watchtower makes of it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import discord.gateway
import discord.http
import pytest

from bot import running
from bot.settings import Settings, load
from brokers.sim import rules as exchange_rules
from brokers.sim.exchange import Exchange
from brokers.sim.values import DayBar, MinutePrice
from core.domain.krx import KST
from sandbox import commands
from sandbox.clock import BusinessClock
from sandbox.demo.stage import strategy_text
from sandbox.kis.profiles import PROFILES
from sandbox.kis.state import KisState, Seen
from sandbox.kiwoom.state import PROFILES as KIWOOM_PROFILES
from sandbox.kiwoom.state import KiwoomState
from sandbox.names import all_names
from sandbox.servers import Server
from sandbox.world import World
from tests.bot.environment import only

# After 14:30 a first start decides nothing: whatever is offered, the watchtower offers.
START = datetime(2026, 11, 24, 14, 31, tzinfo=KST)
# Host seconds: how long anything may take on a busy machine.
PATIENCE = 300
KODEX, TIGER = "069500", "102110"
COST = 30_000
T = TypeVar("T")


class HandPrices:
    """A PriceSource whose price of now a test sets; every session before was flat."""

    label = "손으로 정한 시세"

    def __init__(self) -> None:
        self.won = {KODEX: COST, TIGER: COST}

    def symbols(self) -> tuple[str, ...]:
        return tuple(self.won)

    def name(self, symbol: str) -> str:
        return all_names().get(symbol, symbol)

    def is_session(self, day: date) -> bool:
        return exchange_rules.is_session(day)

    def hours(self, day: date) -> tuple[datetime, datetime]:
        return exchange_rules.session_hours(day)

    def base_price(self, symbol: str, day: date) -> int:
        return COST if symbol in self.won else 0

    def minute(self, symbol: str, day: date, minute: int) -> MinutePrice:
        won = self.won[symbol]
        return MinutePrice(
            last=won,
            bid=won,
            ask=won + 5,
            volume=10_000,
            cumulative_volume=10_000 * (minute + 1),
            day_open=COST,
            day_high=max(COST, won),
            day_low=min(COST, won),
        )

    def daily_bars(self, symbol: str, start: date, end: date, *, adjusted: bool) -> list[DayBar]:
        days = (start + timedelta(days=number) for number in range((end - start).days + 1))
        return [
            DayBar(day, COST, COST, COST, COST, 5_000_000)
            for day in days
            if self.is_session(day) and day < START.date()
        ]


@pytest.fixture(autouse=True)
def discord_py_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The link points discord.py at the sandbox for the whole process; undo it per test."""
    socket = discord.gateway.DiscordWebSocket
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    monkeypatch.setattr(socket, "DEFAULT_GATEWAY", socket.DEFAULT_GATEWAY)


@pytest.fixture
async def world() -> World:
    prices = HandPrices()
    exchange = Exchange(prices, opening_cash_won=500_000)
    exchange.grant(TIGER, 5, COST)
    return World(
        clock=BusinessClock(START),
        prices=prices,
        exchange=exchange,
        kis=KisState(exchange, prices, PROFILES["vts"], requests_per_second=0),
        kiwoom=KiwoomState(exchange, prices, KIWOOM_PROFILES["vts"], requests_per_second=0),
        universe=(KODEX, TIGER),
    )


@pytest.fixture
async def control(world: World) -> AsyncIterator[Server]:
    async with AsyncExitStack() as stack:
        yield await commands.open_world(world, stack)


@pytest.fixture
def settings(
    world: World, control: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Settings:
    lines = commands.environment(world, control.url).splitlines()
    given = dict(line.split("=", 1) for line in lines)
    assert world.discord is not None
    given |= {"DISCORD_TOKEN": world.discord.bot_token, "DATA_DIR": str(tmp_path / "data")}
    del given["OPENAI_API_KEY"]
    only(monkeypatch, tmp_path, **given)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "strategy.toml").write_text(strategy_text(world), encoding="utf-8")
    return load()


def accounts(log: Iterable[Seen]) -> int:
    """Count how often the account was read."""
    return sum(one.path.endswith("/inquire-balance") for one in log)


class Day:
    """What a person sees and does, and the market around it."""

    def __init__(self, world: World) -> None:
        assert world.discord is not None
        assert isinstance(world.prices, HandPrices)
        self.world, self.desk, self.prices = world, world.discord, world.prices

    async def until(self, look: Callable[[], T | None], what: str) -> T:
        """Return the first truthy `look()`; a time-out names nothing, so `what` is for the reader."""
        del what
        async with asyncio.timeout(PATIENCE):
            while True:
                self.world.exchange.advance(self.world.clock.now())
                found = look()
                if found:
                    return found
                await asyncio.sleep(0.02)

    async def later(self, seconds: float) -> None:
        """Let business time go by at once, and the bot look around after it, at the account too."""
        clock, log = self.world.clock, self.world.kis.requests
        clock.jump(clock.now() + timedelta(seconds=seconds))
        seen = accounts(log)
        await self.until(
            lambda: accounts(log) > seen + 1, "the account, for the breakers and for us"
        )

    def embeds(self, channel: str, words: str) -> list[dict[str, Any]]:
        return [
            message
            for message in self.desk.messages(channel)
            for embed in message["embeds"]
            if words in str(embed)
        ]

    def tickets(self) -> list[dict[str, Any]]:
        return [one for one in self.embeds("매매", "나가기 규칙") if one["components"]]

    def held(self) -> int:
        found = self.world.exchange.holdings(self.world.clock.now())
        return sum(item.quantity for item in found if item.symbol == TIGER)

    def alarms(self, words: str) -> int:
        return len(self.embeds("알림", words))

    @asynccontextmanager
    async def bot(self, settings: Settings) -> AsyncIterator[None]:
        """One life of the bot, ended as a service manager would."""
        task = asyncio.create_task(running.run(settings))
        try:
            async with asyncio.timeout(PATIENCE):
                while not self.desk._house.gateway.connected:
                    assert not task.done(), task.exception()
                    await asyncio.sleep(0.01)
            await self.desk.settled(await self.desk.slash("owner", "매매", "status"))
            yield
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                await asyncio.wait({task})
        task.result()

    async def pressed(self, message: dict[str, Any], action: str) -> None:
        button = next(
            one
            for row in message["components"]
            for one in row["components"]
            if one["custom_id"].startswith(f"t1:{action}:")
        )
        await self.desk.press("owner", message["id"], button["custom_id"])


async def test_a_fall_is_told_offered_approved_and_sold_once_over_a_restart(
    world: World, settings: Settings
) -> None:
    day = Day(world)
    async with day.bot(settings):
        # Each for themselves: while one of them is awake, everything is told at once.
        for person in ("owner", "approver"):
            hours = {"begins": "00:00", "ends": "14:50"}
            asked = await day.desk.slash(person, "매매", "system notifications quiet", hours)
            await day.desk.settled(asked)
        day.prices.won[TIGER] = 27_900
        ticket = await day.until(lambda: next(iter(day.tickets()), None), "an urgent ticket")
        await day.until(lambda: day.alarms("손절 기준에 닿았습니다"), "the alarm")
        # What can wait waits for the end of the quiet hours; the exit does not.
        assert day.alarms("내렸습니다") == 0
    async with day.bot(settings):
        await day.later(70)
        assert len(day.tickets()) == 1
        await day.pressed(ticket, "ok")
        await day.until(lambda: day.held() == 0, "the sale")
        await day.until(lambda: day.embeds("매매", "모두 체결"), "the fill in the message")
    async with day.bot(settings):
        world.clock.jump(START.replace(hour=14, minute=51))
        await day.until(lambda: day.alarms("모아 둔 알림"), "the digest")
        await day.later(70)
    assert day.tickets() == []
    assert day.alarms("손절 기준에 닿았습니다") == 1
    assert day.alarms("모아 둔 알림") == 1
    assert len(world.exchange.orders(START.date())) == 1

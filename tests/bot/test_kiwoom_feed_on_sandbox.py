"""The bot's feed at Kiwoom against the sandbox's real WebSocket, built from settings as the bot does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import cast

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bot.brokerage import open_brokerage
from bot.settings import Settings
from bot.wiring.desk import session_of
from bot.wiring.feed import open_feed
from bot.wiring.foundations import World as BotWorld
from core.domain.calendar import TradingCalendar
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.ticks import Channel, FeedHealth, FeedTrouble, Priority, Wish
from core.runtime.broker_session import BrokerSession
from core.runtime.clock import SteppedClock
from core.runtime.market_feed import LiveFeed
from core.runtime.supervisor import TaskSupervisor
from sandbox.servers import serve_kiwoom
from sandbox.world import World, WorldSettings, build_world

AT = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
KODEX = Symbol("069500")
SECONDS = 20.0


@dataclass
class Scene:
    """The feed as the bot builds it, and the world behind it."""

    world: World
    feed: LiveFeed
    session: BrokerSession
    clock: SteppedClock
    rings: list[datetime] = field(default_factory=list)

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not happened():  # noqa: ASYNC110 - two processes' worth of events tell it
                await asyncio.sleep(0.01)

    def move(self, seconds: float) -> None:
        """Let business time pass on both sides."""
        now = self.clock.now() + timedelta(seconds=seconds)
        self.world.clock.jump(now)
        self.clock.set(now)

    async def moved_until(self, happened: Callable[[], bool], seconds: float) -> None:
        """Move on in steps of so many seconds until something has happened."""
        async with asyncio.timeout(SECONDS):
            while not happened():
                self.move(seconds)
                await asyncio.sleep(0.1)

    def has_price(self) -> bool:
        return self.feed.state(KODEX).tick is not None

    async def followed(self) -> None:
        channels = frozenset({Channel.TRADE, Channel.BOOK, Channel.NAV})
        self.feed.wish("test", [Wish(symbol=KODEX, priority=Priority.HOLDING, channels=channels)])
        await self.until(lambda: self.has_price() and self.feed.state(KODEX).nav is not None)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    world = build_world(
        WorldSettings(start=AT, rate=0, broker="kiwoom", symbols=(KODEX,), requests_per_second=1000)
    )
    server = await serve_kiwoom(world)
    kiwoom = world.kiwoom
    settings = Settings.model_validate(
        {
            "broker": "kiwoom",
            "kiwoom_vts_app_key": kiwoom.app_key,
            "kiwoom_vts_app_secret": kiwoom.app_secret,
            "kiwoom_vts_account_no": kiwoom.account,
            "kiwoom_vts_acnt_prdt_cd": kiwoom.account_class,
            "kiwoom_vts_base_url": server.url,
            "kiwoom_vts_websocket_url": world.addresses.kiwoom_stream,
            "data_dir": tmp_path,
        }
    )
    clock, tasks = SteppedClock(AT, rate=0), TaskSupervisor()
    brokerage = open_brokerage(settings, clock, ())
    session = session_of(settings, brokerage, clock, tasks)
    calendar = TradingCalendar(MappingProxyType({}))
    bot = cast("BotWorld", SimpleNamespace(clock=clock, settings=settings, calendar=calendar))
    rings: list[datetime] = []
    feed = open_feed(bot, brokerage, session, lambda: rings.append(clock.now()))
    feed.start(tasks)
    yield Scene(world, feed, session, clock, rings)
    await tasks.aclose()
    await brokerage.adapter.close()
    await server.close()


async def test_prices_books_and_nav_of_what_is_followed(scene: Scene) -> None:
    await scene.followed()
    await scene.until(lambda: scene.feed.state(KODEX).book is not None)
    state, view = scene.feed.state(KODEX), scene.world.exchange.market(AT, KODEX)
    assert state.health is FeedHealth.LIVE
    assert view is not None
    assert state.tick is not None
    assert (state.tick.last_won, state.tick.base_won) == (view.minute.last, view.base)
    assert scene.feed.status().source == "Kiwoom WebSocket"
    assert [seen.return_code for seen in scene.world.kiwoom_stream.seen if seen.return_code] == []


async def test_a_fill_wakes_who_reads_the_order_list(scene: Scene) -> None:
    # Coming up is a hint by itself.
    await scene.until(lambda: len(scene.rings) == 1)
    scene.world.exchange.place(AT, KODEX, is_buy=True, quantity=1, price=0, is_market=True)
    await scene.moved_until(lambda: len(scene.rings) >= 2, seconds=3)


async def test_a_connection_killed_in_the_middle_comes_back_with_prices(scene: Scene) -> None:
    await scene.followed()
    scene.world.stream.faults.add(["drop"])
    await scene.moved_until(lambda: scene.feed.status().restarts == 1, seconds=60)
    await scene.moved_until(scene.has_price, seconds=60)
    assert scene.world.kiwoom_stream.connections == 2
    assert scene.feed.status().trouble is FeedTrouble.NONE


async def test_damaged_frames_do_not_stop_the_prices(scene: Scene) -> None:
    await scene.followed()
    scene.world.stream.faults.seed(3, 0.5, ["truncate", "duplicate", "swallow"])
    for _ in range(10):
        scene.move(60)
        await asyncio.sleep(0.1)
    scene.world.stream.faults.clear()
    began = scene.clock.now()

    def is_new() -> bool:
        tick = scene.feed.state(KODEX).tick
        return tick is not None and tick.traded_at is not None and tick.traded_at > began

    await scene.moved_until(is_new, seconds=60)
    assert scene.feed.status().restarts == 0


async def test_another_session_on_the_key_is_named_and_outlasted(scene: Scene) -> None:
    await scene.followed()
    token = await scene.session.tokens.get()
    async with connect(scene.world.addresses.kiwoom_stream, proxy=None) as other:
        await other.send(f'{{"trnm":"LOGIN","token":"{token.value}"}}')
        await scene.until(lambda: scene.feed.status().trouble is FeedTrouble.KEY_IN_USE)
        assert scene.feed.status().health is FeedHealth.OFF
        # A minute later ours takes the key back, and the other one is told.
        await scene.moved_until(lambda: scene.feed.status().restarts == 1, seconds=30)
        assert "R10001" in (await everything(other))[-1]


async def test_a_token_that_died_is_renewed(scene: Scene) -> None:
    await scene.followed()
    scene.world.kiwoom.invalidate_token()
    scene.world.stream.faults.add(["drop"])
    await scene.moved_until(lambda: scene.feed.status().restarts == 1, seconds=60)
    codes = [seen.return_code for seen in scene.world.kiwoom_stream.seen if seen.trnm == "LOGIN"]
    assert codes == [0, 805004, 0]


async def test_our_pings_go_back(scene: Scene) -> None:
    scene.world.kiwoom_stream.pong_within_host_seconds = 2.0
    await scene.followed()
    for _ in range(12):
        scene.move(60)
        await asyncio.sleep(0.25)
    assert scene.world.kiwoom_stream.connections == 1


async def test_who_does_not_echo_a_ping_is_dropped(scene: Scene) -> None:
    await scene.followed()
    scene.world.kiwoom_stream.pong_within_host_seconds = 0.2
    token = await scene.session.tokens.get()
    async with connect(scene.world.addresses.kiwoom_stream, proxy=None) as silent:
        await silent.send(f'{{"trnm":"LOGIN","token":"{token.value}"}}')
        await scene.until(lambda: scene.feed.status().trouble is FeedTrouble.KEY_IN_USE)
        scene.move(15)
        heard = await everything(silent)
        assert heard[1:] == ['{"trnm":"PING"}']


async def everything(socket: ClientConnection) -> list[str]:
    """Return what arrives until the server closes."""
    heard: list[str] = []
    async with asyncio.timeout(SECONDS):
        with suppress(ConnectionClosed):
            while True:
                heard.append(str(await socket.recv()))
    return heard

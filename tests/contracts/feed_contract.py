"""What every broker's stream must do as a TickSource, over a socket against the sandbox.

Subclass `FeedContract` in a test module (name it ``Test…``) and give it a fixture ``scene``: a stream
that runs against a sandbox whose clock stands in the middle of a session until the test moves it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from brokers.sim.values import MarketView
from core.domain.instrument import Symbol
from core.domain.ticks import Channel, FeedTrouble, Registration
from core.ports.feed import TickSource
from sandbox.world import World
from tests.fakes.feed_sink import PATIENCE_SECONDS, FeedSink, running
from tests.fakes.hand_clock import HandClock

MINUTE = timedelta(minutes=1)
KODEX, TIGER = Symbol("069500"), Symbol("102110")


@dataclass
class FeedScene:
    """One stream at one broker of one sandbox."""

    world: World
    source: TickSource
    clock: HandClock
    registered: Callable[[], frozenset[tuple[str, str]]]
    asked: Callable[[], set[str]]
    connections: Callable[[], int]
    sink: FeedSink = field(default_factory=FeedSink)

    def follow(self, *wanted: tuple[Symbol, Channel]) -> None:
        self.source.follow([Registration(symbol, channel) for symbol, channel in wanted])

    def next_minute(self) -> None:
        now = self.world.clock.now() + MINUTE
        self.world.clock.jump(now)
        self.clock.set(now)

    def view(self, symbol: Symbol = KODEX) -> MarketView:
        found = self.world.exchange.market(self.world.clock.now(), symbol)
        assert found is not None
        return found

    async def minutes_until(self, happened: Callable[[], bool]) -> None:
        """Move on minute by minute until something has happened."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not happened():
                self.next_minute()
                await asyncio.sleep(0.1)

    async def settled(self, happened: Callable[[], bool]) -> None:
        """Wait for what the server does by itself."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not happened():  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.01)


class FeedContract:
    async def test_what_is_followed_is_what_the_market_says(self, scene: FeedScene) -> None:
        scene.follow((KODEX, Channel.TRADE), (KODEX, Channel.BOOK))
        async with running(scene.source, scene.sink):
            sink = scene.sink
            await sink.until(lambda: bool(sink.trades and sink.books))
            assert sink.ups == 1
            view, trade, book = scene.view(), sink.trades[-1], sink.books[-1]
            told = view.minute
            assert (trade.symbol, trade.last_won, trade.base_won) == (KODEX, told.last, view.base)
            assert trade.volume_shares == told.cumulative_volume
            assert (trade.best_ask_won, trade.best_bid_won) == (told.ask, told.bid)
            assert trade.traded_at == scene.world.clock.now()
            assert trade.received_at == scene.clock.now()
            assert (book.best_ask_won, book.best_bid_won) == (told.ask, told.bid)
            assert min(book.ask_shares, book.bid_shares) > 0

    async def test_every_channel_that_is_offered_is_served(self, scene: FeedScene) -> None:
        scene.follow(*((KODEX, channel) for channel in scene.source.channels))
        async with running(scene.source, scene.sink):
            await scene.sink.until(lambda: bool(scene.sink.trades and scene.sink.books))
            if Channel.NAV in scene.source.channels:
                await scene.sink.until(lambda: bool(scene.sink.navs))
                assert abs(scene.sink.navs[-1].nav_won / scene.view().minute.last - 1) < 0.01
            assert scene.sink.troubles == []

    async def test_what_is_followed_no_more_is_taken_back(self, scene: FeedScene) -> None:
        scene.follow((KODEX, Channel.TRADE))
        async with running(scene.source, scene.sink):
            await scene.sink.until(lambda: bool(scene.sink.trades))
            scene.follow((TIGER, Channel.TRADE))
            await scene.settled(lambda: TIGER in {item for _, item in scene.registered()})
            assert KODEX not in {item for _, item in scene.registered()}
            scene.sink.trades.clear()
            scene.next_minute()
            await scene.sink.until(lambda: bool(scene.sink.trades))
            assert {trade.symbol for trade in scene.sink.trades} == {TIGER}

    async def test_it_asks_for_no_more_than_it_said(self, scene: FeedScene) -> None:
        many = [Symbol(f"{100_000 + number}") for number in range(scene.source.budget + 20)]
        scene.follow((KODEX, Channel.TRADE), *((symbol, Channel.TRADE) for symbol in many))
        async with running(scene.source, scene.sink):
            # Nobody knows the others: the first of the list is held all the same.
            await scene.sink.until(lambda: bool(scene.sink.trades))
            allowed = set(many[: scene.source.budget - 1])
            await scene.settled(lambda: allowed <= scene.asked())
            scene.sink.trades.clear()
            scene.next_minute()
            await scene.sink.until(lambda: bool(scene.sink.trades))
            assert scene.asked() & set(many) == allowed
            assert scene.sink.troubles == []

    async def test_an_order_is_a_hint_of_its_number(self, scene: FeedScene) -> None:
        scene.follow((KODEX, Channel.TRADE))
        async with running(scene.source, scene.sink):
            await scene.sink.until(lambda: scene.sink.ups == 1)
            now = scene.world.clock.now()
            scene.world.exchange.place(now, KODEX, is_buy=True, quantity=1, price=0, is_market=True)
            await scene.sink.until(lambda: len(scene.sink.hints) >= 2)
            numbers = {hint.order_number for hint in scene.sink.hints}
            assert numbers - {None} == {"1"}
            assert {hint.symbol for hint in scene.sink.hints} == {KODEX}

    @pytest.mark.parametrize("fault", ["drop", "close"])
    async def test_a_connection_that_breaks_is_made_anew(
        self, scene: FeedScene, fault: str
    ) -> None:
        scene.follow((KODEX, Channel.TRADE), (KODEX, Channel.BOOK))
        async with running(scene.source, scene.sink):
            await scene.sink.until(lambda: bool(scene.sink.trades and scene.sink.books))
            before = scene.registered()
            scene.world.stream.faults.add([fault])
            scene.next_minute()
            await scene.sink.until(lambda: scene.sink.ups == 2)
            assert scene.sink.troubles == [FeedTrouble.DISCONNECTED]
            await scene.settled(lambda: scene.registered() == before)
            assert scene.connections() == 2
            scene.sink.trades.clear()
            await scene.minutes_until(lambda: bool(scene.sink.trades))

    @pytest.mark.parametrize("fault", ["truncate", "duplicate", "swallow"])
    async def test_a_damaged_message_costs_that_message(self, scene: FeedScene, fault: str) -> None:
        scene.follow((KODEX, Channel.TRADE))
        async with running(scene.source, scene.sink):
            await scene.sink.until(lambda: bool(scene.sink.trades))
            scene.world.stream.faults.add([fault])
            scene.next_minute()
            await scene.settled(lambda: not scene.world.stream.faults.queue)
            scene.sink.trades.clear()
            await scene.minutes_until(lambda: bool(scene.sink.trades))
            trade = scene.sink.trades[-1]
            assert trade.traded_at is not None
            day = trade.traded_at.date()
            minute = (trade.traded_at - scene.world.prices.hours(day)[0]) // MINUTE
            assert trade.last_won == scene.world.prices.minute(KODEX, day, minute).last
            assert scene.sink.troubles == []

    async def test_pings_keep_it_alive(self, scene: FeedScene) -> None:
        scene.world.stream.pong_within_host_seconds = 1.0
        scene.world.kiwoom_stream.pong_within_host_seconds = 1.0
        scene.follow((KODEX, Channel.TRADE))
        async with running(scene.source, scene.sink):
            await scene.sink.until(lambda: scene.sink.ups == 1)
            # Each jump is more than ten seconds of business time, so each brings a ping.
            for _ in range(8):
                scene.next_minute()
                await asyncio.sleep(0.25)
            assert scene.connections() == 1
            assert scene.sink.troubles == []

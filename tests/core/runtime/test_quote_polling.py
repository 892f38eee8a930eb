from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Quote
from core.domain.ticks import Channel, FeedTrouble, Registration
from core.errors import BrokerUnavailable
from core.runtime.quote_polling import QuotePolling
from tests.core.runtime.test_market_feed import quote
from tests.fakes.feed_sink import FeedSink, running
from tests.fakes.hand_clock import HandClock

AT = datetime(2026, 11, 26, 10, 0, tzinfo=KST)
A, B, C = (Symbol(code) for code in ("000001", "000002", "000003"))


@dataclass
class Scene:
    """Quotes that note when they were asked for, and a market that may rest."""

    clock: HandClock = field(default_factory=lambda: HandClock(AT))
    asked: list[tuple[Symbol, datetime]] = field(default_factory=list)
    faults: list[bool] = field(default_factory=list)
    rests: list[datetime | None] = field(default_factory=list)

    async def ask(self, symbol: Symbol) -> Quote:
        now = self.clock.now()
        self.asked.append((symbol, now))
        if self.faults and self.faults.pop(0):
            raise BrokerUnavailable("no")
        return quote(symbol, now)

    def rests_until(self, _now: datetime) -> datetime | None:
        return self.rests.pop(0) if self.rests else None

    def source(self) -> QuotePolling:
        return QuotePolling(self.ask, self.clock, 4.0, self.rests_until)


def registrations(*symbols: Symbol) -> list[Registration]:
    return [Registration(symbol, Channel.TRADE) for symbol in symbols]


async def test_symbols_take_turns_with_a_pause_between():
    one = Scene()
    source = one.source()
    source.follow(registrations(A, B))
    async with running(source, FeedSink()) as sink:
        await sink.until(lambda: len(sink.trades) >= 5)
    assert [symbol for symbol, _ in one.asked[:5]] == [A, B, A, B, A]
    times = [at for _, at in one.asked[:5]]
    assert [later - earlier for earlier, later in pairwise(times)] == [timedelta(seconds=4)] * 4
    assert sink.ups == 1
    assert sink.troubles == []
    assert sink.trades[0].last_won == 34_000


async def test_who_is_added_or_taken_away_does_not_upset_the_turns():
    one = Scene()
    source = one.source()
    async with running(source, FeedSink()) as sink:
        await asyncio.sleep(0)
        assert one.asked == []
        source.follow(registrations(A, B))
        await sink.until(lambda: len(sink.trades) >= 1)
        source.follow(registrations(A, B, C))
        await sink.until(lambda: len(sink.trades) >= 3)
        source.follow(registrations(B))
        count = len(sink.trades)
        await sink.until(lambda: len(sink.trades) >= count + 3)
    assert [symbol for symbol, _ in one.asked[:3]] == [A, B, C]
    assert {symbol for symbol, _ in one.asked[-2:]} == {B}


async def test_it_stops_when_nobody_is_followed():
    one = Scene()
    source = one.source()
    source.follow(registrations(A))
    async with running(source, FeedSink()) as sink:
        await sink.until(lambda: bool(sink.trades))
        source.follow([])
        for _ in range(10):
            await asyncio.sleep(0)
        count = len(one.asked)
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(one.asked) == count


async def test_a_few_failures_are_nothing_and_three_in_a_row_are_a_break():
    one = Scene(faults=[False, True, True, False, True, True, True, True, False])
    source = one.source()
    source.follow(registrations(A))
    async with running(source, FeedSink()) as sink:
        await sink.until(lambda: len(sink.trades) >= 3)
    assert sink.troubles == [FeedTrouble.DISCONNECTED]
    assert sink.ups == 2


async def test_it_rests_while_nothing_is_traded():
    morning = AT + timedelta(hours=23)
    one = Scene(rests=[None, morning])
    source = one.source()
    source.follow(registrations(A))
    async with running(source, FeedSink()) as sink:
        await sink.until(lambda: len(sink.trades) >= 2)
    assert sink.troubles == [FeedTrouble.RESTING]
    assert sink.ups == 2
    assert one.asked[1][1] == morning


def test_what_it_offers():
    source = Scene().source()
    assert source.name == "REST quotes"
    assert source.channels == {Channel.TRADE}
    assert source.budget == 40
    assert source.refreshes_within == timedelta(seconds=38)
    source.follow(registrations(A, B, C))
    assert source.refreshes_within == timedelta(seconds=54)

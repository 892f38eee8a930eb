from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Quote
from core.domain.money import Won
from core.domain.ticks import (
    BookTop,
    Channel,
    FeedHealth,
    FeedTrouble,
    FillHint,
    MarketState,
    NavTick,
    Priority,
    Registration,
    Trade,
    Wish,
)
from core.errors import BrokerRefused, BrokerUnavailable
from core.ports.feed import FeedSink
from core.runtime.market_feed import FeedTerms, LiveFeed
from core.runtime.supervisor import TaskSupervisor
from tests.fakes.hand_clock import HandClock

AT = datetime(2026, 11, 26, 10, 0, tzinfo=KST)
KODEX, TIGER = Symbol("069500"), Symbol("102110")
STALE_AFTER = timedelta(seconds=60)


def trade(symbol: Symbol = KODEX, last: int = 35_000, at: datetime = AT) -> Trade:
    return Trade(
        symbol=symbol,
        last_won=Won(last),
        base_won=Won(36_000),
        volume_shares=10,
        best_ask_won=Won(last + 5),
        best_bid_won=Won(last),
        is_halted=False,
        in_vi=None,
        traded_at=at,
        received_at=at,
    )


def quote(symbol: Symbol, at: datetime) -> Quote:
    return Quote(
        symbol=symbol,
        last_won=Won(34_000),
        base_won=Won(36_000),
        upper_limit_won=Won(46_800),
        lower_limit_won=Won(25_200),
        tick_won=5,
        best_ask_won=Won(34_005),
        best_bid_won=None,
        open_won=Won(34_000),
        high_won=Won(34_000),
        low_won=Won(34_000),
        volume_shares=99,
        is_halted=True,
        received_at=at,
    )


@dataclass
class Source:
    """A source that does what a test tells it."""

    name: str = "test"
    channels: frozenset[Channel] = frozenset(Channel)
    budget: int = 41
    refreshes_within: timedelta | None = None
    followed: list[tuple[Registration, ...]] = field(default_factory=list)
    sink: FeedSink | None = None

    def follow(self, wanted: Sequence[Registration]) -> None:
        self.followed.append(tuple(wanted))

    async def run(self, sink: FeedSink) -> None:
        self.sink = sink
        await asyncio.Event().wait()


@dataclass
class Quotes:
    """Answers quotes, after the faults it was given for a symbol."""

    clock: HandClock
    faults: dict[Symbol, list[Exception]] = field(default_factory=dict)
    asked: list[Symbol] = field(default_factory=list)
    before: asyncio.Event | None = None

    async def __call__(self, symbol: Symbol) -> Quote:
        self.asked.append(symbol)
        asked_at = self.clock.now()
        if self.before is not None:
            await self.before.wait()
        if self.faults.get(symbol):
            raise self.faults[symbol].pop(0)
        return quote(symbol, asked_at)


@dataclass
class Scene:
    feed: LiveFeed
    source: Source
    clock: HandClock
    quotes: Quotes
    rings: list[datetime]

    def follow(self, *symbols: Symbol) -> None:
        self.feed.wish("test", [Wish(symbol=one, priority=Priority.HOLDING) for one in symbols])


def scene(*, skips: bool = True, **source: object) -> Scene:
    clock = HandClock(AT, skips=skips)
    quotes = Quotes(clock)
    rings: list[datetime] = []
    made = Source(**source)  # type: ignore[arg-type]
    feed = LiveFeed(
        made,
        clock,
        FeedTerms(stale_after=STALE_AFTER, quote_pause_seconds=1.0),
        quotes,
        lambda: rings.append(clock.now()),
    )
    return Scene(feed, made, clock, quotes, rings)


@asynccontextmanager
async def running(one: Scene) -> AsyncIterator[None]:
    tasks = TaskSupervisor()
    one.feed.start(tasks)
    await asyncio.sleep(0)
    try:
        yield
    finally:
        await tasks.aclose()


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_before_anything_it_is_off():
    one = scene()
    assert one.feed.state(KODEX).health is FeedHealth.OFF
    assert one.feed.status().trouble is FeedTrouble.NOT_FOLLOWED
    one.follow(KODEX)
    assert one.feed.state(KODEX).health is FeedHealth.OFF
    assert one.feed.status().trouble is FeedTrouble.STARTING
    assert one.feed.status().followed == 1


def test_the_newest_trade_of_a_followed_symbol_is_known():
    one = scene()
    one.follow(KODEX)
    one.feed.up()
    one.feed.trade(trade(last=35_000))
    one.feed.trade(trade(last=34_995))
    one.feed.trade(trade(TIGER))
    state = one.feed.state(KODEX)
    assert state.health is FeedHealth.LIVE
    assert state.tick is not None
    assert (state.tick.last_won, state.tick.change_bps) == (34_995, -279)
    assert one.feed.state(TIGER).tick is None
    assert one.feed.state(TIGER).health is FeedHealth.OFF
    assert one.feed.status().health is FeedHealth.LIVE
    assert one.feed.status().trouble is FeedTrouble.NONE


def test_books_and_net_asset_values_are_known_too():
    one = scene()
    one.follow(KODEX)
    one.feed.up()
    book = BookTop(
        symbol=KODEX,
        best_ask_won=Won(2),
        best_bid_won=Won(1),
        ask_shares=1,
        bid_shares=1,
        received_at=AT,
    )
    nav = NavTick(symbol=KODEX, nav_won=Decimal("35000.5"), last_won=None, received_at=AT)
    one.feed.book(book)
    one.feed.nav(nav)
    one.feed.nav(replace(nav, symbol=TIGER))
    state = one.feed.state(KODEX)
    assert (state.tick, state.book, state.nav) == (None, book, nav)


@pytest.mark.parametrize(
    ("said_at", "in_vi", "expected"),
    [
        (AT - timedelta(seconds=1), None, (False, True)),
        (AT - timedelta(seconds=1), False, (False, False)),
        (AT + timedelta(seconds=1), False, (True, True)),
    ],
)
def test_the_newer_word_on_a_halt_and_an_interruption_counts(said_at, in_vi, expected):
    one = scene()
    one.follow(KODEX)
    one.feed.up()
    one.feed.market_state(
        MarketState(symbol=KODEX, is_halted=True, in_vi=True, received_at=said_at)
    )
    one.feed.trade(trade()._replace(in_vi=in_vi))
    tick = one.feed.state(KODEX).tick
    assert tick is not None
    assert (tick.is_halted, tick.in_vi) == expected


def test_after_silence_nothing_is_usable():
    one = scene()
    one.follow(KODEX)
    one.feed.up()
    one.feed.trade(trade())
    one.clock.move(60)
    assert one.feed.state(KODEX).health is FeedHealth.LIVE
    one.clock.move(1)
    state = one.feed.state(KODEX)
    assert (state.health, state.tick, state.nav) == (FeedHealth.STALE, None, None)
    assert state.since == AT + STALE_AFTER
    assert one.feed.status().trouble is FeedTrouble.SILENT
    one.feed.alive()
    state = one.feed.state(KODEX)
    assert state.health is FeedHealth.LIVE
    assert state.tick is not None
    assert state.since == AT + timedelta(seconds=61)


def test_a_price_that_should_have_been_refreshed_is_stale_by_itself():
    one = scene(refreshes_within=timedelta(seconds=20))
    one.follow(KODEX, TIGER)
    one.feed.up()
    one.feed.trade(trade(KODEX))
    one.clock.move(21)
    one.feed.alive()
    one.feed.trade(trade(TIGER, at=one.clock.now()))
    assert one.feed.state(KODEX).health is FeedHealth.STALE
    assert one.feed.state(KODEX).since == AT + timedelta(seconds=20)
    assert one.feed.state(TIGER).health is FeedHealth.LIVE


def test_what_was_known_before_a_break_is_forgotten():
    one = scene()
    one.follow(KODEX)
    one.feed.up()
    one.feed.trade(trade())
    one.clock.move(5)
    one.feed.down(FeedTrouble.KEY_IN_USE)
    status = one.feed.status()
    assert (status.health, status.trouble) == (FeedHealth.OFF, FeedTrouble.KEY_IN_USE)
    assert status.since == AT + timedelta(seconds=5)
    one.clock.move(5)
    one.feed.down(FeedTrouble.DISCONNECTED)
    assert one.feed.status().since == AT + timedelta(seconds=5)
    one.feed.up()
    state = one.feed.state(KODEX)
    assert (state.health, state.tick) == (FeedHealth.LIVE, None)
    assert one.feed.status().restarts == 1


def test_wishes_of_all_owners_are_followed_by_priority():
    one = scene(budget=2)
    one.feed.wish("list", [Wish(symbol=TIGER, priority=Priority.WATCHLIST)])
    one.feed.wish(
        "book",
        [
            Wish(symbol=KODEX, priority=Priority.HOLDING),
            Wish(symbol=Symbol("114800"), priority=Priority.HOLDING),
        ],
    )
    assert [item.symbol for item in one.source.followed[-1]] == [KODEX, "114800"]
    assert [item.symbol for item in one.feed.left_out()] == [TIGER]
    assert (one.feed.status().followed, one.feed.status().left_out) == (2, 1)
    count = len(one.source.followed)
    one.feed.wish("list", [Wish(symbol=TIGER, priority=Priority.WATCHLIST)])
    assert len(one.source.followed) == count
    one.feed.wish("book", [])
    assert [item.symbol for item in one.source.followed[-1]] == [TIGER]
    assert one.feed.left_out() == ()


async def test_what_is_not_followed_any_more_is_forgotten():
    one = scene()
    one.follow(KODEX, TIGER)
    one.feed.up()
    one.feed.trade(trade(KODEX))
    one.feed.trade(trade(TIGER))
    one.follow(TIGER)
    assert one.feed.state(KODEX).health is FeedHealth.OFF
    assert await one.feed.changed() == {TIGER}
    one.follow(TIGER, KODEX)
    assert one.feed.state(KODEX).tick is None


async def test_changes_in_between_are_one_change():
    one = scene()
    one.follow(KODEX, TIGER)
    one.feed.up()
    assert await one.feed.changed() == {KODEX, TIGER}
    for last in (35_000, 35_005, 35_010):
        one.feed.trade(trade(last=last))
    assert await one.feed.changed() == {KODEX}
    waiting = asyncio.ensure_future(one.feed.changed())
    await turns()
    assert not waiting.done()
    one.feed.down(FeedTrouble.DISCONNECTED)
    assert await waiting == {KODEX, TIGER}


async def test_silence_is_a_change():
    one = scene()
    one.follow(KODEX)
    async with running(one):
        one.feed.up()
        assert await one.feed.changed() == {KODEX}
        found = await asyncio.wait_for(one.feed.changed(), 10)
        assert found == {KODEX}


async def test_silence_is_told_of_once_and_its_end_too():
    one = scene(skips=False)
    one.follow(KODEX)
    async with running(one):
        one.feed.up()
        one.feed.trade(trade())
        await one.feed.changed()
        await turns()
        one.clock.move(61)
        assert await asyncio.wait_for(one.feed.changed(), 10) == {KODEX}
        assert one.feed.state(KODEX).health is FeedHealth.STALE
        waiting = asyncio.ensure_future(one.feed.changed())
        one.clock.move(600)
        await turns()
        assert not waiting.done()
        one.feed.alive()
        assert await waiting == {KODEX}
        assert one.feed.state(KODEX).health is FeedHealth.LIVE


async def test_first_prices_come_by_quotes():
    one = scene(skips=False)
    one.follow(KODEX, TIGER)
    async with running(one):
        await turns()
        assert one.quotes.asked == []
        one.feed.up()
        one.feed.trade(trade(TIGER))
        await turns()
        assert one.quotes.asked == [KODEX]
        tick = one.feed.state(KODEX).tick
        assert tick is not None
        assert (tick.last_won, tick.is_halted, tick.traded_at) == (34_000, True, None)
        assert (tick.best_ask_won, tick.best_bid_won, tick.volume_shares) == (34_005, None, 99)
        one.follow(KODEX, TIGER, Symbol("114800"))
        await turns()
        assert one.quotes.asked == [KODEX]
        one.clock.move(1)
        await turns()
        assert one.quotes.asked == [KODEX, "114800"]


async def test_a_trade_that_came_while_the_quote_was_asked_for_is_newer():
    one = scene(skips=False)
    one.quotes.before = asyncio.Event()
    one.follow(KODEX)
    async with running(one):
        one.feed.up()
        await turns()
        one.feed.trade(trade(last=35_555))
        one.quotes.before.set()
        await turns()
        tick = one.feed.state(KODEX).tick
        assert tick is not None
        assert tick.last_won == 35_555


async def test_a_quote_from_before_a_break_is_not_taken():
    one = scene(skips=False)
    one.quotes.before = asyncio.Event()
    one.follow(KODEX)
    async with running(one):
        one.feed.up()
        await turns()
        one.feed.down(FeedTrouble.DISCONNECTED)
        one.feed.up()
        one.quotes.before.set()
        await turns()
        assert one.feed.state(KODEX).tick is None
        one.clock.move(1)
        await turns()
        assert one.quotes.asked == [KODEX, KODEX]
        assert one.feed.state(KODEX).tick is not None


async def test_a_quote_that_fails_is_asked_for_again_and_one_that_is_refused_is_not():
    one = scene(skips=False)
    one.quotes.faults = {
        KODEX: [BrokerUnavailable("no")],
        TIGER: [BrokerRefused("MCA05918", "종목코드 오류")],
    }
    one.follow(KODEX, TIGER)
    async with running(one):
        one.feed.up()
        for _ in range(5):
            await turns()
            one.clock.move(1)
        assert one.quotes.asked == [KODEX, TIGER, KODEX]
        assert one.feed.state(KODEX).tick is not None
        assert one.feed.state(TIGER).tick is None


async def test_a_source_that_refreshes_everything_needs_no_first_prices():
    one = scene(refreshes_within=timedelta(seconds=60))
    one.follow(KODEX)
    async with running(one):
        one.feed.up()
        await turns()
        assert one.quotes.asked == []


async def test_notices_ring_at_once_and_then_not_more_often_than_every_two_seconds():
    one = scene(skips=False)
    hint = FillHint(order_number="1", symbol=KODEX, received_at=AT)
    async with running(one):
        for _ in range(5):
            one.feed.hint(hint)
        await turns()
        assert one.rings == [AT]
        one.feed.hint(hint)
        await turns()
        assert one.rings == [AT]
        one.clock.move(2)
        await turns()
        assert len(one.rings) == 2


async def test_a_new_connection_rings_because_notices_may_have_been_missed():
    one = scene(skips=False)
    async with running(one):
        one.feed.up()
        await turns()
        assert one.rings == [AT]


async def test_the_source_runs_into_the_feed():
    one = scene(skips=False)
    async with running(one):
        await turns()
        assert one.source.sink is one.feed

"""A sink that writes down what a source of ticks says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from core.domain.ticks import BookTop, FeedTrouble, FillHint, MarketState, NavTick, Trade
from core.ports.feed import TickSource

PATIENCE_SECONDS = 10.0


@dataclass
class FeedSink:
    """Everything in the order in which it came; `until` waits for something to have come."""

    trades: list[Trade] = field(default_factory=list)
    books: list[BookTop] = field(default_factory=list)
    navs: list[NavTick] = field(default_factory=list)
    states: list[MarketState] = field(default_factory=list)
    hints: list[FillHint] = field(default_factory=list)
    troubles: list[FeedTrouble] = field(default_factory=list)
    ups: int = 0
    alives: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def trade(self, trade: Trade) -> None:
        self.trades.append(trade)
        self._news.set()

    def book(self, book: BookTop) -> None:
        self.books.append(book)
        self._news.set()

    def nav(self, nav: NavTick) -> None:
        self.navs.append(nav)
        self._news.set()

    def market_state(self, state: MarketState) -> None:
        self.states.append(state)
        self._news.set()

    def hint(self, hint: FillHint) -> None:
        self.hints.append(hint)
        self._news.set()

    def alive(self) -> None:
        self.alives += 1
        self._news.set()

    def up(self) -> None:
        self.ups += 1
        self._news.set()

    def down(self, trouble: FeedTrouble) -> None:
        self.troubles.append(trouble)
        self._news.set()

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not happened():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def running(source: TickSource, sink: FeedSink) -> AsyncIterator[FeedSink]:
    """Let a source run into a sink; it must not end by itself."""
    task = asyncio.create_task(source.run(sink))
    try:
        yield sink
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.wait([task])

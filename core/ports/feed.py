"""Realtime prices: what services ask of the feed, and what the feed asks of its source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from core.domain.instrument import Symbol
from core.domain.ticks import (
    BookTop,
    Channel,
    FeedStatus,
    FeedTrouble,
    FillHint,
    MarketState,
    NavTick,
    Registration,
    SymbolState,
    Trade,
    Wish,
)


class MarketFeed(Protocol):
    """The newest of each followed symbol, and whether it may be believed (core.runtime.market_feed)."""

    def wish(self, owner: str, wishes: Sequence[Wish]) -> None:
        """Replace all that `owner` wished before; an empty list takes its wishes back."""

    def state(self, symbol: Symbol) -> SymbolState:
        """Return what is known now; STALE or OFF never carries a usable price."""

    async def changed(self) -> frozenset[Symbol]:
        """Wait until something changed and return whose; what came in between is one change.

        Bounded: only the newest per symbol is kept. One caller at a time, the watchtower. A change
        of health (live, stale, off) counts too.
        """

    def left_out(self) -> tuple[Wish, ...]:
        """Return the wishes that the registration budget could not hold, the nearest first.

        A wish that lost only some of its channels comes with those.
        """

    def status(self) -> FeedStatus:
        """Return the state of the feed as a whole."""


class FeedSink(Protocol):
    """Where a source puts what it receives. Nothing here waits or raises."""

    def trade(self, trade: Trade) -> None:
        """Take a trade."""

    def book(self, book: BookTop) -> None:
        """Take the top of an order book."""

    def nav(self, nav: NavTick) -> None:
        """Take a net asset value."""

    def market_state(self, state: MarketState) -> None:
        """Take a halt or a volatility interruption, or its end."""

    def hint(self, hint: FillHint) -> None:
        """Take a notice of an order."""

    def alive(self) -> None:
        """Note that the source was heard of, whatever it said."""

    def up(self) -> None:
        """Note that the source works from now on; what came before it is not trusted any more."""

    def down(self, trouble: FeedTrouble) -> None:
        """Note that the source does not work, and why."""


class TickSource(Protocol):
    """Where ticks come from: a broker's stream, or polled quotes."""

    @property
    def name(self) -> str:
        """Say what it is, for `/status`: a proper name, not a sentence."""

    @property
    def channels(self) -> frozenset[Channel]:
        """Say which channels it offers; wishes for others are passed over."""

    @property
    def budget(self) -> int:
        """Say how many registrations it holds."""

    @property
    def refreshes_within(self) -> timedelta | None:
        """Say how long the newest of a followed symbol may be old before something is wrong.

        None where only what happens is told, and a price that nobody trades at may be hours old.
        """

    def follow(self, wanted: Sequence[Registration]) -> None:
        """Replace what is followed; the first are the most wanted. Returns at once."""

    async def run(self, sink: FeedSink) -> None:
        """Bring data until cancelled, however often the connection breaks."""

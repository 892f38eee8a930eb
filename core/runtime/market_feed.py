"""The newest of each followed symbol, and whether it may be believed.

A source (the broker's stream, or polled quotes) puts in what it receives; services look at it at
their own pace. Bounded: one value of a kind per followed symbol. What was known before a connection
broke is forgotten, because nobody knows what happened meanwhile; once it stands again, the first
prices come by quotes (the gap is filled over REST), a few at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from core.domain.instrument import Symbol
from core.domain.market import Quote
from core.domain.ticks import (
    BookTop,
    FeedHealth,
    FeedStatus,
    FeedTrouble,
    FillHint,
    MarketState,
    NavTick,
    SymbolState,
    Tick,
    Trade,
    Wish,
)
from core.errors import BrokerError, BrokerRefused
from core.ports.clock import Clock
from core.ports.feed import TickSource
from core.ports.tasks import Supervisor
from core.runtime.registrations import share_out

_LOG = structlog.get_logger(__name__)
_Of = TypeVar("_Of", BookTop, NavTick, MarketState)

AskQuote = Callable[[Symbol], Awaitable[Quote]]
# Notices of one order come in bursts; each look at the list costs a ledger call.
HINT_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTerms:
    """How long silence is believed, and the pause between quotes that fill a gap."""

    stale_after: timedelta
    quote_pause_seconds: float


class LiveFeed:
    """Implements `core.ports.feed.MarketFeed`, and the sink that its source fills."""

    def __init__(
        self,
        source: TickSource,
        clock: Clock,
        terms: FeedTerms,
        ask_quote: AskQuote,
        on_hint: Callable[[], None],
    ) -> None:
        """`ask_quote` fills gaps; `on_hint` is rung after notices of orders, at most every 2 s."""
        self._source = source
        self._clock = clock
        self._terms = terms
        self._ask_quote = ask_quote
        self._on_hint = on_hint
        self._wishes: dict[str, tuple[Wish, ...]] = {}
        self._left_out: tuple[Wish, ...] = ()
        # How many the source is asked for at present.
        self.registrations = 0
        self._followed: dict[Symbol, datetime] = {}
        self._trades: dict[Symbol, Trade] = {}
        self._books: dict[Symbol, BookTop] = {}
        self._navs: dict[Symbol, NavTick] = {}
        self._states: dict[Symbol, MarketState] = {}
        self._without_price: dict[Symbol, None] = {}
        self._changed: set[Symbol] = set()
        self._news, self._gap, self._hinted, self._heard = (asyncio.Event() for _ in range(4))
        self._is_up = False
        self._was_stale = False
        self._ups = 0
        self._trouble = FeedTrouble.STARTING
        self._since = self._alive_at = clock.now()

    def start(self, tasks: Supervisor) -> None:
        """Run the source and what belongs to it as tasks of `tasks`."""
        tasks.start("feed-source", self._source.run(self))
        tasks.start("feed-gaps", self._fill_gaps())
        tasks.start("feed-silence", self._watch_silence())
        tasks.start("feed-hints", self._pass_hints())

    # What services ask.

    def wish(self, owner: str, wishes: Sequence[Wish]) -> None:
        """Replace all that `owner` wished before; an empty list takes its wishes back."""
        if self._wishes.get(owner, ()) == tuple(wishes):
            return
        self._wishes[owner] = tuple(wishes)
        everybody = (wish for one in self._wishes.values() for wish in one)
        shares = share_out(everybody, self._source.channels, self._source.budget)
        self._left_out, self.registrations = shares.left_out, len(shares.kept)
        now = self._clock.now()
        symbols = dict.fromkeys(one.symbol for one in shares.kept)
        self._followed = {symbol: self._followed.get(symbol, now) for symbol in symbols}
        for known in (self._trades, self._books, self._navs, self._states, self._without_price):
            for symbol in known.keys() - symbols.keys():
                del known[symbol]
        self._changed &= symbols.keys()
        self._source.follow(shares.kept)
        self._look_for_gaps()

    def state(self, symbol: Symbol) -> SymbolState:
        """Return what is known now; STALE or OFF never carries a usable price."""
        followed_since = self._followed.get(symbol)
        if followed_since is None:
            return _nothing(symbol, FeedHealth.OFF, self._since)
        health, since = self._health()
        trade = self._trades.get(symbol)
        if health is FeedHealth.LIVE and trade is not None:
            within = self._source.refreshes_within
            if within is not None and self._clock.now() - trade.received_at > within:
                health, since = FeedHealth.STALE, trade.received_at + within
        if health is not FeedHealth.LIVE:
            return _nothing(symbol, health, since)
        return SymbolState(
            symbol=symbol,
            tick=self._tick(trade) if trade is not None else None,
            nav=self._navs.get(symbol),
            health=health,
            since=max(since, followed_since),
            book=self._books.get(symbol),
        )

    async def changed(self) -> frozenset[Symbol]:
        """Wait until something changed and return whose."""
        while not self._changed:
            self._news.clear()
            await self._news.wait()
        found = frozenset(self._changed)
        self._changed.clear()
        return found

    def left_out(self) -> tuple[Wish, ...]:
        """Return the wishes that the registration budget could not hold."""
        return self._left_out

    @property
    def heard_at(self) -> datetime | None:
        """When the source was last heard of; None while it does not work."""
        return self._alive_at if self._is_up else None

    def status(self) -> FeedStatus:
        """Return the state of the feed as a whole."""
        health, since = self._health()
        trouble = self._trouble
        if health is FeedHealth.LIVE:
            trouble = FeedTrouble.NONE
        elif health is FeedHealth.STALE:
            trouble = FeedTrouble.SILENT
        elif not self._followed and trouble is FeedTrouble.STARTING:
            trouble = FeedTrouble.NOT_FOLLOWED
        return FeedStatus(
            source=self._source.name,
            health=health,
            since=since,
            trouble=trouble,
            followed=len(self._followed),
            left_out=len(self._left_out),
            restarts=max(self._ups - 1, 0),
        )

    # What the source says.

    def trade(self, trade: Trade) -> None:
        """Take a trade."""
        symbol = trade.symbol
        if symbol in self._followed:
            self._trades[symbol] = trade
            self._without_price.pop(symbol, None)
            self._tell(symbol)

    def book(self, book: BookTop) -> None:
        """Take the top of an order book."""
        self._keep(self._books, book)

    def nav(self, nav: NavTick) -> None:
        """Take a net asset value."""
        self._keep(self._navs, nav)

    def market_state(self, state: MarketState) -> None:
        """Take a halt or a volatility interruption, or its end."""
        self._keep(self._states, state)

    def hint(self, hint: FillHint) -> None:
        """Take a notice of an order."""
        _LOG.info("order notice", number=hint.order_number, symbol=hint.symbol)
        self._hinted.set()

    def alive(self) -> None:
        """Note that the source was heard of."""
        now = self._clock.now()
        if self._was_stale or now - self._alive_at > self._terms.stale_after:
            self._was_stale = False
            self._since = now
            self._tell_all()
        self._alive_at = now
        self._heard.set()

    def up(self) -> None:
        """Note that the source works from now on; what came before it is not trusted any more."""
        self._forget()
        self._is_up = True
        self._was_stale = False
        self._ups += 1
        self._since = self._alive_at = self._clock.now()
        self._heard.set()
        self._look_for_gaps()
        # Something may have happened to an order while nobody could tell.
        self._hinted.set()
        self._tell_all()
        _LOG.info("feed is up", source=self._source.name)

    def down(self, trouble: FeedTrouble) -> None:
        """Note that the source does not work, and why."""
        if self._is_up:
            self._since = self._clock.now()
        self._is_up = False
        self._trouble = trouble
        self._forget()
        self._tell_all()

    # What goes on beside it.

    async def _fill_gaps(self) -> None:
        """Ask for the first price of each symbol that has none, one quote at a time."""
        while True:
            await self._gap.wait()
            symbol = next(iter(self._without_price), None)
            if symbol is None or not self._is_up:
                self._gap.clear()
                continue
            del self._without_price[symbol]
            ups = self._ups
            try:
                quote = await self._ask_quote(symbol)
            except BrokerError as error:
                _LOG.warning("a gap could not be filled", symbol=symbol, error=str(error))
                may_pass = not isinstance(error, BrokerRefused)
                if may_pass and symbol in self._followed and symbol not in self._trades:
                    self._without_price[symbol] = None
            else:
                if ups == self._ups and symbol not in self._trades:
                    self.trade(trade_of(quote))
            await self._clock.sleep(self._terms.quote_pause_seconds)

    async def _watch_silence(self) -> None:
        """Tell whoever waits for changes once the source has been silent for too long."""
        while True:
            self._heard.clear()
            if self._is_up and not self._was_stale:
                await self._clock.sleep_until(self._alive_at + self._terms.stale_after)
                if self._health()[0] is FeedHealth.STALE:
                    self._was_stale = True
                    self._tell_all()
                await self._clock.sleep(1)
            else:
                await self._heard.wait()

    async def _pass_hints(self) -> None:
        """Wake the tracker after notices, not more often than it can read."""
        while True:
            await self._hinted.wait()
            self._hinted.clear()
            self._on_hint()
            await self._clock.sleep(HINT_PAUSE_SECONDS)

    def _health(self) -> tuple[FeedHealth, datetime]:
        if not self._is_up:
            return FeedHealth.OFF, self._since
        silent_since = self._alive_at + self._terms.stale_after
        if self._clock.now() > silent_since:
            return FeedHealth.STALE, silent_since
        return FeedHealth.LIVE, self._since

    def _tick(self, trade: Trade) -> Tick:
        state = self._states.get(trade.symbol)
        tick = Tick(**trade._asdict())
        if state is None:
            return tick
        if state.received_at >= trade.received_at:
            return replace(tick, is_halted=state.is_halted, in_vi=state.in_vi)
        return tick if tick.in_vi is not None else replace(tick, in_vi=state.in_vi)

    def _keep(self, known: dict[Symbol, _Of], value: _Of) -> None:
        if value.symbol in self._followed:
            known[value.symbol] = value
            self._tell(value.symbol)

    def _look_for_gaps(self) -> None:
        """Queue the followed symbols without a price, unless the source brings them all anyway."""
        if not self._is_up or self._source.refreshes_within is not None:
            return
        for symbol in self._followed:
            if symbol not in self._trades:
                self._without_price[symbol] = None
        self._gap.set()

    def _forget(self) -> None:
        for known in (self._trades, self._books, self._navs, self._states, self._without_price):
            known.clear()

    def _tell(self, symbol: Symbol) -> None:
        self._changed.add(symbol)
        self._news.set()

    def _tell_all(self) -> None:
        self._changed.update(self._followed)
        self._news.set()


def trade_of(quote: Quote) -> Trade:
    """Return a quote as the trade that it tells of; when it was traded a quote does not say."""
    return Trade(
        symbol=quote.symbol,
        last_won=quote.last_won,
        base_won=quote.base_won,
        volume_shares=quote.volume_shares,
        best_ask_won=quote.best_ask_won,
        best_bid_won=quote.best_bid_won,
        is_halted=quote.is_halted,
        in_vi=None,
        traded_at=None,
        received_at=quote.received_at,
    )


def _nothing(symbol: Symbol, health: FeedHealth, since: datetime) -> SymbolState:
    return SymbolState(symbol=symbol, tick=None, nav=None, health=health, since=since)

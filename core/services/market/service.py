"""Quotes, bars and the universe: what is known about the market."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol

import structlog

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.hangul import match_rank
from core.domain.instrument import Instrument, Symbol
from core.domain.market import Bar, BarSeries, Quote
from core.domain.money import Won
from core.domain.order_book import OrderBook
from core.errors import BrokerError, NotOfferedHere
from core.ports.archive import BarArchive
from core.ports.broker import Broker
from core.ports.clock import Clock

_LOG = structlog.get_logger(__name__)

# Stored bars that a read repeats, to notice that the past was re-adjusted.
OVERLAP_SESSIONS = 5
# 244 sessions a year and holidays in a row: enough calendar days to hold the sessions asked for.
DAYS_PER_SESSION = 1.5
DAYS_MARGIN = 20


class BookReads(Protocol):
    """The one call of `core.ports.market_data.MarketData` that a quote needs."""

    async def order_book(self, symbol: Symbol) -> OrderBook | NotOfferedHere:
        """Read both sides of the book."""


@dataclass(frozen=True, slots=True)
class MarketService:
    """Implements core.ports.desk.MarketReader over a broker and the stored bars.

    With `books` a quote that comes without an order book gets its best prices from a second read:
    a limit price is the best opposite price plus a tick, and the last price may be one that nobody
    offers any more. Leave it out where the pace allows one request a second.
    """

    broker: Broker
    archive: BarArchive
    universe: tuple[Instrument, ...]
    clock: Clock
    calendar: TradingCalendar
    books: BookReads | None = None

    async def quote(self, symbol: Symbol) -> Quote:
        """Return a fresh quote, as old as its older read. Raises BrokerError.

        A book that cannot be had leaves the quote as it is.
        """
        quote = await self.broker.quote(symbol)
        has_book = quote.best_ask_won is not None or quote.best_bid_won is not None
        if self.books is None or has_book:
            return quote
        try:
            book = await self.books.order_book(symbol)
        except BrokerError as error:
            _LOG.warning("no order book, the last price stands in", symbol=symbol, error=str(error))
            return quote
        return quote if isinstance(book, NotOfferedHere) else _with_book(quote, book)

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        """Return the last `sessions` finished bars up to `end`, oldest first. Raises BrokerError.

        Only what the archive lacks is read. An adjusted series that disagrees with what is stored
        was re-adjusted by a split or a distribution: it is forgotten and read anew.
        """
        last = self._last_finished(end)
        stored = await self.archive.bars(symbol, adjusted=adjusted, end=last, limit=sessions)
        if len(stored) < sessions:
            await self._load(symbol, sessions, last, adjusted=adjusted)
        elif stored[-1].session < last and not await self._extend(stored, last, adjusted=adjusted):
            _LOG.info("stored bars disagree, reading anew", symbol=symbol, adjusted=adjusted)
            await self.archive.forget_bars((symbol,), adjusted=adjusted)
            await self._load(symbol, sessions, last, adjusted=adjusted)
        elif self._lacks_sessions(stored):
            # Something between was never read: an import that ended, or a bot that stood still.
            _LOG.info("stored bars have gaps, reading anew", symbol=symbol, adjusted=adjusted)
            await self._load(symbol, sessions, last, adjusted=adjusted)
        found = await self.archive.bars(symbol, adjusted=adjusted, end=last, limit=sessions)
        if self._lacks_sessions(found):
            _LOG.warning("bars have gaps at the source", symbol=symbol, adjusted=adjusted)
        return BarSeries(
            symbol=symbol, adjusted=adjusted, source=self.broker.identity.broker, bars=found
        )

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the facts of a symbol of the universe."""
        return next((item for item in self.universe if item.symbol == symbol), None)

    def instruments(self) -> tuple[Instrument, ...]:
        """Return the universe."""
        return self.universe

    def search(self, query: str, limit: int = 25) -> tuple[Instrument, ...]:
        """Return instruments by code, Korean name or initial consonants, best first."""
        ranked = [
            (rank, place, item)
            for place, item in enumerate(self.universe)
            if (rank := match_rank(query, item.symbol, item.name)) is not None
        ]
        ranked.sort(key=lambda entry: entry[:2])
        return tuple(item for _, _, item in ranked[:limit])

    def _last_finished(self, end: date) -> date:
        """Return the last session up to `end` whose closing price is final."""
        now = self.clock.now()
        last = min(end, now.date())
        try:
            hours = self.calendar.hours(last)
            if hours is None or (last == now.date() and now < hours.closes):
                return self.calendar.previous_session(last)
        except CalendarUnknown:
            return last
        return last

    def _lacks_sessions(self, bars: Sequence[Bar]) -> bool:
        """Whether a session between the first and the last bar has none; unknown days do not count."""
        days = {bar.session for bar in bars}
        return bool(bars) and any(
            self.calendar.known_hours(day)
            for day in _between(bars[0].session, bars[-1].session, days)
        )

    async def _load(self, symbol: Symbol, sessions: int, last: date, *, adjusted: bool) -> None:
        start = last - timedelta(days=int(sessions * DAYS_PER_SESSION) + DAYS_MARGIN)
        await self._read(symbol, start, last, adjusted=adjusted)

    async def _extend(self, stored: Sequence[Bar], last: date, *, adjusted: bool) -> bool:
        """Read from shortly before the newest stored bar on. Return False when the past differs."""
        overlap = stored[-OVERLAP_SESSIONS:]
        symbol = stored[-1].symbol
        series = await self.broker.daily_bars(symbol, overlap[0].session, last, adjusted=adjusted)
        fresh = {bar.session: bar for bar in series.bars}
        if any(fresh.get(bar.session) != bar for bar in overlap):
            return False
        await self.archive.save_bars(_until(series, last), self.clock.now())
        return True

    async def _read(self, symbol: Symbol, start: date, last: date, *, adjusted: bool) -> None:
        series = await self.broker.daily_bars(symbol, start, last, adjusted=adjusted)
        stored = await self.archive.bars(
            symbol, adjusted=adjusted, end=last, limit=max(len(series.bars), 1)
        )
        fresh = {bar.session: bar for bar in series.bars}
        if any(fresh.get(bar.session, bar) != bar for bar in stored):
            # One adjustment basis per series: older bars on another basis would bend every return.
            await self.archive.forget_bars((symbol,), adjusted=adjusted)
        await self.archive.save_bars(_until(series, last), self.clock.now())


def _between(first: date, last: date, without: Collection[date]) -> Iterator[date]:
    """Yield the days from `first` to `last` but those of `without`."""
    for number in range(first.toordinal() + 1, last.toordinal()):
        day = date.fromordinal(number)
        if day not in without:
            yield day


def _until(series: BarSeries, last: date) -> BarSeries:
    """Return `series` without anything after `last`, in case the source shows today's bar."""
    kept = tuple(bar for bar in series.bars if bar.session <= last)
    return BarSeries(
        symbol=series.symbol, adjusted=series.adjusted, source=series.source, bars=kept
    )


def _with_book(quote: Quote, book: OrderBook) -> Quote:
    """Return the quote with the book's best prices; one outside the day's band is no price."""
    return replace(
        quote,
        best_ask_won=_inside(quote, book.best_ask_won),
        best_bid_won=_inside(quote, book.best_bid_won),
    )


def _inside(quote: Quote, price: Won | None) -> Won | None:
    if price is None or not quote.lower_limit_won <= price <= quote.upper_limit_won:
        return None
    return price

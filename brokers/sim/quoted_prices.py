"""Prices as a real broker quotes them: the market behind simulated fills at real prices.

Nothing is known before it was quoted. A minute shows the newest quote that had come by then; a
minute without any has an empty book, so nothing trades on a price that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from brokers.sim import rules
from brokers.sim.intraday import quiet_day
from brokers.sim.values import DayBar, MinutePrice
from core.domain.market import Quote


@dataclass(slots=True)
class _Day:
    """One symbol's quotes of one day: base price, and the minute each one was seen in."""

    day: date
    base: int
    minutes: dict[int, MinutePrice]
    last: int


class QuotedPrices:
    """A PriceSource that is told its prices. It forgets a symbol's day when the next one is told."""

    def __init__(self, label: str, names: Mapping[str, str]) -> None:
        """`label` is what messages call these prices; `names` maps every symbol to its name."""
        self._label = label
        self._names = dict(names)
        self._days: dict[str, _Day] = {}

    @property
    def label(self) -> str:
        """What messages call these prices."""
        return self._label

    def symbols(self) -> tuple[str, ...]:
        """Return every symbol."""
        return tuple(self._names)

    def name(self, symbol: str) -> str:
        """Return the name, or the code when none is known."""
        return self._names.get(symbol, symbol)

    def is_session(self, day: date) -> bool:
        """Whether the exchange opens on `day`."""
        return rules.is_session(day)

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """Return (open, close) of a session day, aware KST."""
        return rules.session_hours(day)

    def note(self, quote: Quote) -> None:
        """Take a quote; it holds from the minute in which it was received."""
        at = quote.received_at.astimezone(rules.KST)
        known = self._days.get(quote.symbol)
        if known is None or known.day != at.date():
            known = _Day(at.date(), quote.base_won, {}, quote.last_won)
            self._days[quote.symbol] = known
        known.base, known.last = quote.base_won, quote.last_won
        if not rules.is_session(known.day):
            return
        minute = (at - rules.session_hours(known.day)[0]) // rules.MINUTE
        if minute >= 0:
            before = known.minutes.get(max((m for m in known.minutes if m < minute), default=-1))
            known.minutes[minute] = _minute_of(quote, known.day, before)

    def base_price(self, symbol: str, day: date) -> int:
        """Return the base price of `day`; of a day without a quote the last price, 0 if unknown."""
        known = self._days.get(symbol)
        if known is None:
            return 0
        return known.base if known.day == day else known.last

    def minute(self, symbol: str, day: date, minute: int) -> MinutePrice:
        """Return what was quoted by that minute, or the base price with an empty book."""
        known = self._days.get(symbol)
        seen = [m for m in known.minutes if m <= minute] if known and known.day == day else []
        if known is None or not seen:
            return quiet_day(self.base_price(symbol, day))
        return known.minutes[max(seen)]

    def daily_bars(self, symbol: str, start: date, end: date, *, adjusted: bool) -> list[DayBar]:
        """Return nothing: bars of a quoted market come from the broker that quotes it."""
        del symbol, start, end, adjusted
        return []


def _minute_of(quote: Quote, day: date, before: MinutePrice | None) -> MinutePrice:
    """Return a quote as a minute. Where it carries no book, a tick around the last price is one.

    At a price limit the side beyond it is empty.
    """
    last = quote.last_won
    ask = quote.best_ask_won or rules.tick_up(last, day)
    bid = quote.best_bid_won or rules.tick_down(last, day)
    traded = quote.volume_shares - (before.cumulative_volume if before else 0)
    return MinutePrice(
        last=last,
        bid=bid if bid >= quote.lower_limit_won else 0,
        ask=ask if ask <= quote.upper_limit_won else 0,
        volume=max(traded, 0),
        cumulative_volume=quote.volume_shares,
        day_open=quote.open_won,
        day_high=quote.high_won,
        day_low=quote.low_won,
    )

"""What the sandbox's funds are worth: an iNAV beside every price, and indices behind them.

A fund trades within a fifth of a percent of its NAV; by how much follows from (symbol, day, minute)
alone. A test or a demo sets the `disparities` of a broker's state to tear a price away from its NAV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from brokers.sim.dice import Dice
from brokers.sim.values import DayBar, MarketView, PriceSource

CENT = Decimal("0.01")
CLOSING = -1
_BPS_MAX = 20
_WHOLE = 10_000
_MINUTE = timedelta(minutes=1)
_LOOKBACK = timedelta(days=30)


class Funds(Protocol):
    """The prices of funds, and by how many basis points some stand away from their NAV."""

    @property
    def prices(self) -> PriceSource:
        """The market."""

    @property
    def disparities(self) -> Mapping[str, int]:
        """By symbol; else a little noise."""


@dataclass(frozen=True, slots=True)
class FundNow:
    """One fund at this minute: its NAV, the NAV of the session before, and the day's extremes."""

    nav: Decimal
    before: Decimal
    opened: Decimal
    highest: Decimal
    lowest: Decimal

    @property
    def change(self) -> Decimal:
        """NAV against the session before."""
        return self.nav - self.before


def nav_of(state: Funds, symbol: str, price: int, day: date, minute: int) -> Decimal:
    """Return the NAV behind `price` in a minute of a day (`CLOSING` after it)."""
    shift = state.disparities.get(symbol)
    if shift is None:
        shift = Dice("nav", symbol, day, minute).between(-_BPS_MAX, _BPS_MAX)
    exact = Decimal(price) * _WHOLE / (_WHOLE + shift)
    return exact.quantize(CENT, rounding=ROUND_HALF_UP)


def disparity(price: int, nav: Decimal) -> str:
    """Return 괴리율: the price's distance from NAV in percent, two decimals."""
    return str(ratio(price - nav, nav))


def ratio(part: Decimal, whole: Decimal) -> Decimal:
    """Return part ÷ whole in percent, two decimals (0.00 when whole is 0)."""
    return (part * 100 / whole if whole else Decimal(0)).quantize(CENT, rounding=ROUND_HALF_UP)


def fund_now(state: Funds, symbol: str, view: MarketView, now: datetime) -> FundNow:
    """Return the fund's NAV now; before the open and on other days the last one stands."""
    before = session_before(state, symbol, now.date())
    was = nav_of(state, symbol, before.close, before.session, CLOSING)
    minute = view.minute
    if not minute.cumulative_volume:
        zero = Decimal("0.00")
        return FundNow(was, was, zero, zero, zero)
    index = minute_of(state, now)
    nav = nav_of(state, symbol, minute.last, now.date(), index)
    return FundNow(
        nav,
        was,
        nav_of(state, symbol, minute.day_open, now.date(), 0),
        max(nav, Decimal(minute.day_high).quantize(CENT)),
        min(nav, Decimal(minute.day_low).quantize(CENT)),
    )


def minute_of(state: Funds, now: datetime) -> int:
    """Return the minute of the session, at most that of the closing print."""
    opens, closes = state.prices.hours(now.date())
    return (min(now, closes) - opens) // _MINUTE


def session_before(state: Funds, symbol: str, day: date) -> DayBar:
    """Return the session before `day`; without one a day that stood at the base price."""
    bars = state.prices.daily_bars(symbol, day - _LOOKBACK, day - timedelta(days=1), adjusted=False)
    if bars:
        return bars[-1]
    price = state.prices.base_price(symbol, day)
    return DayBar(day, price, price, price, price, 0)

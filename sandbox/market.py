"""What the exchange itself shows, whichever broker's server tells of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from brokers.sim import rules
from brokers.sim.dice import Dice
from brokers.sim.values import DayBar, MarketView, PriceSource

from .kis.state import Market

LEVELS = 10
TRADES_MAX = 6
_MINUTE = timedelta(minutes=1)


def ladder(best: int, day: date, *, limit: int, up: bool) -> list[int]:
    """Return ten prices from the best one outwards; 0 where the side is empty or limited."""
    levels: list[int] = []
    at = best
    for _ in range(LEVELS):
        inside = 0 < at <= limit if up else at >= max(limit, 1)
        at = at if inside else 0
        levels.append(at)
        if at:
            at = rules.tick_up(at, day) if up else rules.tick_down(at, day)
    return levels


def all_views(exchange: Market, prices: PriceSource, now: datetime) -> dict[str, MarketView]:
    """Return everything that has a market at `now`, by code."""
    views = ((code, exchange.market(now, code)) for code in prices.symbols())
    return {code: view for code, view in views if view is not None}


def opening(prices: PriceSource, now: datetime) -> datetime | None:
    """Return when the session that is on began, or None while nothing is traded."""
    if not prices.is_session(now.date()):
        return None
    opens, closes = prices.hours(now.date())
    return opens if opens <= now < closes else None


def minute_trades(
    symbol: str, view: MarketView, now: datetime, opens: datetime
) -> list[tuple[int, int]]:
    """Return the trades of a minute, oldest first: shares, and those of the day up to then.

    A minute is constant, so its trades are told once: one to six, which add up to the minute's
    volume. How many follows from (symbol, day, minute) alone.
    """
    told = view.minute
    if not told.volume:
        return []
    dice = Dice("trades", symbol, now.date(), (now - opens) // _MINUTE)
    count = min(dice.between(1, TRADES_MAX), told.volume)
    begun = told.cumulative_volume - told.volume
    found = []
    for index in range(count):
        upto = told.volume * (index + 1) // count
        found.append((upto - told.volume * index // count, begun + upto))
    return found


def newest_finished(prices: PriceSource, now: datetime) -> date:
    """Return the last day of which no session can still be on: today once it has closed."""
    today = now.date()
    is_over = prices.is_session(today) and now >= prices.hours(today)[1]
    return today if is_over else today - timedelta(days=1)


def bars_so_far(
    prices: PriceSource,
    view: MarketView,
    symbol: str,
    span: tuple[date, date],
    now: datetime,
    *,
    adjusted: bool,
) -> list[DayBar]:
    """Return the sessions within `span`; one that is not over is shown while it is open."""
    first, last = span
    today, newest = now.date(), min(last, newest_finished(prices, now))
    bars = prices.daily_bars(symbol, first, newest, adjusted=adjusted)
    minute = view.minute
    if view.is_open and last >= today and minute.cumulative_volume:
        so_far = (minute.day_open, minute.day_high, minute.day_low, minute.last)
        bars = [*bars, DayBar(today, *so_far, minute.cumulative_volume)]
    return bars

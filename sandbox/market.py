"""What the exchange itself shows, whichever broker's server tells of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from brokers.sim import rules
from brokers.sim.values import DayBar, MarketView, PriceSource

from .kis.state import Market

LEVELS = 10


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

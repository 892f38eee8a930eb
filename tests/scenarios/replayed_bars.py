"""A random market with legal prices, and the simulated exchange's view of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np

from brokers.sim import rules as exchange_rules
from brokers.sim.values import DayBar, MinutePrice
from core.domain.instrument import Symbol
from core.strategy.backtest.market import Market, Prices, make_market
from tests.core.strategy.backtest.markets import codes

DAYS, SYMBOLS = 220, 7


def on_ticks(seed: int) -> Market:
    """A random market of KRX sessions whose prices are legal and within the day's limits."""
    sessions: list[date] = []
    day = date(2020, 1, 2)
    while len(sessions) < DAYS:
        if exchange_rules.is_session(day):
            sessions.append(day)
        day += timedelta(days=1)
    dice = np.random.default_rng(seed)

    def ticks(values: np.ndarray) -> np.ndarray:
        return np.rint(values / 5) * 5

    steps = dice.normal(0.0008, 0.02, (DAYS, SYMBOLS))
    close = ticks(dice.uniform(10_000, 60_000, SYMBOLS) * np.exp(np.cumsum(steps, axis=0)))
    opened = ticks(np.vstack([close[:1], close[:-1]]) * (1 + dice.normal(0, 0.01, close.shape)))
    high, low = np.maximum(opened, close) + 5, np.minimum(opened, close) - 5
    return make_market(
        np.array(sessions, dtype="datetime64[D]"),
        codes(SYMBOLS),
        Prices(open=opened, high=high, low=low, close=close),
    )


class Replay:
    """A PriceSource that plays a market's bars: the open until noon, then the close."""

    label = "replayed bars"

    def __init__(self, market: Market) -> None:
        self._market = market
        self._row = {day.item(): row for row, day in enumerate(market.sessions)}

    def symbols(self) -> tuple[str, ...]:
        return self._market.symbols

    def name(self, symbol: str) -> str:
        return symbol

    def is_session(self, day: date) -> bool:
        return day in self._row

    def hours(self, day: date) -> tuple[datetime, datetime]:
        return exchange_rules.session_hours(day)

    def base_price(self, symbol: str, day: date) -> int:
        return self.bar(symbol, max(self._row[day] - 1, 0)).close

    def minute(self, symbol: str, day: date, minute: int) -> MinutePrice:
        bar = self.bar(symbol, self._row[day])
        price = bar.open if minute < 180 else bar.close
        return MinutePrice(
            last=price,
            bid=price,
            ask=price,
            volume=1_000_000,
            cumulative_volume=1_000_000 * (minute + 1),
            day_open=bar.open,
            day_high=max(bar.open, price),
            day_low=min(bar.open, price),
        )

    def daily_bars(self, symbol: str, start: date, end: date, *, adjusted: bool) -> list[DayBar]:
        rows = [row for day, row in self._row.items() if start <= day <= end]
        return [self.bar(symbol, row) for row in rows]

    def bar(self, symbol: str, row: int) -> DayBar:
        column = self._market.symbols.index(Symbol(symbol))
        prices = self._market.order
        parts = (prices.open, prices.high, prices.low, prices.close)
        opened, high, low, close = (int(part[row, column]) for part in parts)
        return DayBar(self._market.sessions[row].item(), opened, high, low, close, 1)

"""Small markets for tests, made by hand or by seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.domain.instrument import Symbol
from core.strategy.backtest.market import Market, Prices, make_market


def weekdays(count: int, start: str = "2020-01-01") -> np.ndarray:
    return np.busday_offset(np.datetime64(start), np.arange(count), roll="forward")


def codes(count: int) -> tuple[Symbol, ...]:
    return tuple(Symbol(f"{number:06d}") for number in range(1, count + 1))


def prices_around(close: np.ndarray, spread: float = 0.01, gap: np.ndarray | float = 0.0) -> Prices:
    close = close.astype(np.float64)
    opened = np.vstack([close[:1], close[:-1]]) * (1 + gap)
    return Prices(
        open=opened.copy(),
        high=np.maximum(opened, close) * (1 + spread),
        low=np.minimum(opened, close) * (1 - spread),
        close=close.copy(),
    )


def seeded(sessions: int, symbols: int, seed: int = 1, *, gaps: bool = False) -> Market:
    """A random walk; with `gaps`, symbols list late and miss days."""
    dice = np.random.default_rng(seed)
    steps = dice.normal(0.0005, 0.012, (sessions, symbols))
    close = np.rint(20_000 * np.exp(np.cumsum(steps, axis=0)))
    prices = prices_around(close, gap=dice.normal(0, 0.02, (sessions, symbols)))
    if gaps:
        for column in range(symbols):
            late = int(dice.integers(0, sessions // 3))
            holes = dice.random(sessions) < 0.03
            for part in (prices.open, prices.high, prices.low):
                part[holes, column] = 0
            for part in (prices.open, prices.high, prices.low, prices.close):
                part[:late, column] = np.nan
    return make_market(weekdays(sessions), codes(symbols), prices)


def by_hand(closes: Sequence[Sequence[float]], start: str = "2020-01-01") -> Market:
    """One list per symbol; opens are the closes of the day before, ranges 1 %."""
    close = np.array(closes, dtype=np.float64).T
    return make_market(weekdays(close.shape[0], start), codes(close.shape[1]), prices_around(close))

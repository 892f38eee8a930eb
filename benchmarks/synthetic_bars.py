"""The seeded synthetic market that the peers' backtests ran on: whole-won bars, 2015 to 2024.

The same numbers as the peers' generator, so results can be compared to the won. Needs
exchange_calendars (a development package) for the sessions.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.domain.instrument import Symbol
from core.strategy.backtest.market import Days, Market, Prices, make_market

SEED = 20260101
START, END = "2015-01-02", "2024-12-30"
CODES_FROM = 100_000
# Net asset value at the end, to the won, and number of orders: by symbols. Agreed on by numpy,
# pandas, backtrader and zipline.
GOLDEN = {30: (330_558_442, 536), 900: (261_329_888, 613)}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Arrays of sessions × symbols."""

    days: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def market(self) -> Market:
        """Return the market of these bars."""
        prices = Prices(open=self.open, high=self.high, low=self.low, close=self.close)
        return make_market(self.days, codes(self.close.shape[1]), prices)


def codes(count: int) -> tuple[Symbol, ...]:
    """Return made-up codes in the order of the columns."""
    return tuple(Symbol(f"{CODES_FROM + number:06d}") for number in range(count))


def sessions() -> Days:
    """Return the sessions as exchange_calendars has them (its warnings are its own matter)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars

        found = exchange_calendars.get_calendar("XKRX").sessions_in_range(START, END)
        return found.to_numpy().astype("datetime64[D]")  # type: ignore[no-any-return]


def make_bars(count: int) -> Bars:
    """Return the bars of `count` symbols (30 and 900 are the ones with golden results)."""
    days = sessions()
    shape = (len(days), count)
    dice = np.random.default_rng(SEED + count)
    start = dice.uniform(5_000, 50_000, count)
    drift = dice.normal(0.06, 0.05, count) / 252
    spread = dice.uniform(0.10, 0.30, count) / 252**0.5
    gap = dice.normal(0, 0.4, shape) * spread
    day = dice.normal(0, 0.9, shape) * spread + drift
    path = np.log(start) + np.cumsum(gap + day, 0)
    close, opened = np.exp(path), np.exp(path - day)
    high = np.maximum(opened, close) * np.exp(np.abs(dice.normal(0, 0.4, shape)) * spread)
    low = np.minimum(opened, close) * np.exp(-np.abs(dice.normal(0, 0.4, shape)) * spread)
    opened, close, high, low = (np.maximum(np.rint(x), 1.0) for x in (opened, close, high, low))
    high = np.maximum(high, np.maximum(opened, close))
    low = np.minimum(low, np.minimum(opened, close))
    volume = np.rint(dice.lognormal(13, 1, shape)).clip(1, 4e8)
    return Bars(days, opened, high, low, close, volume)

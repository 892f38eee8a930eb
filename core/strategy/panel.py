"""Prices of many symbols on one time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from core.domain.instrument import Symbol
from core.domain.market import Bar

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def is_traded(bar: Bar) -> bool:
    """Whether any share changed hands.

    KRX lists a day without trades as open = high = low = 0 and the previous close; other sources
    repeat the close with volume 0. A moving bar without a volume comes from a source that carries
    none, so it counts as traded.
    """
    if bar.high_won <= 0 or bar.low_won <= 0:
        return False
    return bar.volume_shares > 0 or bar.high_won != bar.low_won


@dataclass(frozen=True, slots=True, eq=False)
class PricePanel:
    """Aligned prices, sessions × symbols, oldest first.

    `close` is carried forward over missing rows and NaN before a symbol's first bar. `high` and
    `low` are widened to hold open and close (rounding of adjusted data can put them inside).
    `traded` marks the rows whose high and low mean something. `value` is what changed hands in
    won, close times volume, 0 where nothing or nothing known did.
    """

    sessions: tuple[date, ...]
    symbols: tuple[Symbol, ...]
    high: Floats
    low: Floats
    close: Floats
    traded: Flags
    value: Floats

    @classmethod
    def from_bars(cls, bars: Mapping[Symbol, Sequence[Bar]], end: date) -> PricePanel:
        """Align `bars`, dropping everything after `end`: no later price can enter a decision."""
        known = {
            symbol: [bar for bar in rows if bar.session <= end] for symbol, rows in bars.items()
        }
        symbols = tuple(sorted(symbol for symbol, rows in known.items() if rows))
        sessions = tuple(sorted({bar.session for rows in known.values() for bar in rows}))
        row_of = {session: row for row, session in enumerate(sessions)}
        shape = (len(sessions), len(symbols))
        high, low, close = (np.full(shape, np.nan) for _ in range(3))
        traded, value = np.zeros(shape, dtype=np.bool_), np.zeros(shape)
        for column, symbol in enumerate(symbols):
            for bar in known[symbol]:
                row = row_of[bar.session]
                value[row, column] = bar.close_won * bar.volume_shares
                close[row, column] = bar.close_won if bar.close_won > 0 else np.nan
                if is_traded(bar):
                    high[row, column] = max(bar.high_won, bar.open_won, bar.close_won)
                    low[row, column] = min(bar.low_won, bar.open_won, bar.close_won)
                    traded[row, column] = True
        return cls(sessions, symbols, high, low, carried(close), traded, value)


def carried(close: Floats) -> Floats:
    """Return `close` with each gap filled by the last known value of its column."""
    if close.size == 0:
        return close
    rows = np.where(np.isnan(close), 0, np.arange(close.shape[0])[:, None])
    np.maximum.accumulate(rows, axis=0, out=rows)
    filled: Floats = close[rows, np.arange(close.shape[1])[None, :]]
    return filled

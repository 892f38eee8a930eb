"""Figures computed from adjusted prices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.strategy.panel import Flags, Floats, PricePanel
from core.strategy.parameters import AtrMethod

Rows = npt.NDArray[np.intp]
BREADTH_SESSIONS = 200
VALUE_SESSIONS = 20


def roc_at(close: Floats, rows: Rows, formation: int, skip: int) -> Floats:
    """Return P[t-skip] / P[t-formation] - 1, one line per t in `rows`, one column per symbol.

    With 252 and 21 this is the daily form of the twelve-month return without its last month
    (Jegadeesh and Titman; UMD 2-12). NaN where the history is too short.
    """
    early = rows < formation
    if early.any():
        score: Floats = np.full((len(rows), close.shape[1]), np.nan)
        late = rows[~early]
        score[~early] = close[late - skip] / close[late - formation] - 1.0
        return score
    score = close[rows - skip] / close[rows - formation]
    score -= 1.0
    return score


def roc_12_1(close: Floats, formation: int, skip: int) -> Floats:
    """Return `roc_at` of the last row."""
    score: Floats = roc_at(close, np.array([close.shape[0] - 1]), formation, skip)[0]
    return score


def true_ranges(high: Floats, low: Floats, close: Floats) -> Floats:
    """Return max(H-L, |H-C1|, |L-C1|) from the second row on, C1 being the close of the row before.

    All rows must be traded ones. Works on one symbol or on many, rows first.
    """
    before = close[:-1]
    found: Floats = np.maximum(high[1:] - low[1:], np.abs(high[1:] - before))
    np.maximum(found, np.abs(low[1:] - before), out=found)
    return found


def wilder_smoothed(ranges: Floats, period: int) -> Floats:
    """Return Wilder's average after each true range; NaN before the first `period` of them.

    The seed is the plain mean of the first `period`, then ATR = (ATR·(period-1) + TR) / period.
    """
    smoothed: Floats = np.full(ranges.shape, np.nan)
    if len(ranges) < period:
        return smoothed
    average = ranges[:period].mean(axis=0)
    smoothed[period - 1] = average
    for row in range(period, len(ranges)):
        average = (average * (period - 1) + ranges[row]) / period
        smoothed[row] = average
    return smoothed


def average_range_at(
    high: Floats,
    low: Floats,
    close: Floats,
    traded: Flags,
    rows: Rows,
    *,
    period: int,
    method: AtrMethod,
) -> Floats:
    """Return the average true range of one symbol at its last traded row up to each of `rows`.

    Rows without trades enter neither the ranges nor their number. NaN where fewer than
    `period` + 1 traded rows are known.
    """
    kept = np.flatnonzero(traded)
    found: Floats = np.full(len(rows), np.nan)
    if len(kept) <= period:
        return found
    ranges = true_ranges(high[kept], low[kept], close[kept])
    known = np.searchsorted(kept, rows, side="right") - 1  # true ranges up to each row
    enough = known >= period
    if method is AtrMethod.WILDER:
        found[enough] = wilder_smoothed(ranges, period)[known[enough] - 1]
    else:
        windows = np.lib.stride_tricks.sliding_window_view(ranges, period)
        found[enough] = windows[known[enough] - period].mean(axis=1)
    return found


def above_monthly_mean(panel: PricePanel, months: int) -> Flags:
    """Return which symbols close above the mean of their last `months` month-end closes.

    The last row stands for the month it lies in, as at a month end (Faber 2007). Unknown is no.
    """
    month = [(day.year, day.month) for day in panel.sessions]
    ends = [row for row in range(len(month)) if month[row : row + 2] != [month[row]] * 2]
    if len(ends) < months:
        return np.zeros(len(panel.symbols), dtype=np.bool_)
    closes = panel.close[ends[-months:]]
    above: Flags = closes[-1] > closes.mean(axis=0)
    return above


def mean_value_won(panel: PricePanel, sessions: int = VALUE_SESSIONS) -> Floats:
    """Return the won traded a session on average of the last `sessions`; gaps count as nothing."""
    window = panel.value[-sessions:]
    found: Floats = window.sum(axis=0) / sessions
    return found


def breadth(panel: PricePanel, sessions: int = BREADTH_SESSIONS) -> tuple[int, int]:
    """Return (symbols above the mean of their last `sessions` closes, symbols that have them)."""
    window = panel.close[-sessions:]
    if window.shape[0] < sessions:
        return 0, 0
    known = ~np.isnan(window).any(axis=0)
    above = window[-1, known] > window[:, known].mean(axis=0)
    return int(above.sum()), int(known.sum())

"""Figures computed from adjusted prices."""

from __future__ import annotations

import numpy as np

from core.strategy.panel import Flags, Floats, PricePanel

BREADTH_SESSIONS = 200


def roc_12_1(close: Floats, formation: int, skip: int) -> Floats:
    """Return P[t-skip] / P[t-formation] - 1 per column, t being the last row.

    With 252 and 21 this is the daily form of the twelve-month return without its last month
    (Jegadeesh and Titman; UMD 2-12). NaN where the history is too short.
    """
    if close.shape[0] <= formation:
        return np.full(close.shape[1], np.nan)
    score: Floats = close[-1 - skip] / close[-1 - formation] - 1.0
    return score


def wilder_atr(high: Floats, low: Floats, close: Floats, traded: Flags, period: int) -> float:
    """Return Wilder's average true range of one symbol at its last traded row.

    TR = max(H-L, |H-C1|, |L-C1|) from the second traded row on, C1 being the close of the traded
    row before; the seed is the plain mean of the first `period` true ranges, then
    ATR = (ATR·(period-1) + TR) / period. NaN with fewer than `period` + 1 traded rows.
    """
    highs, lows, closes = high[traded], low[traded], close[traded]
    if len(closes) <= period:
        return float("nan")
    before = closes[:-1]
    ranges = np.maximum.reduce(
        [highs[1:] - lows[1:], np.abs(highs[1:] - before), np.abs(lows[1:] - before)]
    )
    average = float(ranges[:period].mean())
    for value in ranges[period:]:
        average = (average * (period - 1) + float(value)) / period
    return average


def breadth(panel: PricePanel, sessions: int = BREADTH_SESSIONS) -> tuple[int, int]:
    """Return (symbols above the mean of their last `sessions` closes, symbols that have them)."""
    window = panel.close[-sessions:]
    if window.shape[0] < sessions:
        return 0, 0
    known = ~np.isnan(window).any(axis=0)
    above = window[-1, known] > window[:, known].mean(axis=0)
    return int(above.sum()), int(known.sum())

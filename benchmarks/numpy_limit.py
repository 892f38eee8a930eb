"""The least that the work can cost in numpy: the peers' tight loop, for one exact set of rules.

It knows no gaps, limits, taxes, splits, unfilled orders or reports; it is what others are measured
against, not something to use.
"""

from __future__ import annotations

import numpy as np

from benchmarks.synthetic_bars import Bars, Floats

CASH, COMMISSION, INVESTED, TOP = 100_000_000, 0.00015, 0.97, 4
FORMATION, SKIP, PERIOD = 252, 21, 20


def run_limit(bars: Bars) -> tuple[Floats, int]:
    """Return the net asset values and the number of orders."""
    months = bars.days.astype("datetime64[M]")
    rows = np.flatnonzero(months[1:] != months[:-1])
    rows = rows[rows >= FORMATION]
    close = bars.close
    score = close[rows - SKIP] / close[rows - FORMATION]
    width = close.shape[1]
    top = np.argpartition(score, width - TOP, axis=1)[:, width - TOP :]
    good = np.take_along_axis(score, top, 1) > 1
    window = rows[:, None, None] + np.arange(-PERIOD, 1)[None, :, None]
    closes = close[window, top[:, None, :]]
    high, low = (part[window[:, 1:], top[:, None, :]] for part in (bars.high, bars.low))
    before = closes[:, :-1]
    atr = np.maximum(high - low, np.maximum(np.abs(high - before), np.abs(low - before))).mean(1)
    last = closes[:, -1]
    weight = np.where(good, last / atr, 0)
    total = weight.sum(1, keepdims=True)
    weight = np.divide(INVESTED * weight, total * last, where=total > 0, out=np.zeros_like(weight))
    return _cash(bars, rows, top, weight)


def _cash(bars: Bars, rows: np.ndarray, top: np.ndarray, weight: Floats) -> tuple[Floats, int]:
    close, count, end = bars.close, len(rows), len(bars.days) - 1
    lines = np.arange(count)[:, None]
    opens = bars.open[rows + 1][lines, top].tolist()
    next_close = close[np.append(rows[1:], end)][lines, top].tolist()
    next_open = bars.open[np.append(rows[1:] + 1, end)][lines, top].tolist()
    columns, weights = top.tolist(), weight.tolist()
    cash = nav = float(CASH)
    held: dict[int, tuple[float, float]] = {}
    orders, shares, cashes = 0, np.zeros((count, TOP)), np.empty(count)
    for line in range(count):
        kept: dict[int, tuple[float, float]] = {}
        row, spent, traded = [], 0.0, 0.0
        for place in range(TOP):
            quantity, column = float(int(nav * weights[line][place])), columns[line][place]
            row.append(quantity)
            change = quantity - held.pop(column, (0.0, 0.0))[0]
            if change:
                orders += 1
                value = change * opens[line][place]
                spent += value
                traded += abs(value)
            if quantity:
                kept[column] = (quantity, next_open[line][place])
        for quantity, price in held.values():
            orders += 1
            spent -= quantity * price
            traded += quantity * price
        cash -= spent + COMMISSION * traded
        cashes[line], shares[line] = cash, row
        nav = cash + sum(a * b for a, b in zip(row, next_close[line], strict=True))
        held = kept
    stretch = np.repeat(np.arange(count), np.diff(np.append(rows, end)))
    values = np.full(end + 1, float(CASH))
    days = np.arange(rows[0] + 1, end + 1)[:, None]
    values[rows[0] + 1 :] = cashes[stretch] + (shares[stretch] * close[days, top[stretch]]).sum(1)
    return values, orders

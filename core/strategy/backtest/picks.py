"""Who is chosen at each decision and with which weight: all decisions at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.strategy.backtest.market import Days, Market
from core.strategy.backtest.rules import Rules
from core.strategy.indicators import (
    Rows,
    average_range_at,
    roc_at,
    true_ranges,
    wilder_smoothed,
)
from core.strategy.momentum import RANGE_RATIO_MIN, STALE_SESSIONS, capped_shares
from core.strategy.panel import Flags, Floats
from core.strategy.parameters import AtrMethod


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Picks:
    """Decisions, one line each. `columns`, `weights` and `ranges` hold the best `top_k`, best first.

    `scores` covers every symbol and is NaN where one cannot be ranked. A weight is a share of what
    is invested and 0 for places that nobody with a positive score took. `ranges` are average true
    ranges in adjusted won, NaN in such places.
    """

    rows: Rows
    scores: Floats
    columns: Rows
    weights: Floats
    ranges: Floats


def month_ends(sessions: Days) -> Rows:
    """Return the rows that are known to be the last session of their month."""
    months = sessions.astype("datetime64[M]")
    found: Rows = np.flatnonzero(months[1:] != months[:-1])
    return found


def pick(market: Market, rules: Rules, rows: Rows) -> Picks:
    """Choose and weight at the closes of `rows`; nothing after a row enters its decision."""
    scores = roc_at(market.signal.close, rows, rules.formation, rules.skip)
    if not market.whole.all():
        scores[~_rankable(market, rules, rows)] = np.nan
    elif len(rows) and rows[0] < rules.atr_period:
        scores[rows < rules.atr_period] = np.nan
    if market.has_raw:
        scores[np.isnan(market.order.close[rows])] = np.nan
    columns = _best(scores, min(rules.top_k, scores.shape[1]))
    chosen = np.take_along_axis(scores, columns, axis=1) > 0
    ranges = _ranges(market, rules, rows, columns)
    ranges[~chosen] = np.nan
    return Picks(
        rows=rows,
        scores=scores,
        columns=columns,
        weights=_weights(market, rules, rows, columns, ranges),
        ranges=ranges,
    )


def _rankable(market: Market, rules: Rules, rows: Rows) -> Flags:
    """Enough traded rows for the range, and a trade within the last few sessions."""
    so_far = np.cumsum(market.traded, axis=0)
    before = so_far[np.maximum(rows - STALE_SESSIONS, 0)] * (rows >= STALE_SESSIONS)[:, None]
    found: Flags = (so_far[rows] > rules.atr_period) & (so_far[rows] > before)
    return found


def _best(scores: Floats, count: int) -> Rows:
    """Return the columns of the `count` highest scores, best first; ties go to the lower column."""
    width = scores.shape[1]
    filled = np.where(np.isnan(scores), -np.inf, scores)
    if count >= width:
        order: Rows = np.argsort(-filled, axis=1, kind="stable")
        return order
    top = np.argpartition(filled, width - count, axis=1)[:, width - count :]
    top.sort(axis=1)
    values = np.take_along_axis(filled, top, axis=1)
    tied = (filled >= values.min(axis=1, keepdims=True)).sum(axis=1) > count
    best: Rows = np.take_along_axis(top, np.argsort(-values, axis=1, kind="stable"), axis=1)
    for line in np.flatnonzero(tied):
        best[line] = np.argsort(-filled[line], kind="stable")[:count]
    return best


def _ranges(market: Market, rules: Rules, rows: Rows, columns: Rows) -> Floats:
    """Return the average true range of each chosen place, NaN where it is not known."""
    found: Floats = np.full(columns.shape, np.nan)
    known = (rows >= rules.atr_period)[:, None] & np.ones(columns.shape, dtype=np.bool_)
    smooth = market.whole[columns] & known
    if rules.atr_method is AtrMethod.SMA:
        lines = np.flatnonzero(smooth.all(axis=1))
        found[lines] = _plain_means(market, rules.atr_period, rows[lines], columns[lines])
        smooth[:] = False
        smooth[lines] = True
    else:
        places = np.nonzero(smooth)
        found[places] = _wilder(market, rules.atr_period, rows[places[0]], columns[places])
    for column in _occurring(columns[known & ~smooth]):
        lines, place = np.nonzero((columns == column) & known & ~smooth)
        found[lines, place] = average_range_at(
            market.signal.high[:, column],
            market.signal.low[:, column],
            market.signal.close[:, column],
            market.traded[:, column],
            rows[lines],
            period=rules.atr_period,
            method=rules.atr_method,
        )
    return found


def _plain_means(market: Market, period: int, rows: Rows, columns: Rows) -> Floats:
    """Return the mean of the last `period` true ranges of symbols that traded in every row."""
    window = rows[:, None, None] + np.arange(-period, 1)[None, :, None]
    close = market.signal.close[window[:, :-1], columns[:, None, :]]
    high = market.signal.high[window[:, 1:], columns[:, None, :]]
    low = market.signal.low[window[:, 1:], columns[:, None, :]]
    ranges = high - low
    np.maximum(ranges, np.abs(high - close), out=ranges)
    np.maximum(ranges, np.abs(low - close), out=ranges)
    means: Floats = ranges.mean(axis=1)
    return means


def _occurring(columns: Rows) -> Rows:
    """Return the columns that occur, sorted, each once.

    As np.unique does, which loads numpy's masked arrays: a quarter of what numpy itself takes.
    """
    found: Rows = np.flatnonzero(np.bincount(columns))
    return found


def _wilder(market: Market, period: int, rows: Rows, columns: Rows) -> Floats:
    if rows.size == 0:
        return np.empty(0)
    used = _occurring(columns)
    places = np.searchsorted(used, columns)
    last = int(rows.max()) + 1
    ranges = true_ranges(
        market.signal.high[:last, used],
        market.signal.low[:last, used],
        market.signal.close[:last, used],
    )
    found: Floats = wilder_smoothed(ranges, period)[rows - 1, places]
    return found


def _weights(market: Market, rules: Rules, rows: Rows, columns: Rows, ranges: Floats) -> Floats:
    close = market.signal.close[rows[:, None], columns]
    raw = 1.0 / np.maximum(ranges / close, RANGE_RATIO_MIN)
    raw = np.where(np.isnan(raw), 0.0, raw)
    weights: Floats = np.zeros(raw.shape)
    if rules.weight_cap < 1.0:
        for line in range(len(raw)):
            places = np.flatnonzero(raw[line])
            weights[line, places] = capped_shares(raw[line, places].tolist(), rules.weight_cap)
        return weights
    total = raw.sum(axis=1, keepdims=True)
    np.divide(raw, total, out=weights, where=total > 0)
    return weights

"""Figures of a series of period returns. Definitions are empyrical's, which judges them in tests.

What they do not say: all look back, none of them promises anything; a Sharpe ratio of a few years
is uncertain by about one over the square root of the years; figures of daily returns count 252
sessions a year although KRX has about 245.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.strategy.panel import Floats

SESSIONS_PER_YEAR = 252
# A deviation that is nothing but rounding is none: dividing by it would only invent a figure.
_NOTHING = 1e-14


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Figures of one series, all as ratios (0.1 is 10 %). None where they are not defined.

    `total_return`: product of (1 + r), less 1. `cagr`: (1 + total_return) ^ (periods per year /
    periods) - 1. `volatility`: deviation (n - 1) times the root of the periods per year. `sharpe`:
    mean excess over the risk-free return of a period, by its deviation (n - 1), times that root.
    `downside_risk`: root of the mean square of the negative excesses, times that root; `sortino`:
    mean excess times the periods per year by it. `max_drawdown`: lowest value against the highest
    one before, the starting value included. `calmar`: cagr by the largest drawdown.
    """

    periods: int
    total_return: float
    cagr: float
    volatility: float | None
    sharpe: float | None
    downside_risk: float
    sortino: float | None
    max_drawdown: float
    calmar: float | None
    best: float
    worst: float
    positive: float


def metrics_of(returns: Floats, periods_per_year: float, risk_free: float = 0.0) -> Metrics:
    """Return the figures of `returns`; `risk_free` is the return of one period, as in empyrical.

    Raises ValueError for an empty series, a return that is not a number or one below -1, and for
    returns whose product no number holds; OverflowError where no number holds the yearly growth.
    """
    if returns.size == 0:
        raise ValueError("there are no returns")
    if not np.isfinite(returns).all() or (returns < -1).any():
        raise ValueError("every return must be a number not below -1")
    if not periods_per_year > 0:
        raise ValueError(f"periods per year must be above 0, got {periods_per_year}")
    excess = returns - risk_free
    with np.errstate(over="ignore"):
        total = float(np.prod(1.0 + returns)) - 1.0
    if not math.isfinite(total):
        raise ValueError("the product of the returns is beyond any number")
    cagr = (1.0 + total) ** (periods_per_year / returns.size) - 1.0
    drop = float(drawdowns(returns).min())
    downside = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)) * periods_per_year)
    root = math.sqrt(periods_per_year)
    deviation = float(excess.std(ddof=1)) if returns.size > 1 else None
    mean = float(excess.mean())
    return Metrics(
        periods=int(returns.size),
        total_return=total,
        cagr=cagr,
        volatility=None if deviation is None else float(returns.std(ddof=1)) * root,
        sharpe=mean / deviation * root if deviation and deviation > _NOTHING else None,
        downside_risk=downside,
        sortino=mean * periods_per_year / downside if returns.size > 1 and downside > 0 else None,
        max_drawdown=drop,
        calmar=cagr / -drop if drop < 0 else None,
        best=float(returns.max()),
        worst=float(returns.min()),
        positive=float(np.mean(returns > 0)),
    )


def returns_of(values: Floats) -> Floats:
    """Return the return of each period between consecutive values."""
    found: Floats = values[1:] / values[:-1] - 1.0
    return found


def drawdowns(returns: Floats) -> Floats:
    """Return the value after each period against the highest so far, less 1; the start counts."""
    values = np.concatenate(([1.0], np.cumprod(1.0 + returns)))
    found: Floats = values / np.maximum.accumulate(values) - 1.0
    return found

"""What doing nothing clever would have brought: bought on the first session, held to the last."""

from __future__ import annotations

import numpy as np

from core.strategy.backtest.market import Market
from core.strategy.panel import Floats


def held_all_along(market: Market, cash_won: float, first: int) -> Floats:
    """Return the value of equal parts of every symbol that has a price at `first`, never touched.

    On adjusted prices, so distributions are in; without fees, taxes or whole shares, so it is a
    little flattered. All cash where no symbol has a price yet.
    """
    columns = np.flatnonzero(~np.isnan(market.signal.close[first]))
    if columns.size == 0:
        return np.full(len(market.sessions) - first, float(cash_won))
    closes = market.signal.close[first:, columns]
    values: Floats = cash_won * (closes / closes[0]).mean(axis=1)
    return values


def held_one(closes: Floats, cash_won: float, first: int) -> Floats:
    """Return the same for one symbol of these closes, which must have one at `first`."""
    values: Floats = cash_won * (closes[first:] / closes[first])
    return values

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
    closes = market.signal.close[first:]
    priced = ~np.isnan(closes[0])
    if not priced.any():
        return np.full(len(closes), float(cash_won))
    if not priced.all():
        closes = closes[:, priced]
    shares = cash_won / closes.shape[1] / closes[0]
    values: Floats = closes @ shares
    return values


def held_one(closes: Floats, cash_won: float, first: int) -> Floats:
    """Return the same for one symbol of these closes, which must have one at `first`."""
    values: Floats = cash_won * (closes[first:] / closes[first])
    return values

"""What an account of a backtest held on every day, told by its trades."""

from __future__ import annotations

import numpy as np

from core.strategy.backtest.corporate import corporate_actions
from core.strategy.backtest.market import Market
from core.strategy.backtest.result import Run
from core.strategy.panel import Floats


def weights_by_day(market: Market, run: Run) -> dict[int, Floats]:
    """Return the part of the net asset value in each column that was ever held, at every close."""
    actions = corporate_actions(market)
    found: dict[int, Floats] = {}
    for column in sorted({trade.column for trade in run.trades}):
        changes = np.zeros(len(market.sessions))
        for trade in run.trades:
            if trade.column == column:
                changes[trade.row] += trade.shares
        shares = np.cumsum(changes)
        for action in actions.get(column, ()):
            if action.ratio != 1.0:
                # Shares bought before a split are more shares after it; fractions were paid out.
                before = shares[action.row - 1]
                shares[action.row :] += np.floor(before * action.ratio + 1e-9) - before
        values = np.nan_to_num(market.order.close[run.first :, column])
        found[column] = shares[run.first :] * values / run.nav
    return found

"""Splits and distributions, read out of the difference between adjusted and raw prices.

The factor adjusted / raw is constant but for rounding until a fund splits or pays. A jump of the
factor that `core.domain.splits` calls one is a split: shares are multiplied. A smaller rise above
the rounding noise is a distribution: with the factor of the row before being that of the row times
(1 - D/P), D = P·(1 - before/now) won a share are paid. Everything else is noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.domain.splits import split_ratio
from core.strategy.backtest.market import Market

# Prices are whole won, so a close of 5,000 won is known to 1e-4; distributions start near 0.1 %.
PAID_MIN = 0.0006
ROUNDING_WON = 0.5
# A factor that jumps for a day and comes back is a flaw of the adjusted series, not a payment.
STEADY_ROWS = 5


@dataclass(frozen=True, slots=True)
class Action:
    """From `row` on a share is `ratio` shares, and each share held before is paid `paid_won`."""

    row: int
    ratio: float
    paid_won: float


def corporate_actions(market: Market) -> dict[int, tuple[Action, ...]]:
    """Return the actions of each column that has any, in order. Empty without raw prices."""
    if not market.has_raw:
        return {}
    found: dict[int, tuple[Action, ...]] = {}
    for column in range(len(market.symbols)):
        actions = _of_column(market, column)
        if actions:
            found[column] = actions
    return found


def _of_column(market: Market, column: int) -> tuple[Action, ...]:
    kept = np.flatnonzero(market.fillable[:, column])
    adjusted, raw = market.signal.close[kept, column], market.order.close[kept, column]
    factor = adjusted / raw
    change = factor[1:] / factor[:-1]
    noise = ROUNDING_WON * (1 / adjusted[1:] + 1 / adjusted[:-1])
    actions = []
    for place in np.flatnonzero(np.abs(change - 1) > np.maximum(noise, PAID_MIN)):
        row = int(kept[place + 1])
        before = np.median(factor[max(place + 1 - STEADY_ROWS, 0) : place + 1])
        step = float(np.median(factor[place + 1 : place + 1 + STEADY_ROWS]) / before)
        if abs(step - 1) <= PAID_MIN:
            continue
        ratio = split_ratio(step)
        if ratio is not None:
            actions.append(Action(row, float(ratio), 0.0))
        elif step > 1:
            actions.append(Action(row, 1.0, float(raw[place]) * (1 - 1 / step)))
    return tuple(actions)

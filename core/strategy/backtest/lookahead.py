"""Proof that no decision saw the future: every one is made again on data cut off at its session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.strategy.backtest.market import Market
from core.strategy.backtest.picks import Picks, pick
from core.strategy.backtest.rules import Rules
from core.strategy.indicators import Rows

Picker = Callable[[Market, Rules, Rows], Picks]


@dataclass(frozen=True, slots=True)
class Lookahead:
    """How many decisions were made again, and the rows of those that came out differently."""

    checked: int
    changed: tuple[int, ...]


def check_lookahead(market: Market, rules: Rules, rows: Rows, picker: Picker = pick) -> Lookahead:
    """Recompute each decision of `rows` on the market as it was known then."""
    whole = picker(market, rules, rows)
    changed = []
    for line, row in enumerate(rows.tolist()):
        known = market.until(row + 1)
        again = picker(known, rules, np.array([row]))
        same = (
            np.array_equal(again.columns[0], whole.columns[line])
            and np.array_equal(again.scores[0], whole.scores[line], equal_nan=True)
            and np.allclose(again.weights[0], whole.weights[line], rtol=1e-12, atol=0)
        )
        if not same:
            changed.append(row)
    return Lookahead(len(rows), tuple(changed))

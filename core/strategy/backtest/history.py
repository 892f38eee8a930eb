"""Who has enough history to be ranked, and how much the others lack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.domain.instrument import Symbol
from core.strategy.backtest.market import Market
from core.strategy.backtest.rules import Rules


@dataclass(frozen=True, slots=True)
class Short:
    """A symbol that cannot be ranked at the first decision: it has `have` of `need` sessions."""

    symbol: Symbol
    have: int
    need: int

    @property
    def missing(self) -> int:
        """Sessions that the file would have to hold in addition."""
        return self.need - self.have


def short_of_history(market: Market, rules: Rules, row: int) -> tuple[Short, ...]:
    """Return the symbols that have fewer sessions up to `row` than a ranking needs."""
    close = market.signal.close[: row + 1]
    have = np.full(close.shape[1], row + 1)
    # Closes are carried on from a symbol's first bar: whoever has one in the first row has all.
    late = np.flatnonzero(np.isnan(close[0]))
    if late.size:
        have[late] = np.count_nonzero(~np.isnan(close[:, late]), axis=0)
    need = rules.sessions_needed
    return tuple(
        Short(symbol, int(have[column]), need)
        for column, symbol in enumerate(market.symbols)
        if have[column] < need
    )

"""What a backtest found."""

from __future__ import annotations

from dataclasses import dataclass

from core.strategy.backtest.account import Trade
from core.strategy.backtest.market import Days
from core.strategy.backtest.picks import Picks
from core.strategy.panel import Floats


@dataclass(frozen=True, slots=True)
class Payout:
    """What a corporate action paid in cash on the holdings of one column, after `tax_won`."""

    row: int
    column: int
    amount_won: float
    tax_won: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Run:
    """One simulated account: net asset value at each close of `sessions` and how it came about.

    `first` is the market's row of the first session. `invested` is the part of the net asset value
    that was in the market at each close. `cut` counts buys that the cash at the fill did not cover
    in full, `unfilled` orders that found no price.
    """

    sessions: Days
    first: int
    nav: Floats
    invested: Floats
    trades: tuple[Trade, ...]
    payouts: tuple[Payout, ...]
    picks: Picks
    cut: int
    unfilled: int

    @property
    def fees_won(self) -> float:
        """Commission of all trades."""
        return sum(trade.fee_won for trade in self.trades)

    @property
    def taxes_won(self) -> float:
        """Tax of all sales and distributions."""
        return sum(trade.tax_won for trade in self.trades) + sum(
            payout.tax_won for payout in self.payouts
        )

    @property
    def traded_won(self) -> float:
        """Sum of the amounts of all trades."""
        return sum(abs(trade.shares) * trade.price_won for trade in self.trades)

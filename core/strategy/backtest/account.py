"""The simulated account of the monthly backtest: cash, holdings, one batch of orders at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from core.domain.costs import GAIN_TAX_RATE
from core.strategy.backtest.corporate import Action

TAX_RATE = float(GAIN_TAX_RATE)
PriceOf = Callable[[int, int], float]
Order = tuple[int, int, float]  # column, shares, price


class Trade(NamedTuple):
    """One filled order. `row` and `decided` are rows of the market; a sale has `shares` < 0.

    Amounts are in won and keep their fractions: a result must not depend on rounding. A named
    tuple, because making one costs a third of a frozen dataclass and there are thousands.
    """

    row: int
    decided: int
    column: int
    shares: int
    price_won: float
    fee_won: float
    tax_won: float
    reason: str


@dataclass(slots=True)
class Holding:
    """Whole shares of one column and what they cost on average, in won a share."""

    shares: int
    cost_won: float


@dataclass(slots=True)
class Account:
    """Long only and without credit: buys that the cash does not cover are cut, the last first."""

    cash_won: float
    commission: float
    taxed: Sequence[bool]
    payouts_taxed: bool = False
    holdings: dict[int, Holding] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    cut: int = 0
    unfilled: int = 0

    def rebalance(self, targets: Mapping[int, int], price_of: PriceOf, row: int) -> None:
        """Trade to the `targets`, decided at `row`, at the next session: sales first.

        `price_of(column, shares)` is the fill price, NaN where nobody would have traded.
        """
        sells, buys = self._orders(targets, price_of)
        for order in sells:
            self._sell(order, row)
        needed = 0.0
        for _, shares, price in buys:
            needed += shares * price
        if needed * (1 + self.commission) > self.cash_won:
            buys = self._covered(buys)
        for order in buys:
            self._buy(order, row)

    def _orders(
        self, targets: Mapping[int, int], price_of: PriceOf
    ) -> tuple[list[Order], list[Order]]:
        sells: list[Order] = []
        buys: list[Order] = []
        holdings = self.holdings
        changes = [
            (column, -item.shares) for column, item in holdings.items() if column not in targets
        ]
        for column, wanted in targets.items():
            held = holdings.get(column)
            changes.append((column, wanted - held.shares if held else wanted))
        for column, change in changes:
            if change == 0:
                continue
            price = price_of(column, change)
            if math.isnan(price):
                self.unfilled += 1
            elif change < 0:
                sells.append((column, -change, price))
            else:
                buys.append((column, change, price))
        return sells, buys

    def _covered(self, buys: Sequence[Order]) -> list[Order]:
        """Return the buys that the cash pays for: full ones in order, then part of one, then none."""
        left = self.cash_won
        kept: list[Order] = []
        for column, shares, price in buys:
            fits = min(shares, int(left / (price * (1 + self.commission))))
            if fits < shares:
                self.cut += 1
            if fits > 0:
                kept.append((column, fits, price))
                left -= fits * price * (1 + self.commission)
        return kept

    def _sell(self, order: Order, row: int) -> None:
        column, shares, price = order
        holding = self.holdings[column]
        amount = shares * price
        gain = amount - holding.cost_won * shares
        tax = TAX_RATE * gain if gain > 0 and self.taxed[column] else 0.0
        fee = self.commission * amount
        self.cash_won += amount - fee - tax
        holding.shares -= shares
        if holding.shares == 0:
            del self.holdings[column]
        self.trades.append(Trade(row + 1, row, column, -shares, price, fee, tax, "rebalance"))

    def _buy(self, order: Order, row: int) -> None:
        column, shares, price = order
        amount = shares * price
        fee = self.commission * amount
        self.cash_won -= amount + fee
        holding = self.holdings.get(column)
        if holding is None:
            self.holdings[column] = Holding(shares, price)
        else:
            total = holding.shares + shares
            holding.cost_won = (holding.cost_won * holding.shares + amount) / total
            holding.shares = total
        self.trades.append(Trade(row + 1, row, column, shares, price, fee, 0.0, "rebalance"))

    def happen(self, column: int, action: Action, price: float) -> tuple[float, float]:
        """Apply a corporate action; return what it paid in cash after tax, and the tax.

        Fractions of a share that a split leaves are paid out at `price`, the close of that session.
        Distributions are taxed for every fund, also where gains are not.
        """
        holding = self.holdings[column]
        gross = holding.shares * action.paid_won
        tax = TAX_RATE * gross if self.payouts_taxed else 0.0
        exact = holding.shares * action.ratio
        whole = math.floor(exact + 1e-9)
        paid = gross - tax + max(exact - whole, 0.0) * price
        self.cash_won += paid
        holding.shares, holding.cost_won = whole, holding.cost_won / action.ratio
        if whole == 0:
            del self.holdings[column]
        return paid, tax

"""Cash and holdings of the faithful backtest, in whole won."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.domain.account import Position
from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol
from core.domain.money import Won
from core.strategy.backtest.account import Trade
from core.strategy.backtest.corporate import Action
from core.strategy.backtest.market import Market
from core.strategy.backtest.result import Payout
from core.strategy.exits import Passage

# Brokers state an average cost to four places, and a tax is computed on what they state.
COST_STEP = Decimal("0.0001")


@dataclass(slots=True)
class Lot:
    """What is held of one column: shares, their average cost, and what the position went through."""

    shares: int
    cost_won: Decimal
    passage: Passage


@dataclass(slots=True, kw_only=True)
class Book:
    """An account without credit. Everything that happens to it is kept."""

    cash_won: int
    costs: CostModel
    instruments: tuple[Instrument, ...]
    taxed: bool
    lots: dict[int, Lot] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    payouts: list[Payout] = field(default_factory=list)
    cut: int = 0
    unfilled: int = 0

    def sell(self, column: int, shares: int, price: int, when: tuple[int, int], why: str) -> None:
        """Sell at `price`; `when` is (row of the fill, row of the decision)."""
        lot = self.lots[column]
        amount = shares * price
        fee = self.costs.fee_won(amount)
        tax = 0
        if self.taxed:
            gain = amount - lot.cost_won * shares
            tax = self.costs.gain_tax_won(self.instruments[column].tax_type, gain)
        self.cash_won += amount - fee - tax
        lot.shares -= shares
        if lot.shares == 0:
            del self.lots[column]
        self.trades.append(Trade(*when, column, -shares, price, fee, tax, why))

    def buy(self, column: int, shares: int, price: int, when: tuple[int, int], why: str) -> None:
        """Buy what the cash covers of `shares` at `price`; a cut is counted."""
        fits = min(shares, self.cash_won // price)
        while fits and fits * price + self.costs.fee_won(fits * price) > self.cash_won:
            fits -= 1
        if fits < shares:
            self.cut += 1
        if fits == 0:
            return
        amount = fits * price
        fee = self.costs.fee_won(amount)
        self.cash_won -= amount + fee
        lot = self.lots.get(column)
        if lot is None:
            self.lots[column] = Lot(fits, Decimal(price), Passage())
        else:
            total = lot.cost_won * lot.shares + amount
            lot.cost_won = (total / (lot.shares + fits)).quantize(COST_STEP)
            lot.shares += fits
        self.trades.append(Trade(*when, column, fits, price, fee, 0.0, why))

    def half_taken(self, column: int) -> None:
        """Remember that half of a position was taken."""
        lot = self.lots[column]
        lot.passage = replace(lot.passage, half_taken=True)

    def watch(self, market: Market, row: int, *, highs: bool) -> None:
        """Let every position see the prices of `row`: its high, or only its close."""
        for column, lot in self.lots.items():
            price = market.order.close[row, column]
            if highs and market.fillable[row, column]:
                price = market.order.high[row, column]
            lot.passage = lot.passage.seen(int(price))

    def happen(self, column: int, action: Action, row: int, price: int) -> None:
        """Apply a corporate action before the session `row`; fractions are paid at `price`."""
        lot = self.lots.get(column)
        if lot is None:
            return
        gross = int(lot.shares * action.paid_won)
        tax = self.costs.distribution_tax_won(gross) if self.taxed else 0
        exact = lot.shares * action.ratio
        whole = int(exact + 1e-9)
        paid = gross - tax + int(max(exact - whole, 0.0) * price)
        self.cash_won += paid
        self.payouts.append(Payout(row, column, paid, tax))
        if action.ratio != 1:
            peak = int(lot.passage.peak_won / action.ratio)
            lot.passage = replace(lot.passage, peak_won=peak)
            lot.shares, lot.cost_won = whole, lot.cost_won / Decimal(str(action.ratio))
        if lot.shares == 0:
            del self.lots[column]

    def positions(self, closes: Mapping[Symbol, int]) -> tuple[Position, ...]:
        """Return the holdings as a broker would state them."""
        found = []
        for column, lot in sorted(self.lots.items()):
            instrument = self.instruments[column]
            found.append(
                Position(
                    symbol=instrument.symbol,
                    name=instrument.name,
                    quantity=lot.shares,
                    sellable=lot.shares,
                    average_cost_won=lot.cost_won,
                    price_won=Won(closes[instrument.symbol]),
                )
            )
        return tuple(found)

    def passages(self) -> dict[Symbol, Passage]:
        """Return what each position went through."""
        return {self.instruments[c].symbol: lot.passage for c, lot in self.lots.items()}

"""What the account holds, as the broker states it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.domain.instrument import Symbol
from core.domain.money import Won


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Shares of one symbol. `average_cost_won` is fractional on real statements."""

    symbol: Symbol
    name: str
    quantity: int
    sellable: int
    average_cost_won: Decimal
    price_won: Won

    @property
    def value_won(self) -> Won:
        """Market value at `price_won`."""
        return Won(self.price_won * self.quantity)

    @property
    def cost_won(self) -> Won:
        """What was paid for what is held, rounded to a won."""
        return Won(int(self.average_cost_won * self.quantity))

    @property
    def profit_won(self) -> Won:
        """Unrealised gain before fee and tax."""
        return Won(self.value_won - self.cost_won)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSnapshot:
    """Cash and holdings at one instant.

    `deposit_won` is today's settled deposit, `settled_d2_won` the deposit after all known
    settlements (가수도정산금액). Neither is orderable cash: ask the broker's buying power for that.
    """

    deposit_won: Won
    settled_d2_won: Won
    positions: tuple[Position, ...]
    taken_at: datetime

    @property
    def securities_won(self) -> Won:
        """Market value of all positions."""
        return Won(sum(position.value_won for position in self.positions))

    @property
    def nav_won(self) -> Won:
        """Net asset value: securities plus the deposit after settlement."""
        return Won(self.securities_won + self.settled_d2_won)

    def position(self, symbol: Symbol) -> Position | None:
        """Return the position in `symbol`, or None."""
        return next((item for item in self.positions if item.symbol == symbol), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyingPower:
    """What may be bought without credit (미수 없는 매수) at a price."""

    cash_won: Won
    quantity_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """What the person sees: the account and the cash the broker lets them order with.

    `reserved_won` is what our own live buy orders hold back (already out of `orderable_won`).
    """

    account: AccountSnapshot
    orderable_won: Won
    reserved_won: Won

"""Ours against theirs: what a comparison with the broker found. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from core.domain.books import Difference, ExternalOrder, SymbolHold
from core.domain.instrument import Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDifference:
    """One order on which the two sides do not agree; "" on the side that has none.

    `ours` and `theirs` are a state and the filled shares, such as ``WORKING 0``.
    """

    order_id: str
    number: str
    symbol: Symbol
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CashComparison:
    """Deposit after settlement: what our trades lead to since `since`, and what the broker says.

    The difference is money paid in or out, a dividend, or tax: information, never a block.
    """

    since: datetime
    expected_won: int
    broker_won: int

    @property
    def difference_won(self) -> int:
        """How much more the broker says than our trades explain."""
        return self.broker_won - self.expected_won


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """One comparison of today's orders, positions and cash.

    `unread` names what could not be read to its end ("orders", "account"): about that, nothing is
    claimed. `cash` is None when there is nothing to compare with. `live` symbols are still being
    traded, so that their positions may differ for a moment.
    """

    day: date
    made_at: datetime
    orders_ours: int
    orders_theirs: int
    orders: tuple[OrderDifference, ...]
    externals: tuple[ExternalOrder, ...]
    positions: tuple[Difference, ...]
    live: frozenset[str]
    cash: CashComparison | None
    holds: tuple[SymbolHold, ...]
    unread: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether everything was read and nothing differs but what is still moving."""
        settled = [item for item in self.positions if item.symbol not in self.live]
        return not self.unread and not self.orders and not settled

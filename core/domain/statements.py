"""What the broker states about the account beside cash and holdings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from core.domain.instrument import Symbol
from core.domain.money import Won
from core.domain.orders import BrokerOrderRef, OrderHistory, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An order that still works. `cancellable` is what may be cancelled now."""

    ref: BrokerOrderRef
    original_number: str
    symbol: Symbol
    side: Side
    ordered: int
    filled: int
    cancellable: int
    price_won: Won
    placed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetClass:
    """One line of the statement of assets: a class of things owned, in the broker's order."""

    bought_won: int
    value_won: int
    profit_won: int
    credit_won: int
    net_won: int
    weight_percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetStatement:
    """Everything that is in the account, by class and in sum."""

    classes: tuple[AssetClass, ...]
    total_won: int
    net_won: int
    deposit_won: int
    securities_won: int
    profit_won: int
    loans_won: int
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayProfit:
    """One day's trades. `realised_won` is after fees and taxes, as the broker counts them.

    `percent` is None where the broker states no rate.
    """

    session: date
    bought_won: int
    sold_won: int
    realised_won: int
    fee_won: int
    tax_won: int
    percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeProfit:
    """One symbol's trades on one day."""

    session: date
    symbol: Symbol
    name: str
    bought_shares: int
    bought_won: int
    sold_shares: int
    sold_won: int
    realised_won: int
    fee_won: int
    tax_won: int
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitTotals:
    """The sums over a period, as the broker states them."""

    bought_won: int
    sold_won: int
    fee_won: int
    tax_won: int
    realised_won: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitByDay:
    """The period's days, newest first, and their sums."""

    days: tuple[DayProfit, ...]
    totals: ProfitTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitByTrade:
    """The period's trades by symbol and day, newest first, and their sums."""

    trades: tuple[TradeProfit, ...]
    totals: ProfitTotals


def open_orders_of(history: OrderHistory) -> tuple[OpenOrder, ...]:
    """Return what of a day's complete order list still works: the list's own word for it.

    The fallback where a broker's mode has no call for open orders.
    """
    return tuple(
        OpenOrder(
            ref=order.ref,
            original_number=order.original_number,
            symbol=order.symbol,
            side=order.side,
            ordered=order.ordered,
            filled=order.filled,
            cancellable=order.remaining,
            price_won=Won(order.price_won),
            placed_at=order.placed_at,
        )
        for order in history.orders
        if order.remaining > 0 and not order.is_cancel_row
    )

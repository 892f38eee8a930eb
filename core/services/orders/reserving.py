"""What an order of ours holds back from its arm to its end."""

from __future__ import annotations

from datetime import datetime

from core.domain.books import Reservation
from core.domain.costs import CostModel
from core.domain.orders import LIVE_STATES, Order, Side
from core.ports.ledger import LedgerTransaction
from core.services.orders.facts import price_at_most


async def reservation_for(
    tx: LedgerTransaction, order: Order, costs: CostModel, at: datetime
) -> Reservation:
    """Return what the remainder of `order` may cost with its fee, or how many shares it may sell."""
    is_buy = order.envelope.side is Side.BUY
    amount = await price_at_most(tx, order) * order.remaining if is_buy else 0
    return Reservation(
        order_id=order.order_id,
        symbol=order.envelope.symbol,
        side=order.envelope.side,
        won=amount + costs.fee_won(amount),
        shares=0 if is_buy else order.remaining,
        reserved_at=at,
    )


async def reserve_missing(tx: LedgerTransaction, costs: CostModel, at: datetime) -> None:
    """Hold back what live orders of an older program version never did."""
    held = {item.order_id for item in await tx.reservations()}
    for order in await tx.orders_in(LIVE_STATES):
        if order.order_id not in held:
            await tx.reserve(await reservation_for(tx, order, costs, at))

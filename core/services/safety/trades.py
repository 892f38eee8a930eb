"""The bot's own ended orders as trades, for the streak of losing sales."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from core.domain.breakers import Breaker
from core.domain.krx import KST
from core.domain.leg_record import average_cost_in
from core.domain.orders import Order, OrderState, Side
from core.ports.ledger import LedgerTransaction
from core.services.risk.breaking import Trade

_CLOSED = frozenset({OrderState.FILLED, OrderState.PARTIAL_CANCELLED})


async def ended_trades(tx: LedgerTransaction) -> list[Trade]:
    """Return every ended order of which something was filled."""
    found = []
    for order in await tx.orders_in(_CLOSED):
        if order.filled < 1 or order.average_price_won is None:
            continue
        hint = await _cost_hint(tx, order) if order.envelope.side is Side.SELL else None
        found.append(
            Trade(
                symbol=order.envelope.symbol,
                side=order.envelope.side,
                quantity=order.filled,
                price_won=order.average_price_won,
                ended_at=order.updated_at,
                cost_hint_won=hint,
            )
        )
    return found


async def _cost_hint(tx: LedgerTransaction, order: Order) -> Decimal | None:
    """Return the mean cost that the broker stated when the sale was proposed."""
    ticket = await tx.ticket(order.ticket_id)
    if ticket is None:
        return None
    for record in await tx.trade_records_on(ticket.created_at.astimezone(KST).date()):
        if record.record_id == order.order_id:
            return average_cost_in(record.portfolio_before, order.envelope.symbol)
    return None


async def released_at(tx: LedgerTransaction, breaker: Breaker) -> datetime | None:
    """Return when a person last put `breaker` back in."""
    found = None
    for line in await tx.journal_of("trading"):
        if line.kind == "switch.released" and line.facts.get("breaker") == breaker.value:
            found = line.at
    return found

"""An older copy of the ledger may hold approvals whose orders were sent by a newer one.

Nothing in the copy says so. What says so is an order in the broker's list that we do not know, on
the same symbol and side, no larger than approved, placed since the approval.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from core.domain.books import ExternalOrder
from core.domain.krx import KST
from core.domain.orders import WAITING_STATES, Order, OrderState
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)
# The broker's clock and ours may differ, and the broker tells whole seconds.
SKEW = timedelta(seconds=60)


async def block_maybe_sent(context: DeskContext, alarms: Alarms) -> None:
    """Block waiting orders that may have been sent already. For the start only.

    While this process runs it knows what it sent; an unknown order is then somebody else's.
    """
    now = context.clock.now()
    async with context.ledger.transaction() as tx:
        externals = await tx.externals_on(now.astimezone(KST).date())
        for order in await tx.orders_in(WAITING_STATES):
            twin = next((item for item in externals if _may_be(item, order)), None)
            if twin is None:
                continue
            number = twin.row.ref.number
            _LOG.error("an approved order may have been sent", order=order.order_id, number=number)
            reason = context.phrases.say("orders.reason_maybe_sent", number=number)
            step = Step(at=now, actor="recovery", facts={"number": number})
            await move(tx, order, with_state(order, OrderState.BLOCKED, reason), step)
            key = f"maybe_sent:{order.order_id}"
            await alarms.tell(tx, key, "maybe_sent", order=order.order_id, number=number)
    context.publishing_bell.ring()


def _may_be(external: ExternalOrder, order: Order) -> bool:
    row, envelope = external.row, order.envelope
    return (
        (row.symbol, row.side) == (envelope.symbol, envelope.side)
        and row.ordered <= envelope.quantity_max
        and row.placed_at >= order.created_at - SKEW
    )

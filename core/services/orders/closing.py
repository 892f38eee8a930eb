"""Deadlines: tickets nobody pressed, orders past their time, and what is left after the close."""

from __future__ import annotations

from datetime import date, datetime

import structlog

from core.domain.journal import JournalEntry
from core.domain.orders import LIVE_STATES, Order, OrderHistory, OrderState
from core.domain.tickets import Ticket, TicketState
from core.errors import StaleState
from core.services.orders.cancelling import Canceller
from core.services.orders.context import DeskContext
from core.services.orders.tracking import Tracker
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)
# Two complete reads this far apart prove that nothing more will appear after the close.
READS_APART_SECONDS = 60.0


class Deadlines:
    """Ends what has run out of time."""

    def __init__(self, context: DeskContext, canceller: Canceller, tracker: Tracker) -> None:
        """Keep the parts."""
        self._context = context
        self._canceller = canceller
        self._tracker = tracker

    async def expire_tickets(self) -> datetime | None:
        """Expire what is overdue; return the next deadline of a ticket still shown."""
        now = self._context.clock.now()
        async with self._context.ledger.transaction() as tx:
            shown = await tx.tickets_in({TicketState.PRESENTED})
        overdue = [ticket for ticket in shown if ticket.expires_at < now]
        for ticket in overdue:
            await self._expire(ticket, now)
        remaining = [ticket.expires_at for ticket in shown if ticket.expires_at >= now]
        return min(remaining, default=None)

    async def cancel_overdue_orders(self) -> None:
        """Cancel the remainder of orders whose approved time has run out."""
        now = self._context.clock.now()
        async with self._context.ledger.transaction() as tx:
            working = await tx.orders_in({OrderState.WORKING, OrderState.PARTIAL})
        for order in working:
            hours = self._context.calendar.hours(now.date())
            still_trading = hours is not None and now < hours.closing_auction
            if now > order.envelope.good_until and still_trading:
                reason = self._context.phrases.say("orders.reason_time_over")
                await self._canceller.cancel(order, actor="desk", reason=reason)

    async def close_out(self, day: date) -> tuple[Order, ...]:
        """After the close: two complete reads, then end what is still open. Raises BrokerError.

        An order that both reads show with a remainder cannot trade any more: cancelled by the
        exchange. An UNKNOWN that neither read shows was never there: VOID. Returns what was ended.
        """
        first = await self._read(day)
        await self._context.clock.sleep(READS_APART_SECONDS)
        second = await self._read(day)
        ended: list[Order] = []
        async with self._context.ledger.transaction() as tx:
            live = await tx.orders_in(LIVE_STATES)
        for order in live:
            state = _proven_end(order, first, second)
            if state is None:
                continue
            reason = self._context.phrases.say("orders.reason_session_over")
            step = Step(at=self._context.clock.now(), actor="desk", facts={"day": day.isoformat()})
            async with self._context.ledger.transaction() as tx:
                ended.append(await move(tx, order, with_state(order, state, reason), step))
        self._context.publishing_bell.ring()
        return tuple(ended)

    async def _read(self, day: date) -> OrderHistory:
        history = await self._context.broker.order_history(day)
        await self._tracker.merge(history)
        return history

    async def _expire(self, ticket: Ticket, now: datetime) -> None:
        try:
            async with self._context.ledger.transaction() as tx:
                await tx.move_ticket(ticket.ticket_id, TicketState.PRESENTED, TicketState.EXPIRED)
                await tx.append_journal(
                    JournalEntry(
                        at=now,
                        kind="ticket.expired",
                        actor="desk",
                        subject=ticket.ticket_id,
                        facts={"expires_at": ticket.expires_at.isoformat()},
                    )
                )
        except StaleState:
            _LOG.info("decided at the last moment", ticket=ticket.ticket_id)
        self._context.publishing_bell.ring()


def _proven_end(order: Order, first: OrderHistory, second: OrderHistory) -> OrderState | None:
    """Return the end state that two reads after the close prove, or None."""
    if order.ref is None:
        # `Tracker.merge` would have adopted a candidate or put it on hold.
        return OrderState.VOID if order.state is OrderState.UNKNOWN else None
    shown = [
        row
        for history in (first, second)
        for row in history.orders
        if row.ref.number == order.ref.number
    ]
    both = len(shown) == 2 and shown[0].filled == shown[1].filled  # noqa: PLR2004 - two reads
    if not both:
        return None
    return OrderState.PARTIAL_CANCELLED if order.filled else OrderState.CANCELLED

"""Deadlines: tickets nobody pressed, orders past their time, and what is left after the close."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog

from core.domain.journal import JournalEntry
from core.domain.orders import LIVE_STATES, Attempt, Order, OrderHistory, OrderState
from core.domain.tickets import Ticket, TicketState
from core.errors import BrokerError, StaleState
from core.ports.ledger import LedgerTransaction
from core.services.orders.cancelling import Canceller
from core.services.orders.context import DeskContext
from core.services.orders.facts import FactReader
from core.services.orders.records import mark_records
from core.services.orders.resolving import candidates_of
from core.services.orders.tracking import Tracker, claimed_on, session_of
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)
# Two complete reads this far apart prove that nothing more will appear after the close.
READS_APART_SECONDS = 60.0
# A cancel whose answer was lost is asked for again after this long.
ASK_AGAIN_AFTER = timedelta(seconds=60)


class Deadlines:
    """Ends what has run out of time."""

    def __init__(
        self, context: DeskContext, facts: FactReader, canceller: Canceller, tracker: Tracker
    ) -> None:
        """Keep the parts."""
        self._context = context
        self._facts = facts
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
        """Cancel the remainder of orders whose approved time has run out, up to the close.

        The closing auction counts: an order left in it would trade later than was approved. A
        cancel that nobody answered is asked for again. Raises what kept an order from being
        cancelled, after all were tried.
        """
        now = self._context.clock.now()
        hours = await self._facts.hours()
        if hours is None or now >= hours.closes:
            return
        async with self._context.ledger.transaction() as tx:
            working = await tx.orders_in({OrderState.WORKING, OrderState.PARTIAL})
            pending = await tx.orders_in({OrderState.CANCEL_PENDING})
        reason = self._context.phrases.say("orders.reason_time_over")
        due = [(order, reason) for order in working if now > order.envelope.good_until]
        due += [(item, item.reason) for item in pending if now > item.updated_at + ASK_AGAIN_AFTER]
        fault: Exception | None = None
        for order, why in due:
            try:
                await self._canceller.cancel(order, actor="desk", reason=why)
            except Exception as error:  # noqa: BLE001 - one order must not keep the others
                _LOG.warning("not cancelled", order=order.order_id, error=repr(error))
                fault = error
        if fault is not None:
            raise fault

    async def close_out(self, day: date) -> tuple[Order, ...]:
        """After the close: two complete reads, then end what is still open. Raises BrokerError.

        An order that both reads show with a remainder cannot trade any more: cancelled by the
        exchange. An UNKNOWN that neither read shows was never there: VOID. Orders left over from
        earlier sessions are judged by the lists of their own days. Returns what was ended.
        """
        days = sorted({day} | {item for item in await self._tracker.live_sessions() if item < day})
        first = await self._read_all(days)
        await self._context.clock.sleep(READS_APART_SECONDS)
        second = await self._read_all(days)
        ended: list[Order] = []
        async with self._context.ledger.transaction() as tx:
            for order in await tx.orders_in(LIVE_STATES):
                session = await session_of(tx, order)
                both = session in first and session in second
                if not both or not self._is_over(session, first[session]):
                    continue
                attempt = await tx.attempt_of(order.order_id)
                claimed = await claimed_on(tx, session)
                state = _proven_end(order, attempt, claimed, (first[session], second[session]))
                if state is not None:
                    ended.append(await self._end(tx, order, state, session))
        self._context.publishing_bell.ring()
        return tuple(ended)

    async def _end(
        self, tx: LedgerTransaction, order: Order, state: OrderState, session: date
    ) -> Order:
        reason = self._context.phrases.say("orders.reason_session_over")
        step = Step(at=self._context.clock.now(), actor="desk", facts={"day": session.isoformat()})
        return await move(tx, order, with_state(order, state, reason), step)

    async def _read_all(self, days: list[date]) -> dict[date, OrderHistory]:
        """Read and merge each day; only the last one, which is asked for, must be readable."""
        found: dict[date, OrderHistory] = {}
        for day in days:
            try:
                found[day] = await self._context.broker.order_history(day)
            except BrokerError:
                if day == days[-1]:
                    raise
                _LOG.warning("an earlier session is not readable", day=day.isoformat())
                continue
            await self._tracker.merge(found[day])
        return found

    def _is_over(self, session: date, first: OrderHistory) -> bool:
        """Whether the session had ended when the first of the two reads was made."""
        hours = self._context.calendar.hours(session)
        return hours is None or first.read_at >= hours.closes

    async def _expire(self, ticket: Ticket, now: datetime) -> None:
        try:
            async with self._context.ledger.transaction() as tx:
                await tx.move_ticket(ticket.ticket_id, TicketState.PRESENTED, TicketState.EXPIRED)
                await mark_records(tx, ticket, TicketState.EXPIRED)
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


def _proven_end(
    order: Order,
    attempt: Attempt | None,
    claimed: frozenset[str],
    reads: tuple[OrderHistory, OrderHistory],
) -> OrderState | None:
    """Return the end state that two reads after the close prove, or None."""
    number = order.ref.number if order.ref else ""
    if not number:
        # A candidate seen only in the last read may still be it: `Tracker.merge` decides next time.
        seen = attempt and any(candidates_of(read, attempt, claimed) for read in reads)
        return OrderState.VOID if order.state is OrderState.UNKNOWN and not seen else None
    shown = [{row.ref.number: row for row in read.orders}.get(number) for read in reads]
    first, second = shown
    if first is None or second is None or first.filled != second.filled:
        return None
    return OrderState.PARTIAL_CANCELLED if order.filled else OrderState.CANCELLED

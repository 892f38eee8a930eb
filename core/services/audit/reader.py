"""Gathers what is written down about one ticket, order or other subject of the journal."""

from __future__ import annotations

from core.domain.journal import JournalHead, JournalLine
from core.domain.orders import Order
from core.domain.story import OrderStory, Story
from core.ports.audit import JournalVerifier
from core.ports.ledger import Ledger, LedgerTransaction


class AuditTrail:
    """Implements `core.ports.audit.AuditReader` on the ledger. It writes nothing."""

    def __init__(self, ledger: Ledger, verifier: JournalVerifier) -> None:
        """`verifier` checks the chain of the same ledger."""
        self._ledger = ledger
        self._verifier = verifier

    async def story(self, subject: str) -> Story | None:
        """Return everything about `subject`, read in one transaction; None when nothing is known."""
        async with self._ledger.transaction() as tx:
            order = await tx.order(subject)
            ticket_id = order.ticket_id if order else subject
            ticket = await tx.ticket(ticket_id)
            lines = await tx.journal_of(ticket_id)
            if ticket is None:
                nothing = Story(
                    subject=subject, ticket=None, approval=None, orders=(), records=(), lines=lines
                )
                return nothing if lines else None
            orders = await tx.orders_of(ticket_id)
            ordered = {item.order_id for item in orders}
            ids = [f"{ticket_id}-{leg.number}" for leg in ticket.legs]
            found = [await tx.trade_record(name) for name in ids if name not in ordered]
            wanted = (order,) if order else orders
            return Story(
                subject=subject,
                ticket=ticket,
                approval=await tx.approval_of(ticket_id),
                orders=tuple([await _order_story(tx, item) for item in wanted]),
                records=tuple(record for record in found if record is not None),
                lines=lines,
            )

    async def head(self) -> JournalHead:
        """Return the last line's number and hash."""
        async with self._ledger.transaction() as tx:
            return await tx.journal_head()

    async def verify(self) -> JournalHead:
        """Check the whole chain. Raises JournalAltered."""
        return await self._verifier.verify_journal()

    async def line(self, number: int) -> JournalLine | None:
        """Return one line by its number."""
        async with self._ledger.transaction() as tx:
            found = await tx.journal_after(number - 1, 1)
        return found[0] if found and found[0].number == number else None

    async def last(self, limit: int) -> tuple[JournalLine, ...]:
        """Return the newest lines, oldest first."""
        async with self._ledger.transaction() as tx:
            head = await tx.journal_head()
            return await tx.journal_after(max(0, head.lines - limit), limit)


async def _order_story(tx: LedgerTransaction, order: Order) -> OrderStory:
    return OrderStory(
        order=order,
        attempt=await tx.attempt_of(order.order_id),
        fills=await tx.fills_of(order.order_id),
        record=await tx.trade_record(order.order_id),
        lines=await tx.journal_of(order.order_id),
    )

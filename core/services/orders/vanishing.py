"""What follows when a ticket's message is deleted: nobody may approve what nobody can read."""

from __future__ import annotations

import structlog

from core.domain.journal import JournalEntry
from core.domain.tickets import Ticket, TicketState
from core.errors import StaleState
from core.services.orders.context import DeskContext
from core.services.orders.records import mark_records

_LOG = structlog.get_logger(__name__)


class Vanishing:
    """Told of deleted messages and threads, it keeps tickets and what people see together."""

    def __init__(self, context: DeskContext) -> None:
        """Keep the ports."""
        self._context = context

    async def messages(self) -> tuple[tuple[int, int], ...]:
        """Return (channel, message) of every ticket that waits for its ✅: they should be there."""
        async with self._context.ledger.transaction() as tx:
            waiting = await tx.tickets_in({TicketState.PRESENTED})
        return tuple(
            (ticket.channel_id, ticket.message_id)
            for ticket in waiting
            if ticket.channel_id is not None and ticket.message_id is not None
        )

    async def gone(self, channel_id: int, message_id: int | None = None) -> int:
        """Note that a message (or, without one, a whole thread) is gone; count the tickets it met.

        A ticket that still waited for its ✅ is INVALIDATED: its terms can no longer be read. One
        that was approved is shown again, because its orders may be live.
        """
        states = {TicketState.PRESENTED, TicketState.APPROVED}
        async with self._context.ledger.transaction() as tx:
            shown = await tx.tickets_in(states)
        met = [
            ticket
            for ticket in shown
            if ticket.channel_id == channel_id
            and ticket.message_id is not None
            and message_id in {None, ticket.message_id}
        ]
        for ticket in met:
            await self._vanished(ticket)
        if met:
            self._context.publishing_bell.ring()
        return len(met)

    async def _vanished(self, ticket: Ticket) -> None:
        reason = self._context.phrases.say("orders.ticket_vanished")
        try:
            async with self._context.ledger.transaction() as tx:
                if ticket.state is TicketState.APPROVED:
                    await tx.touch_ticket(ticket.ticket_id)
                    return
                old, new = TicketState.PRESENTED, TicketState.INVALIDATED
                await tx.move_ticket(ticket.ticket_id, old, new, reason)
                await mark_records(tx, ticket, new)
                await tx.append_journal(
                    JournalEntry(
                        at=self._context.clock.now(),
                        kind="ticket.invalidated",
                        actor="desk",
                        subject=ticket.ticket_id,
                        facts={"why": "message deleted", "message": ticket.message_id},
                    )
                )
        except StaleState:
            _LOG.info("decided as its message went", ticket=ticket.ticket_id)

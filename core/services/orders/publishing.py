"""Keeps every ticket's one message true: what is stored and not yet shown is shown, until it is."""

from __future__ import annotations

import asyncio

import structlog

from core.domain.tickets import Ticket
from core.errors import TradingError
from core.ports.surface import TicketSurface, TicketView
from core.services.orders.alarms import Alarms, Streak
from core.services.orders.context import DeskContext

_LOG = structlog.get_logger(__name__)
RETRY_SECONDS = 5.0
# This many messages at once, so that one that hangs does not hold up all others.
AT_ONCE = 4


class Publisher:
    """Level-triggered: it compares versions, so a crash or an outage loses nothing."""

    def __init__(self, context: DeskContext, surface: TicketSurface, alarms: Alarms) -> None:
        """Keep the ports."""
        self._context = context
        self._streak = Streak(context, alarms, "publishing")
        self._surface = surface

    async def view(self, ticket_id: str) -> TicketView | None:
        """Read everything the message of one ticket shows, in one transaction."""
        async with self._context.ledger.transaction() as tx:
            ticket = await tx.ticket(ticket_id)
            if ticket is None:
                return None
            orders = await tx.orders_of(ticket_id)
            fills = [fill for order in orders for fill in await tx.fills_of(order.order_id)]
            return TicketView(
                ticket=ticket,
                approval=await tx.approval_of(ticket_id),
                orders=orders,
                fills=tuple(fills),
            )

    async def publish_due(self) -> bool:
        """Show every unshown version once; return whether all were delivered.

        Each ticket is in the list once, so its versions are shown in order.
        """
        async with self._context.ledger.transaction() as tx:
            due = await tx.unpublished_tickets()
        free = asyncio.Semaphore(AT_ONCE)

        async def one(ticket: Ticket) -> bool:
            async with free:
                return await self._publish(ticket.ticket_id)

        return all(await asyncio.gather(*(one(ticket) for ticket in due)))

    async def run(self) -> None:
        """Run forever: publish when rung, and again after a failure."""
        while True:
            try:
                delivered = await self.publish_due()
                self._streak.worked()
            except Exception as error:  # noqa: BLE001 - messages must go on being shown
                self._streak.failed(error)
                delivered = False
            if delivered:
                await self._context.publishing_bell.wait()
            else:
                await self._context.clock.sleep(RETRY_SECONDS)

    async def _publish(self, ticket_id: str) -> bool:
        try:
            view = await self.view(ticket_id)
            if view is None:
                return True
            channel_id, message_id = await self._surface.show_ticket(view)
            async with self._context.ledger.transaction() as tx:
                await tx.mark_published(ticket_id, view.ticket.version, channel_id, message_id)
        except TradingError as error:
            _LOG.warning("not delivered", ticket=ticket_id, error=str(error))
            return False
        except Exception:  # noqa: BLE001 - a message that cannot be drawn must not silence the others
            _LOG.exception("ticket could not be drawn", ticket=ticket_id)
            return False
        return True

"""Keeps every ticket's one message true: what is stored and not yet shown is shown, until it is."""

from __future__ import annotations

import structlog

from core.errors import StorageError, TradingError
from core.ports.surface import TicketSurface, TicketView
from core.services.orders.context import DeskContext

_LOG = structlog.get_logger(__name__)
RETRY_SECONDS = 5.0


class Publisher:
    """Level-triggered: it compares versions, so a crash or an outage loses nothing."""

    def __init__(self, context: DeskContext, surface: TicketSurface) -> None:
        """Keep the ports."""
        self._context = context
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
        """Show every unshown version once; return whether all were delivered."""
        async with self._context.ledger.transaction() as tx:
            due = await tx.unpublished_tickets()
        delivered = True
        for ticket in due:
            view = await self.view(ticket.ticket_id)
            if view is not None:
                delivered = await self._publish(view) and delivered
        return delivered

    async def run(self) -> None:
        """Run forever: publish when rung, and again after a failure."""
        while True:
            try:
                delivered = await self.publish_due()
            except StorageError as error:
                _LOG.warning("tickets could not be read", error=str(error))
                delivered = False
            if delivered:
                await self._context.publishing_bell.wait()
            else:
                await self._context.clock.sleep(RETRY_SECONDS)

    async def _publish(self, view: TicketView) -> bool:
        try:
            channel_id, message_id = await self._surface.show_ticket(view)
        except TradingError as error:
            _LOG.warning("not delivered", ticket=view.ticket.ticket_id, error=str(error))
            return False
        except Exception:  # noqa: BLE001 - a message that cannot be drawn must not silence the others
            _LOG.exception("ticket could not be drawn", ticket=view.ticket.ticket_id)
            return False
        async with self._context.ledger.transaction() as tx:
            await tx.mark_published(
                view.ticket.ticket_id, view.ticket.version, channel_id, message_id
            )
        return True

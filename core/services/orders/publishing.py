"""Keeps every ticket's one message true: what is stored and not yet shown is shown, until it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from core.domain.krx import KST
from core.domain.orders import WAITING_STATES, Order
from core.domain.shown import shown_with
from core.domain.tickets import Ticket, TicketState
from core.errors import DeliveryRefused, TradingError
from core.ports.ledger import BooksReading
from core.ports.surface import TicketSurface, TicketView
from core.services.orders.alarms import Alarms, Streak
from core.services.orders.context import DeskContext
from core.services.orders.fair_values import may_be_overridden
from core.services.orders.gate import REDUCED_BY
from core.services.orders.redrawing import note_redrawn

_LOG = structlog.get_logger(__name__)
RETRY_SECONDS = 5.0
# What was refused is not asked for every few seconds: Discord shuts out who asks too often.
REFUSED_AGAIN = timedelta(minutes=1)
# This many messages at once, so that one that hangs does not hold up all others.
AT_ONCE = 4


class Publisher:
    """Level-triggered: it compares versions, so a crash or an outage loses nothing."""

    def __init__(self, context: DeskContext, surface: TicketSurface, alarms: Alarms) -> None:
        """Keep the ports."""
        self._context = context
        self._alarms = alarms
        self._streak = Streak(context, alarms, "publishing")
        self._surface = surface
        # Where a ticket stands while the ledger does not take that it does.
        self._unstored: dict[str, tuple[int, int]] = {}
        # When a message that was refused is tried again.
        self._not_before: dict[str, datetime] = {}

    async def view(self, ticket_id: str) -> TicketView | None:
        """Read everything the message of one ticket shows, in one transaction that holds up none."""
        async with self._context.books.reading() as tx:
            ticket = await tx.ticket(ticket_id)
            if ticket is None:
                return None
            orders = await tx.orders_of(ticket_id)
            fills = [fill for order in orders for fill in await tx.fills_of(order.order_id)]
            lines = await tx.journal_of(ticket_id)
            shown = shown_with(lines)
            return TicketView(
                ticket=ticket,
                approval=await tx.approval_of(ticket_id),
                orders=orders,
                fills=tuple(fills),
                sends_at=self._sends_at(orders),
                may_override=ticket.state is TicketState.PRESENTED and may_be_overridden(lines),
                standing=await tx.standing_stops_of(ticket_id),
                reduced_by={
                    order.order_id: await _reduced_by(tx, order.order_id)
                    for order in orders
                    if order.request and order.request.quantity < order.envelope.quantity_max
                },
                choices=shown.choices,
                changes=shown.changes,
                outlooks=shown.outlooks,
            )

    def _sends_at(self, orders: Sequence[Order]) -> datetime | None:
        """Return when today's execution window opens, if approved orders wait for it."""
        if not any(order.state in WAITING_STATES for order in orders):
            return None
        now = self._context.clock.now()
        hours = self._context.calendar.known_hours(now.astimezone(KST).date())
        if hours is None:
            return None
        opens = hours.execution_window()[0]
        return opens if now < opens else None

    async def publish_due(self) -> bool:
        """Show every unshown version once; return whether all were delivered.

        Each ticket is in the list once, so its versions are shown in order.
        """
        async with self._context.books.reading() as tx:
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
                await self._streak.worked()
            except Exception as error:  # noqa: BLE001 - messages must go on being shown
                await self._streak.failed(error)
                delivered = False
            if delivered:
                await self._context.publishing_bell.wait()
            else:
                await self._context.clock.sleep(RETRY_SECONDS)

    async def _publish(self, ticket_id: str) -> bool:
        now = self._context.clock.now()
        if now < self._not_before.get(ticket_id, now):
            return False
        try:
            view = await self.view(ticket_id)
            if view is not None:
                await self._show(view)
        except DeliveryRefused as error:
            _LOG.warning("refused", ticket=ticket_id, error=str(error))
            await self._tell_unshown(ticket_id)
            return False
        except TradingError as error:
            _LOG.warning("not delivered", ticket=ticket_id, error=str(error))
            return False
        except Exception:  # noqa: BLE001 - a message that cannot be drawn must not silence the others
            _LOG.exception("ticket could not be drawn", ticket=ticket_id)
            await self._tell_unshown(ticket_id)
            return False
        self._not_before.pop(ticket_id, None)
        return True

    async def _tell_unshown(self, ticket_id: str) -> None:
        """Say in the alert channel, once for each version, what the message should say."""
        self._not_before[ticket_id] = self._context.clock.now() + REFUSED_AGAIN
        try:
            async with self._context.books.reading() as tx:
                ticket = await tx.ticket(ticket_id)
                orders = await tx.orders_of(ticket_id)
        except TradingError as error:
            _LOG.error("nobody could be told", ticket=ticket_id, error=str(error))
            return
        truth = "\n".join(self._line(order) for order in orders)
        await self._alarms.ring(
            "unshown",
            key=f"unshown:{ticket_id}:{ticket.version if ticket else 0}",
            ticket=ticket_id,
            truth=truth or self._context.phrases.say("orders.unshown_nothing_sent"),
        )

    def _line(self, order: Order) -> str:
        say = self._context.phrases.say
        return say(
            "orders.unshown_order",
            symbol=order.envelope.symbol,
            side=say(f"orders.side_{order.envelope.side.value.lower()}"),
            state=say(f"embeds.state_{order.state.value.lower()}"),
            filled=order.filled,
            total=order.request.quantity if order.request else order.envelope.quantity_max,
        )

    async def _show(self, view: TicketView) -> None:
        """Show one version and note that it is shown; what may be shown is noted, too."""
        ticket_id, version = view.ticket.ticket_id, view.ticket.version
        try:
            channel_id, message_id = await self._surface.show_ticket(self._placed(view))
            self._unstored[ticket_id] = channel_id, message_id
            async with self._context.ledger.transaction() as tx:
                await tx.mark_published(ticket_id, version, channel_id, message_id)
                await note_redrawn(tx, view.ticket, self._context.clock.now())
            del self._unstored[ticket_id]
        except (TradingError, asyncio.CancelledError):
            # Whether it was taken is not known. A process that stood still in an edit, was
            # replaced, and ends here may have put it over what the other one has shown since.
            await self._doubt(ticket_id, version, view.ticket.message_id)
            raise

    async def _doubt(self, ticket_id: str, version: int, message_id: int | None) -> None:
        try:
            async with self._context.ledger.transaction() as tx:
                await tx.doubt_published(ticket_id, version, message_id)
        except TradingError as error:
            _LOG.error("the message may be old", ticket=ticket_id, error=str(error))

    def _placed(self, view: TicketView) -> TicketView:
        """Return the view with the message that shows it, also where that could not be stored."""
        place = self._unstored.get(view.ticket.ticket_id)
        if place is None:
            return view
        channel_id, message_id = place
        return replace(
            view, ticket=replace(view.ticket, channel_id=channel_id, message_id=message_id)
        )


async def _reduced_by(tx: BooksReading, order_id: str) -> tuple[str, ...]:
    """Return what the newest gating of an order says about why it is smaller than approved."""
    found: object = ()
    for line in await tx.journal_of(order_id):
        found = line.facts.get(REDUCED_BY, found)
    return tuple(str(item) for item in found) if isinstance(found, list | tuple) else ()

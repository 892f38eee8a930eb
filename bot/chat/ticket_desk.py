"""What the buttons and forms of a ticket ask."""

from __future__ import annotations

from typing import Protocol

from core.domain.risk import Denied
from core.domain.standing import StandingStop
from core.domain.tickets import Ticket
from core.ports.surface import TicketView
from core.services.orders.values import Click, ClickOutcome, Decision


class TicketDesk(Protocol):
    """Decides what a press of a ticket button means (core.services.orders)."""

    async def approve(self, click: Click) -> ClickOutcome:
        """Approve the ticket once, for exactly the shown terms."""

    async def override(self, click: Click) -> ClickOutcome:
        """Approve knowing what the ticket says of its iNAV."""

    async def approve_with_stop(self, click: Click) -> ClickOutcome:
        """Approve the ticket, and the stop that it offers in advance."""

    async def revoke_stop(self, click: Click) -> ClickOutcome:
        """End at once what was approved in advance with the ticket."""

    async def standing_stops(self) -> tuple[StandingStop, ...]:
        """Return every stop approved in advance that is still good."""

    async def decline(self, click: Click) -> ClickOutcome:
        """Decline the ticket."""

    async def request_cancel(self, click: Click) -> ClickOutcome:
        """Ask to cancel what is still working of the ticket's orders."""

    async def edit(
        self, click: Click, leg: int, quantity: int, price_won: int | None
    ) -> Ticket | Denied | ClickOutcome:
        """Replace the ticket by one with other terms for `leg` (numbered from 1)."""

    async def toggle(self, click: Click, number: int) -> Ticket | Denied | ClickOutcome:
        """Replace the ticket by one without, or again with, the choice of this number."""

    async def view(self, ticket_id: str) -> TicketView | None:
        """Return what the message of the ticket shows."""

    async def shown_in(self, channel_id: int) -> tuple[TicketView, ...]:
        """Return every ticket shown in this channel or thread, oldest first."""

    async def waiting_messages(self) -> tuple[tuple[int, int], ...]:
        """Return (channel, message) of every ticket that waits for its ✅."""

    async def gone(self, channel_id: int, message_id: int | None = None) -> int:
        """Note that a message, or with none a whole thread, was deleted."""

    async def ticket_of(self, order_id: str) -> TicketView | None:
        """Return what the message of the order's ticket shows."""

    async def resolve(self, click: Click, order_id: str, decision: Decision) -> ClickOutcome:
        """End the doubt about one order, on the word of a person who looked."""

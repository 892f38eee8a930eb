"""How services show things to people. Discord implements it; tests and the CLI have their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from core.domain.orders import FillObservation, Order
from core.domain.shown import LegChoice, Outlook
from core.domain.standing import StandingStop
from core.domain.tickets import Approval, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """Everything the message of one ticket shows, read in one transaction.

    `sends_at` is when the execution window opens, while approved orders wait for it. `reduced_by`
    says of each order that is smaller than approved why (``risk.short_…`` of the locale files,
    of the user's own rules with their ids behind a colon).
    `may_override` is whether the ticket says of an iNAV what a person may override. `standing` are
    the stops that may be, or were, approved in advance with it, or that approved it. `choices`
    are the legs that may be left out one by one, `changes` sentences on what people changed, and
    `outlooks` what each leg leads to, by its number.
    """

    ticket: Ticket
    approval: Approval | None
    orders: tuple[Order, ...]
    fills: tuple[FillObservation, ...]
    sends_at: datetime | None = None
    may_override: bool = False
    standing: tuple[StandingStop, ...] = ()
    reduced_by: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    choices: tuple[LegChoice, ...] = ()
    changes: tuple[str, ...] = ()
    outlooks: Mapping[int, Outlook] = field(default_factory=lambda: MappingProxyType({}))


class TicketSurface(Protocol):
    """Shows tickets: one message each, edited through its whole life."""

    async def show_ticket(self, view: TicketView) -> tuple[int, int]:
        """Send or edit the message of the ticket and return (channel id, message id).

        Raises DeliveryRefused when the place does not take the message, and TradingError (or another
        subclass) when it could not be delivered; it is tried again.
        """


class AlertSurface(Protocol):
    """Where people are told what they did not ask for."""

    async def alert(self, title: str, text: str, *, can_wait: bool = False) -> bool:
        """Post an alarm to the alert channel; return whether it was delivered. Never raises."""

"""The order ledger: tickets, approvals, orders, attempts, fills and the journal.

A transaction is durable when its block ends without an exception and leaves no trace otherwise.
Transactions of one database are serial (single writer), so what one reads stays true until it
ends. Every state change is a compare-and-set that raises StaleState when somebody was first.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from core.domain.account import AccountSnapshot
from core.domain.journal import JournalEntry, TradeRecord
from core.domain.orders import Attempt, FillObservation, Order, OrderState
from core.domain.tickets import Approval, Ticket, TicketState


class LedgerTransaction(Protocol):
    """What can be read and written inside one transaction."""

    async def insert_ticket(self, ticket: Ticket) -> None:
        """Store a new ticket with its legs."""

    async def ticket(self, ticket_id: str) -> Ticket | None:
        """Return one ticket."""

    async def tickets_in(self, states: Collection[TicketState]) -> tuple[Ticket, ...]:
        """Return the tickets in `states`, oldest first."""

    async def move_ticket(
        self, ticket_id: str, old: TicketState, new: TicketState, reason: str = ""
    ) -> None:
        """Compare-and-set the state and raise the version. Raises StaleState."""

    async def touch_ticket(self, ticket_id: str) -> None:
        """Raise the version, so that the message is rendered again."""

    async def unpublished_tickets(self) -> tuple[Ticket, ...]:
        """Return the tickets whose newest version no message shows yet, oldest first."""

    async def mark_published(
        self, ticket_id: str, version: int, channel_id: int, message_id: int
    ) -> None:
        """Note that the message shows `version`."""

    async def insert_approval(self, approval: Approval) -> bool:
        """Store an approval. Return False when its interaction id was already used."""

    async def approval_of(self, ticket_id: str) -> Approval | None:
        """Return who approved the ticket."""

    async def insert_order(self, order: Order) -> None:
        """Store a new order. (ticket, leg) is unique."""

    async def order(self, order_id: str) -> Order | None:
        """Return one order."""

    async def orders_of(self, ticket_id: str) -> tuple[Order, ...]:
        """Return the orders of one ticket by leg."""

    async def orders_in(self, states: Collection[OrderState]) -> tuple[Order, ...]:
        """Return the orders in `states`, oldest first."""

    async def orders_created_on(self, day: date) -> tuple[Order, ...]:
        """Return the orders created on the KST day `day`, oldest first."""

    async def save_order(self, order: Order, expected: OrderState) -> None:
        """Write all fields of `order` if its stored state is `expected`; touches its ticket.

        Raises StaleState. Does not judge the transition: `core.services.orders` does.
        """

    async def insert_attempt(self, attempt: Attempt) -> bool:
        """Store the write-ahead record. Return False when this order already has one."""

    async def attempt_of(self, order_id: str) -> Attempt | None:
        """Return the attempt of one order."""

    async def attempts_on(self, session: date) -> tuple[Attempt, ...]:
        """Return the attempts armed on one session day, oldest first."""

    async def insert_fill(self, fill: FillObservation) -> bool:
        """Store a fill. Return False when this cumulative quantity was already seen."""

    async def fills_of(self, order_id: str) -> tuple[FillObservation, ...]:
        """Return the fills of one order, oldest first."""

    async def fills_on(self, day: date) -> tuple[FillObservation, ...]:
        """Return the fills observed on the KST day `day`, oldest first."""

    async def append_journal(self, entry: JournalEntry) -> None:
        """Append one line; it is chained by hash to the line before."""

    async def journal_of(self, subject: str) -> tuple[JournalEntry, ...]:
        """Return the lines about one subject, oldest first."""

    async def save_trade_record(self, record: TradeRecord) -> None:
        """Insert or replace the record with this `record_id`."""

    async def trade_records_on(self, day: date) -> tuple[TradeRecord, ...]:
        """Return the trade records of the KST day `day`, oldest first."""

    async def save_snapshot(self, snapshot: AccountSnapshot) -> None:
        """Store cash and positions as of one instant (NAV history)."""

    async def nav_history(self, since: datetime) -> tuple[tuple[datetime, int], ...]:
        """Return (instant, NAV in won) of stored snapshots, oldest first."""

    async def setting(self, name: str) -> str | None:
        """Return a stored switch (for example the trading state)."""

    async def put_setting(self, name: str, value: str) -> None:
        """Store a switch."""


class Ledger(Protocol):
    """Opens transactions on the order ledger."""

    def transaction(self) -> AbstractAsyncContextManager[LedgerTransaction]:
        """Open a serial, durable transaction (BEGIN IMMEDIATE, synchronous FULL)."""

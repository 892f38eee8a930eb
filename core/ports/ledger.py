"""The order ledger: tickets, approvals, orders, attempts, fills and the journal.

A transaction is durable when its block ends without an exception and leaves no trace otherwise.
Transactions of one database are serial (single writer), so what one reads stays true until it
ends. Every state change is a compare-and-set that raises StaleState when somebody was first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from core.domain.account import AccountSnapshot
from core.domain.books import Adjustment, ArmedTerms, ExternalOrder, Reservation, SymbolHold
from core.domain.breakers import Breaker, SwitchRows, Trip
from core.domain.journal import JournalEntry, JournalHead, JournalLine, TradeRecord
from core.domain.lease import Lease
from core.domain.orders import Attempt, FillObservation, Order, OrderState
from core.domain.outbox import OutboxMessage
from core.domain.rule_record import RuleEffect, RuleRow
from core.domain.standing import StandingStop
from core.domain.tickets import Approval, Ticket, TicketState
from core.ports.adoption import ProposalBooks, ProposalReading
from core.ports.rules import RuleBooks
from core.ports.watching import StandingBooks, WatchBooks


class LedgerTransaction(WatchBooks, StandingBooks, RuleBooks, ProposalBooks, Protocol):
    """What can be read and written inside one transaction."""

    async def insert_ticket(self, ticket: Ticket) -> None:
        """Store a new ticket with its legs."""

    async def ticket(self, ticket_id: str) -> Ticket | None:
        """Return one ticket."""

    async def tickets_in(self, states: Collection[TicketState]) -> tuple[Ticket, ...]:
        """Return the tickets in `states`, oldest first."""

    async def tickets_shown_in(self, channel_id: int) -> tuple[str, ...]:
        """Return the ids of the tickets of one channel or thread, oldest first."""

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
        """Note that the message shows `version`, whatever was noted before.

        An older version after a newer one is a process that was replaced while its edit was under
        way: the message may show the older one now, so the newer one is unpublished again. So is
        the ticket that the message was left to (`leave_message`), which keeps it.
        """

    async def leave_message(self, ticket_id: str) -> None:
        """Leave the message to the ticket that comes in place: nothing of this one is shown there."""

    async def doubt_published(
        self, ticket_id: str, version: int, message_id: int | None = None
    ) -> None:
        """Note that the message may show `version`: a newer one noted as shown is shown again.

        So is the ticket that `message_id` was left to.
        """

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

    async def armed_on(self, session: date) -> tuple[tuple[Order, Attempt], ...]:
        """Return every order armed on one session day with its attempt, oldest first."""

    async def armed_terms_on(self, session: date) -> tuple[ArmedTerms, ...]:
        """Return the terms of every order armed on one session day, oldest first."""

    async def unapproved_attempts(self, session: date) -> int:
        """Count the attempts of a day whose ticket has no approval for its payload hash."""

    async def reserve(self, reservation: Reservation) -> None:
        """Hold back what an armed order may use; a second one for the same order replaces it."""

    async def release(self, order_id: str) -> None:
        """Give back what an ended order held; nothing happens when there is none."""

    async def reservations(self) -> tuple[Reservation, ...]:
        """Return what is held back now, oldest first."""

    async def save_external(self, order: ExternalOrder) -> None:
        """Insert or replace the EXTERNAL order of this session and number."""

    async def drop_external(self, session: date, number: str) -> bool:
        """Forget an EXTERNAL order that turned out to be ours; return whether there was one."""

    async def externals_on(self, session: date) -> tuple[ExternalOrder, ...]:
        """Return the EXTERNAL orders of one session day, oldest first."""

    async def adjust(self, adjustment: Adjustment) -> None:
        """Put shares into our books, or take them out."""

    async def adjustments(self) -> tuple[Adjustment, ...]:
        """Return all adjustments, oldest first."""

    async def book_shares(self) -> Mapping[str, int]:
        """Return the shares by our books per symbol: adjustments, own fills, EXTERNAL fills."""

    async def hold_symbol(self, hold: SymbolHold) -> None:
        """Send nothing for this symbol; a hold that stands keeps its first instant."""

    async def release_symbol(self, symbol: str) -> bool:
        """End the hold; return whether there was one."""

    async def symbol_holds(self) -> tuple[SymbolHold, ...]:
        """Return the holds that stand."""

    async def put_trip(self, trip: Trip) -> None:
        """Note that a breaker is out, or replace what is noted about it."""

    async def clear_trip(self, breaker: Breaker) -> bool:
        """Put a breaker back in; return whether it was out."""

    async def trips(self) -> tuple[Trip, ...]:
        """Return the breakers that are out, oldest first, those of past days included."""

    async def switch_rows(self) -> SwitchRows:
        """Return every row that decides whether trading is on."""

    async def lease(self) -> Lease | None:
        """Return who holds the lease."""

    async def put_lease(self, lease: Lease) -> None:
        """Replace the lease."""

    async def enqueue(self, message: OutboxMessage) -> bool:
        """Store a message for people. Return False when its key was already used."""

    async def was_told(self, begins: str, ends: str) -> bool:
        """Whether there ever was a message whose key begins and ends with these words."""

    async def undelivered(self, limit: int = 100) -> tuple[OutboxMessage, ...]:
        """Return messages to be shown, oldest first; not what is kept for a digest."""

    async def hold_back(self, key: str, at: datetime) -> None:
        """Keep a message that nobody has seen for a digest."""

    async def held_back(self, limit: int = 1_000) -> tuple[OutboxMessage, ...]:
        """Return what is kept for a digest, oldest first."""

    async def mark_delivered(self, key: str, at: datetime) -> None:
        """Note that people can see the message."""

    async def count_try(self, key: str) -> None:
        """Note that a delivery failed."""

    async def append_journal(self, entry: JournalEntry) -> None:
        """Append one line; it is chained by hash to the line before."""

    async def journal_after(self, number: int, limit: int = 100) -> tuple[JournalLine, ...]:
        """Return the lines after line `number`, oldest first."""

    async def journal_head(self) -> JournalHead:
        """Return the last line's number and hash; 0 and zeros before the first line."""

    async def journal_of(self, subject: str) -> tuple[JournalEntry, ...]:
        """Return the lines about one subject, oldest first."""

    async def save_trade_record(self, record: TradeRecord) -> None:
        """Insert or replace the record with this `record_id`."""

    async def note_in_trade_record(self, order: Order) -> None:
        """Put what is now known of `order` into its trade record, if it has one."""

    async def close_trade_records(self, record_ids: Collection[str], status: str) -> None:
        """Note `status` in those of the records that no order has been noted in."""

    async def trade_record(self, record_id: str) -> TradeRecord | None:
        """Return one trade record."""

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


class BooksReading(ProposalReading, Protocol):
    """The reads of a ledger transaction that judging and comparing need, and nothing that writes."""

    async def armed_on(self, session: date) -> tuple[tuple[Order, Attempt], ...]:
        """Return every order armed on one session day with its attempt."""

    async def armed_terms_on(self, session: date) -> tuple[ArmedTerms, ...]:
        """Return the terms of every order armed on one session day, oldest first."""

    async def orders_in(self, states: Collection[OrderState]) -> tuple[Order, ...]:
        """Return the orders in `states`."""

    async def externals_on(self, session: date) -> tuple[ExternalOrder, ...]:
        """Return the EXTERNAL orders of one session day."""

    async def fills_on(self, day: date) -> tuple[FillObservation, ...]:
        """Return the fills observed on one day."""

    async def order(self, order_id: str) -> Order | None:
        """Return one order."""

    async def book_shares(self) -> Mapping[str, int]:
        """Return the shares by our books per symbol."""

    async def symbol_holds(self) -> tuple[SymbolHold, ...]:
        """Return the holds that stand."""

    async def setting(self, name: str) -> str | None:
        """Return a stored switch."""

    async def switch_rows(self) -> SwitchRows:
        """Return every row that decides whether trading is on."""

    async def reservations(self) -> tuple[Reservation, ...]:
        """Return what is held back now."""

    async def ticket(self, ticket_id: str) -> Ticket | None:
        """Return one ticket."""

    async def tickets_shown_in(self, channel_id: int) -> tuple[str, ...]:
        """Return the ids of the tickets of one channel or thread, oldest first."""

    async def unpublished_tickets(self) -> tuple[Ticket, ...]:
        """Return the tickets whose newest version no message shows yet, oldest first."""

    async def approval_of(self, ticket_id: str) -> Approval | None:
        """Return who approved the ticket."""

    async def standing_stops_of(self, ticket_id: str) -> tuple[StandingStop, ...]:
        """Return the stops of an entry ticket, and those that approved this exit ticket."""

    async def orders_of(self, ticket_id: str) -> tuple[Order, ...]:
        """Return the orders of one ticket by leg."""

    async def fills_of(self, order_id: str) -> tuple[FillObservation, ...]:
        """Return the fills of one order, oldest first."""

    async def journal_of(self, subject: str) -> tuple[JournalEntry, ...]:
        """Return the lines about one subject, oldest first."""

    async def rule_rows(self) -> tuple[RuleRow, ...]:
        """Return the newest version of every rule of the user's own, by id."""

    async def rule_history(self, rule_id: str) -> tuple[RuleRow, ...]:
        """Return every version of one rule, oldest first."""

    async def rule_row_count(self) -> int:
        """Return how many versions of rules are stored; every change of a rule adds one."""

    async def rule_effects_of(self, rule_id: str) -> tuple[RuleEffect, ...]:
        """Return what a rule did, oldest first."""


class BooksReader(Protocol):
    """Opens transactions that only read."""

    def reading(self) -> AbstractAsyncContextManager[BooksReading]:
        """Open a transaction in which the database itself refuses to write.

        It waits for no writer and sees one state: all that was committed before its first read.
        """

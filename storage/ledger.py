"""The order ledger on SQL (`core.ports.ledger`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.domain.journal import JournalHead
from core.ports.ledger import BooksReading
from storage.engine import Database
from storage.ledger_books import BookRows
from storage.ledger_journal import JournalRows, verify_chain
from storage.ledger_orders import OrderRows
from storage.ledger_outbox import OutboxRows
from storage.ledger_portfolio import PortfolioRows
from storage.ledger_proposals import ProposalRows
from storage.ledger_rules import RuleRows
from storage.ledger_safety import SafetyRows
from storage.ledger_standing import StandingRows
from storage.ledger_tickets import TicketRows
from storage.ledger_watch import WatchRows
from storage.statements import Statements


class SqlLedgerTransaction(
    TicketRows,
    OrderRows,
    BookRows,
    SafetyRows,
    OutboxRows,
    JournalRows,
    PortfolioRows,
    WatchRows,
    StandingRows,
    RuleRows,
    ProposalRows,
):
    """One open ledger transaction; using it after its block raises StorageError."""

    def __init__(self, sql: Statements, build: str) -> None:
        self._sql = sql
        self._build = build
        self._last_line = None


class SqlLedger:
    """Opens ledger transactions on one database."""

    def __init__(self, database: Database, build: str = "") -> None:
        """`build` names this program in every journal line that it writes."""
        self._database = database
        self._build = build

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlLedgerTransaction]:
        """Open a serial, durable transaction."""
        async with self._database.transaction() as sql:
            yield SqlLedgerTransaction(sql, self._build)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[BooksReading]:
        """Open a transaction in which the database itself refuses to write."""
        async with self._database.reading() as sql:
            yield SqlLedgerTransaction(sql, self._build)

    async def verify_journal(self) -> JournalHead:
        """Check the whole hash chain. Raises JournalAltered naming the first altered line."""
        async with self._database.reading() as sql:
            return await verify_chain(sql)

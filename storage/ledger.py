"""The order ledger on SQL (`core.ports.ledger`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage.engine import Database
from storage.ledger_journal import JournalHead, JournalRows, verify_chain
from storage.ledger_orders import OrderRows
from storage.ledger_portfolio import PortfolioRows
from storage.ledger_tickets import TicketRows
from storage.statements import Statements


class SqlLedgerTransaction(TicketRows, OrderRows, JournalRows, PortfolioRows):
    """One open ledger transaction; using it after its block raises StorageError."""

    def __init__(self, sql: Statements) -> None:
        self._sql = sql


class SqlLedger:
    """Opens ledger transactions on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlLedgerTransaction]:
        """Open a serial, durable transaction."""
        async with self._database.transaction() as sql:
            yield SqlLedgerTransaction(sql)

    async def verify_journal(self) -> JournalHead:
        """Check the whole hash chain. Raises StorageError naming the first altered line."""
        async with self._database.reading() as sql:
            return await verify_chain(sql)

"""SQLAlchemy's async engine with its pool: PostgreSQL, and connections that somebody else makes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from core.errors import ConfigurationError
from storage.engine import PRAGMAS, READ_ONLY_PRAGMAS, AsyncCreator, listen_sqlite
from storage.sqlite_file import CHECK_SECONDS, OPEN_SECONDS
from storage.statements import STATEMENT_SECONDS, AsyncTransaction, Statements, storage_faults
from storage.unbroken import unbroken

CONNECTIONS_MAX = 5
ADVISORY_LOCK = 0x45_54_46_31  # "ETF1": any constant, equal in every process of this application


def build_engine(
    url: URL, async_creator: AsyncCreator | None = None, *, read_only: bool = False
) -> AsyncEngine:
    """Return an engine for `url`. `async_creator` replaces how a driver connection is made.

    With `read_only` the database itself refuses every change on these connections.
    """
    options: dict[str, Any] = {
        "hide_parameters": True,
        "pool_size": CONNECTIONS_MAX,
        "max_overflow": 0,
        "pool_timeout": OPEN_SECONDS,
    }
    if async_creator is not None:
        options["async_creator"] = async_creator
    if url.get_backend_name() == "postgresql":
        options["connect_args"] = {
            "timeout": OPEN_SECONDS,
            "command_timeout": STATEMENT_SECONDS,
            "server_settings": {"default_transaction_read_only": "on"} if read_only else {},
        }
        options["pool_pre_ping"] = True
    try:
        engine = create_async_engine(url, **options)
    except ImportError as exc:
        raise ConfigurationError(
            "DATABASE_URL: PostgreSQL needs the extra 'postgres' (asyncpg)"
        ) from exc
    if url.get_backend_name() == "sqlite":
        listen_sqlite(engine.sync_engine, READ_ONLY_PRAGMAS if read_only else PRAGMAS)
    return engine


class PooledConnections:
    """Implements `Connections` on SQLAlchemy's async engine: PostgreSQL, and an `async_creator`."""

    def __init__(self, url: URL, async_creator: AsyncCreator | None, *, read_only: bool) -> None:
        """Open nothing yet."""
        self._is_file = url.get_backend_name() == "sqlite"
        self.engine = build_engine(url, async_creator, read_only=read_only)
        # The same pool; what it begins only reads.
        self._reader = self.engine.execution_options(reads_only=True)

    @asynccontextmanager
    async def begin(self, *, reads_only: bool) -> AsyncIterator[Statements]:
        """Open a transaction, and end it with the block."""
        async with AsyncExitStack() as stack:
            with storage_faults("opening the database"):
                opening = self._open(stack, reads_only=reads_only)
                connection = await unbroken(opening, OPEN_SECONDS)
            statements = Statements(AsyncTransaction(connection))
            try:
                if statements.dialect == "postgresql":
                    await self._take_turns(statements, reads_only=reads_only)
                yield statements
                with storage_faults("committing a transaction"):
                    await unbroken(connection.commit(), STATEMENT_SECONDS)
            except BaseException:
                # Also after a commit that failed: SQLAlchemy would lend the connection as it is.
                with storage_faults("undoing a transaction"):
                    await unbroken(connection.rollback(), STATEMENT_SECONDS)
                raise

    async def _open(self, stack: AsyncExitStack, *, reads_only: bool) -> AsyncConnection:
        engine = self._reader if reads_only else self.engine
        connection = await stack.enter_async_context(engine.connect())
        await connection.begin()
        return connection

    async def _take_turns(self, statements: Statements, *, reads_only: bool) -> None:
        if reads_only:
            await statements.run(text("SET TRANSACTION READ ONLY"))
        else:
            await statements.run(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))

    async def check(self) -> list[str]:
        """Return what is damaged in a file, in SQLite's words; of a server, whether it answers."""
        if not self._is_file:
            async with self.begin(reads_only=True) as statements:
                await statements.run(text("SELECT 1"))
            return []
        found: list[str] = []
        async with asyncio.timeout(CHECK_SECONDS), self._reader.connect() as connection:
            for check in ("PRAGMA integrity_check(5)", "PRAGMA foreign_key_check"):
                rows = (await connection.exec_driver_sql(check)).all()
                found += [" ".join(map(str, row)) for row in rows if row[0] != "ok"]
        return found

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

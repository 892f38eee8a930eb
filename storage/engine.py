"""The database: one engine, one writer at a time, durable transactions.

SQLite: WAL, synchronous FULL, BEGIN IMMEDIATE for writers, file 0600 in a directory made 0700.
PostgreSQL: writers of all processes queue on one advisory transaction lock.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Connection, event, make_url, select, update
from sqlalchemy.exc import ArgumentError

from core.domain.modes import Mode
from core.errors import ConfigurationError, InvariantBroken, StorageError
from storage.schema import accounts, stamp
from storage.sqlite_file import OPEN_SECONDS, SqliteFile
from storage.statements import Statements, storage_faults

ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
WRITER_WAIT_SECONDS = 60.0
BUSY_MILLISECONDS = 5_000

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
    "PRAGMA trusted_schema=OFF",
)

# Set on a connection that must change nothing, whatever it is asked to do.
READ_ONLY_PRAGMAS = (
    "PRAGMA query_only=ON",
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
    "PRAGMA trusted_schema=OFF",
)

AsyncCreator = Callable[..., Awaitable[Any]]


class _Cursor(Protocol):
    def execute(self, operation: str) -> object: ...
    def close(self) -> None: ...


class _DriverConnection(Protocol):
    isolation_level: str | None

    def cursor(self) -> _Cursor: ...


def database_url(address: str) -> URL:
    """Return the URL with its async driver.

    Raises ConfigurationError for anything but a SQLite file or a PostgreSQL server.
    """
    try:
        url = make_url(address)
        family = url.get_backend_name()
    except (ArgumentError, ValueError) as exc:
        raise ConfigurationError("DATABASE_URL is not a database URL") from exc
    if family not in ASYNC_DRIVERS:
        raise ConfigurationError(f"DATABASE_URL: {family} is not supported (sqlite, postgresql)")
    if family == "sqlite" and (not url.database or url.database.startswith((":", "file:"))):
        raise ConfigurationError("DATABASE_URL: SQLite needs the path of a file")
    return url.set(drivername=ASYNC_DRIVERS[family])


def prepare_file(url: URL) -> None:
    """Create the SQLite file readable by its owner only, in a directory made 0700 when missing.

    A directory that exists keeps its mode: it may hold more than ours. SQLite gives the WAL and
    shared-memory files the mode of the database file.
    """
    if url.get_backend_name() != "sqlite" or url.database is None:
        return
    path = Path(url.database)
    try:
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700, parents=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    except OSError as exc:
        raise ConfigurationError(f"DATABASE_URL: {path} cannot be opened: {exc.strerror}") from exc


def listen_sqlite(engine: Any, pragmas: Sequence[str] = PRAGMAS) -> None:
    """Set the PRAGMAs on each new connection and let us, not the driver, begin transactions."""

    def connected(connection: _DriverConnection, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    def begun(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("reads_only", False)
        # Connections are pooled, so each transaction says anew whether it may write.
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads_only else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


class Connections(Protocol):
    """What opens transactions on one database."""

    def begin(self, *, reads_only: bool) -> AbstractAsyncContextManager[Statements]:
        """Open a transaction, committed at the end of the block, undone when that raises."""

    async def check(self) -> list[str]:
        """Return what is damaged; empty when it is whole."""

    async def close(self) -> None:
        """Close every connection."""


class Database:
    """One database. Writers of this process take turns; readers see the last committed state."""

    def __init__(
        self, address: str, *, async_creator: AsyncCreator | None = None, read_only: bool = False
    ) -> None:
        self.url = database_url(address)
        self._read_only = read_only
        self._connections: Connections
        if async_creator is None and self.url.get_backend_name() == "sqlite":
            path = self.url.database or ""
            self._connections = SqliteFile(
                path, pragmas=PRAGMAS, read_only_pragmas=READ_ONLY_PRAGMAS
            )
        else:
            # SQLAlchemy's async half brings its ORM: only who needs it waits for that at a start.
            from storage.pool import PooledConnections

            self._connections = PooledConnections(self.url, async_creator, read_only=read_only)
        self._writer = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Statements]:
        """Open a serial, durable transaction; an exception in the block undoes all of it.

        Of a database opened read-only it is one that only reads, and a statement that would change
        something raises StorageError. Raises StorageError when it cannot be opened or made durable,
        InvariantBroken when the task already holds one (it would wait for itself).
        """
        if self._holder is not None and self._holder is asyncio.current_task():
            raise InvariantBroken("a transaction was opened inside a transaction")
        with storage_faults("waiting for the database writer"):
            async with asyncio.timeout(WRITER_WAIT_SECONDS):
                await self._writer.acquire()
        self._holder = asyncio.current_task()
        try:
            async with self._connections.begin(reads_only=self._read_only) as statements:
                yield statements
        finally:
            self._holder = None
            self._writer.release()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Statements]:
        """Open a transaction that only reads; it waits for no writer. Raises StorageError.

        The database itself refuses a write in it.
        """
        async with self._connections.begin(reads_only=True) as statements:
            yield statements

    async def integrity_check(self) -> None:
        """Ask the database whether it is whole. Raises StorageError with what it found."""
        with storage_faults("checking the database"):
            found = await self._connections.check()
        if found:
            raise StorageError(f"the database file is damaged: {'; '.join(found[:5])}")

    async def stamp(self, broker: str, mode: Mode, account_hash: str) -> None:
        """Bind the database to one account on first use.

        A real account keeps its database whether it is watched or traded: the two are one ledger.
        Raises ConfigurationError when it is bound to another broker, mode or account.
        """
        mine = {"broker": broker, "mode": mode, "account_hash": account_hash}
        async with self.transaction() as statements:
            stored = await statements.row(select(stamp))
            if stored is None:
                await statements.insert(accounts, mine)
                await statements.insert(stamp, {"slot": 1, **mine})
                return
            differing = [name for name, value in mine.items() if stored[name] != value]
            if differing == ["mode"] and {stored["mode"], mode} == {Mode.OBSERVE, Mode.REAL}:
                await statements.run(update(stamp).values(mode=mode))
                return
        if differing:
            raise ConfigurationError(
                f"DATABASE_URL: this database belongs to {stored['broker']}/{stored['mode'].value}"
                f" (now {broker}/{mode.value}; differs: {', '.join(differing)});"
                " use another database / 이 데이터베이스는 다른 계좌의 것입니다."
            )

    async def close(self) -> None:
        """Close every connection."""
        with storage_faults("closing the database"):
            async with asyncio.timeout(OPEN_SECONDS):
                await self._connections.close()

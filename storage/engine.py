"""The database: one engine, one writer at a time, durable transactions.

SQLite: WAL, synchronous FULL, BEGIN IMMEDIATE for writers, file 0600 in a directory made 0700.
PostgreSQL: writers of all processes queue on one advisory transaction lock.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Connection, event, make_url, select, text, update
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from core.domain.modes import Mode
from core.errors import ConfigurationError, InvariantBroken, StorageError
from storage.schema import accounts, stamp
from storage.sqlite_file import CHECK_SECONDS, OPEN_SECONDS, SqliteFile
from storage.statements import STATEMENT_SECONDS, AsyncTransaction, Statements, storage_faults
from storage.unbroken import unbroken

ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
WRITER_WAIT_SECONDS = 60.0
BUSY_MILLISECONDS = 5_000
CONNECTIONS_MAX = 5
ADVISORY_LOCK = 0x45_54_46_31  # "ETF1": any constant, equal in every process of this application

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


class Connections(Protocol):
    """What opens transactions on one database."""

    def begin(self, *, reads_only: bool) -> AbstractAsyncContextManager[Statements]:
        """Open a transaction, committed at the end of the block, undone when that raises."""

    async def check(self) -> list[str]:
        """Return what is damaged; empty when it is whole."""

    async def close(self) -> None:
        """Close every connection."""


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

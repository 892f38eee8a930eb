"""An aiosqlite connection that crosses to its thread once per statement.

aiosqlite hands every cursor call to its thread by itself: make, execute, fetch, close. Each
crossing wakes a thread and waits for it, which costs more than a small statement does. SQLAlchemy
reads every result to its end anyway, so the four are one call here.

What its async half adds to a statement (a greenlet, an adapted cursor, a task) costs several times
as much again. So a statement inside an open transaction is given to the thread whole: there
SQLAlchemy's plain half runs it on the same sqlite3 connection. Transactions are still begun and
ended by the async half, and only by it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import aiosqlite
from sqlalchemy import Connection, CursorResult, Executable, NullPool, RowMapping, create_engine

from core.errors import StorageError
from storage.unbroken import has_ended

FETCHED_AT_ONCE = 64
GRACE_SECONDS = 15.0

T = TypeVar("T")
_Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Ran:
    """What one statement gave: all its rows, and how many it changed (-1 when that is unknown)."""

    rows: Sequence[RowMapping]
    rowcount: int


def read_whole(result: CursorResult[Any]) -> Ran:
    """Read a result to its end."""
    rows = result.mappings().all() if result.returns_rows else ()
    return Ran(rows, result.rowcount)


@dataclass(frozen=True, slots=True)
class _Result:
    """What one statement left behind: its rows, and what a cursor tells about it."""

    rows: list[Any]
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


_NOTHING = _Result(rows=[])


class WholeCursor:
    """A cursor whose rows are all read by the time `execute` returns; nothing stays open."""

    def __init__(self, connection: WholeConnection) -> None:
        """Ask nothing yet."""
        self._connection = connection
        self._result = _NOTHING

    async def __aenter__(self) -> Self:
        """Return itself: there is no cursor to make beforehand."""
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> Self:
        """Run one statement and read its rows."""
        self._result = await self._connection.run_whole(sqlite3.Cursor.execute, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        """Run one statement once per element of `parameters`."""
        self._result = await self._connection.run_whole(sqlite3.Cursor.executemany, sql, parameters)
        return self

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows that were read."""
        return self._result.rows

    async def close(self) -> None:
        """Do nothing: `execute` has closed what it opened."""

    @property
    def description(self) -> Any:
        """The columns of the rows; None when the statement returns none."""
        return self._result.description

    @property
    def rowcount(self) -> int:
        """How many rows were changed; -1 when that says nothing."""
        return self._result.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The row id of the last insert."""
        return self._result.lastrowid


class WholeConnection(aiosqlite.Connection):
    """A connection whose statements are whole calls."""

    # Statements given to the thread, and those that it has ended. Each number has one writer.
    _given = 0
    _ended = 0
    # SQLAlchemy's plain half on the same sqlite3 connection; None where it was opened without.
    plain: Connection | None = None

    def cursor(self) -> WholeCursor:  # type: ignore[override]  # the part of it SQLAlchemy uses
        """Return a cursor; made here, not in the thread."""
        return WholeCursor(self)

    async def run_whole(self, run: Any, sql: str, parameters: Any) -> _Result:
        """Run one statement, read its rows and close its cursor in one call of the thread."""
        connection = self._conn
        return await self._give(lambda: _whole(connection, run, sql, parameters))

    async def run_each(self, statements: Sequence[str]) -> None:
        """Run statements that return nothing, in one call of the thread."""
        connection = self._conn

        def each() -> None:
            for statement in statements:
                _whole(connection, sqlite3.Cursor.execute, statement, ())

        await self._give(each)

    async def run_plain(self, plain: Connection, statement: Executable, values: _Values) -> Ran:
        """Run one statement inside the open transaction, its result read, in one call of the thread.

        Cancelled, it waits up to `GRACE_SECONDS` for the end of the statement, drops its result
        and raises CancelledError; StorageError when even that was not enough.
        """
        try:
            return await self._give(lambda: read_whole(plain.execute(statement, values)))
        except asyncio.CancelledError:
            # The thread takes one call after the other: when it takes this one, ours has ended.
            next_call = asyncio.ensure_future(self._execute(int))  # type: ignore[no-untyped-call]  # noqa: TID251 - owned right here
            if not await has_ended(next_call, GRACE_SECONDS):
                next_call.cancel()
                raise StorageError("a database call did not end") from None
            raise

    async def _give(self, call: Callable[[], T]) -> T:
        """Run `call` in the thread, counted."""

        def counted() -> T:
            try:
                return call()
            finally:
                self._ended += 1

        self._given += 1
        result: T = await self._execute(counted)  # type: ignore[no-untyped-call]
        return result

    async def rollback(self) -> None:
        """Undo the open transaction. The pool asks for it after each one; then there is none.

        A statement that its caller gave up may be a BEGIN that still waits for the lock: then the
        rollback queues behind it, or the pool would keep a connection that locks everybody out.
        """
        if self._given != self._ended or self._conn.in_transaction:
            await super().rollback()


def _whole(connection: sqlite3.Connection, run: Any, sql: str, parameters: Any) -> _Result:
    cursor = connection.cursor()
    try:
        run(cursor, sql, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return _Result(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()


class Opener:
    """Opens connections to one file; they share what SQLAlchemy has compiled for it."""

    def __init__(self, path: str) -> None:
        """Open nothing yet."""
        self._path = path
        self._lent: sqlite3.Connection | None = None
        # AUTOCOMMIT: it must neither begin nor end what the async half has begun.
        self._plain = create_engine(
            "sqlite://",
            creator=self._lend,
            poolclass=NullPool,
            pool_reset_on_return=None,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
        )

    async def __call__(self) -> aiosqlite.Connection:
        """Open the file in a thread of its own that ends with the process."""
        connection = await connect(self._path)
        # Nothing is awaited between the two, and no statement runs yet.
        self._lent = connection._conn  # noqa: SLF001 - aiosqlite shows it no other way
        connection.plain = self._plain.connect()
        return connection

    def _lend(self) -> sqlite3.Connection:
        """Return the connection that was just opened, once: a lost one is never replaced here."""
        lent, self._lent = self._lent, None
        if lent is None:
            raise sqlite3.OperationalError("the connection is gone")
        return lent


async def connect(path: str) -> WholeConnection:
    """Open the file in a thread of its own that ends with the process."""

    def open_file() -> sqlite3.Connection:
        # One thread uses it at a time: its own, or whoever finds it left behind.
        return sqlite3.connect(path, check_same_thread=False)

    connection = WholeConnection(open_file, FETCHED_AT_ONCE)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does; there is no other way
    await connection
    return connection

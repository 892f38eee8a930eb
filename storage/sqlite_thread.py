"""One SQLite connection in a thread of its own, to which whole calls are given.

Each crossing to a thread wakes it and waits for it, which costs as much as a small statement does.
So a statement crosses once: compiled, run and read to its end over there by SQLAlchemy's plain half.
Its async half would add a greenlet, an adapted cursor and a task to each, and four tasks to each
transaction: more than all statements of a step of an order cost. Beginning and ending are calls of
the driver, here like there.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

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


class ThreadConnection(aiosqlite.Connection):
    """A connection whose calls are whole, and have ended when their caller goes on."""

    # Calls given to the thread, and those that it has ended. Each number has one writer.
    _given = 0
    _ended = 0
    # SQLAlchemy's plain half on the same sqlite3 connection; set by who opens it.
    plain: Connection

    @property
    def is_free(self) -> bool:
        """Whether nothing of an earlier borrower is left: no transaction, no call, no loss."""
        return (
            self._given == self._ended
            and self.is_open
            and not self.plain.invalidated
            and not self._conn.in_transaction
        )

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._connection is not None

    async def run(self, statement: Executable, values: _Values = None, *, begin: str = "") -> Ran:
        """Run one statement, its result read: inside the open transaction, or the one it begins."""
        plain = self.plain

        def whole() -> Ran:
            if begin:
                self._conn.execute(begin).close()
            return read_whole(plain.execute(statement, values))

        return await self.call(whole)

    async def begin(self, words: str) -> None:
        """Begin a transaction by `words`."""
        await self.call(lambda: self._conn.execute(words).close())

    async def commit(self) -> None:
        """Make durable what the open transaction wrote; a failure leaves it open."""
        await self.call(lambda: self._conn.commit())  # noqa: PLW0108 - a lost one is found there

    async def rollback(self) -> None:
        """Undo the open transaction; without one nothing happens.

        Calls are taken in their order: one that its caller gave up has ended before this one.
        """
        await self.call(lambda: self._conn.rollback())  # noqa: PLW0108 - as above

    async def call(self, work: Callable[[], T]) -> T:
        """Run `work` in the thread. Raises StorageError when the connection is closed.

        Cancelled, it waits up to `GRACE_SECONDS` for the end of `work`, drops its result and raises
        CancelledError; StorageError when even that was not enough.
        """
        if not self.is_open:
            raise StorageError("the database connection is closed")

        def counted() -> T:
            try:
                return work()
            finally:
                self._ended += 1

        self._given += 1
        try:
            result: T = await self._execute(counted)  # type: ignore[no-untyped-call]
        except asyncio.CancelledError:
            # The thread takes one call after the other: when it takes this one, ours has ended.
            next_call = asyncio.ensure_future(self._execute(int))  # type: ignore[no-untyped-call]  # noqa: TID251 - owned right here
            if not await has_ended(next_call, GRACE_SECONDS):
                next_call.cancel()
                raise StorageError("a database call did not end") from None
            raise
        return result


class Opener:
    """Opens connections to one file; they share what SQLAlchemy has compiled for it."""

    def __init__(self, path: str, pragmas: Sequence[str] = ()) -> None:
        """Open nothing yet. `pragmas` are said on each connection before it is used."""
        self._path = path
        self._pragmas = tuple(pragmas)
        self._lent: sqlite3.Connection | None = None
        # AUTOCOMMIT: it must neither begin nor end what the driver was told to begin.
        self._plain = create_engine(
            "sqlite://",
            creator=self._lend,
            poolclass=NullPool,
            pool_reset_on_return=None,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
        )

    async def __call__(self) -> ThreadConnection:
        """Open the file in a thread of its own that ends with the process."""
        connection = ThreadConnection(self._open_file, FETCHED_AT_ONCE)
        connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does; there is no other way
        await connection
        # Nothing is awaited between the two, and no statement runs yet.
        self._lent = connection._conn  # noqa: SLF001 - aiosqlite shows it no other way
        try:
            connection.plain = self._plain.connect()
        except BaseException:
            connection.stop()
            raise
        return connection

    def _open_file(self) -> sqlite3.Connection:
        # One thread uses it at a time: its own, or whoever finds it left behind.
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            for pragma in self._pragmas:
                connection.execute(pragma).close()
        except BaseException:
            connection.close()
            raise
        return connection

    def _lend(self) -> sqlite3.Connection:
        """Return the connection that was just opened, once: a lost one is never replaced here."""
        lent, self._lent = self._lent, None
        if lent is None:
            raise sqlite3.OperationalError("the connection is gone")
        return lent

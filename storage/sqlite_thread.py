"""An aiosqlite connection that crosses to its thread once per statement.

aiosqlite hands every cursor call to its thread by itself: make, execute, fetch, close. Each
crossing wakes a thread and waits for it, which costs more than a small statement does. SQLAlchemy
reads every result to its end anyway, so the four are one call here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import aiosqlite

FETCHED_AT_ONCE = 64


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

    def cursor(self) -> WholeCursor:  # type: ignore[override]  # the part of it SQLAlchemy uses
        """Return a cursor; made here, not in the thread."""
        return WholeCursor(self)

    async def run_whole(self, run: Any, sql: str, parameters: Any) -> _Result:
        """Run one statement, read its rows and close its cursor in one call of the thread."""
        connection = self._conn

        def whole() -> _Result:
            try:
                return _whole(connection, run, sql, parameters)
            finally:
                self._ended += 1

        self._given += 1
        result: _Result = await self._execute(whole)  # type: ignore[no-untyped-call]
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


async def connect(path: str) -> aiosqlite.Connection:
    """Open the file in a thread of its own that ends with the process."""

    def open_file() -> sqlite3.Connection:
        # One thread uses it at a time: its own, or whoever finds it left behind.
        return sqlite3.connect(path, check_same_thread=False)

    connection = WholeConnection(open_file, FETCHED_AT_ONCE)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does; there is no other way
    return await connection

"""One SQLite file: a connection that writes, and some that can only read.

Readers have connections of their own. To tell a connection anew for each transaction whether it may
write (``PRAGMA query_only``) makes SQLite compile every statement of it again, which takes longer
than to run them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import Executable, inspect, text

from core.errors import StorageError
from storage.sqlite_thread import Opener, Ran, ThreadConnection
from storage.statements import STATEMENT_SECONDS, Statements, Values, storage_faults
from storage.unbroken import unbroken

OPEN_SECONDS = 15.0
CHECK_SECONDS = 120.0
READERS_MAX = 4


class Lender:
    """Lends connections, each to one borrower at a time, and opens what is missing."""

    def __init__(self, opener: Opener, most: int) -> None:
        """Open nothing yet; at most `most` are lent at once."""
        self._opener = opener
        self._turns = asyncio.Semaphore(most)
        # The connection used last goes out first: its pages and statements are at hand.
        self._idle: list[ThreadConnection] = []
        self._closed = False

    async def borrow(self) -> ThreadConnection:
        """Return a connection on which nothing is open; `take_back` must follow.

        Raises TimeoutError when none came free in time, or what opening the file raises.
        """
        async with asyncio.timeout(OPEN_SECONDS):
            await self._turns.acquire()
        try:
            while not self._idle:
                await unbroken(self._open(), OPEN_SECONDS)
        except BaseException:
            self._turns.release()
            raise
        return self._idle.pop()

    async def _open(self) -> None:
        # Not returned: whoever waits for it may be cancelled, and then it is the next one's.
        self._idle.append(await self._opener())

    def take_back(self, connection: ThreadConnection) -> None:
        """End the loan; a connection on which something is still open is given up."""
        if connection.is_free and not self._closed:
            self._idle.append(connection)
        elif connection.is_open:
            connection.stop()
        self._turns.release()

    async def close(self) -> None:
        """Close what nobody has borrowed now, and the rest when it comes back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()


class ThreadTransaction:
    """Implements `storage.statements.OpenTransaction` on a borrowed connection."""

    dialect = "sqlite"

    def __init__(self, connection: ThreadConnection, begin: str = "") -> None:
        """`begin` is said with the first statement; without it the transaction is open already."""
        self._connection: ThreadConnection | None = connection
        self._begin = begin

    def end(self) -> None:
        """Let go of the connection: from now on it is somebody else's."""
        self._connection = None

    async def run(
        self, statement: Executable, values: Values | Sequence[Values] | None, seconds: float
    ) -> Ran:
        """Run one statement and read its result."""
        async with asyncio.timeout(seconds):
            return await self._borrowed().run(statement, values, begin=self._begin_once())

    async def table_names(self) -> list[str]:
        """Return the names of all tables."""
        connection = self._borrowed()
        async with asyncio.timeout(STATEMENT_SECONDS):
            return await connection.call(lambda: inspect(connection.plain).get_table_names())

    def _begin_once(self) -> str:
        begin, self._begin = self._begin, ""
        return begin

    def _borrowed(self) -> ThreadConnection:
        if self._connection is None:
            raise StorageError("a database statement failed: its transaction has ended")
        return self._connection


class SqliteFile:
    """Implements `storage.engine.Connections`."""

    def __init__(
        self, path: str, *, pragmas: Sequence[str], read_only_pragmas: Sequence[str]
    ) -> None:
        """Open nothing yet. The second PRAGMAs are those of connections that must change nothing."""
        self.writer = Opener(path, pragmas)
        self.reader = Opener(path, read_only_pragmas)
        self._writers = Lender(self.writer, 1)
        self._readers = Lender(self.reader, READERS_MAX)

    @asynccontextmanager
    async def begin(self, *, reads_only: bool) -> AsyncIterator[Statements]:
        """Open a transaction, and end it with the block."""
        lender = self._readers if reads_only else self._writers
        with storage_faults("opening the database"):
            connection = await lender.borrow()
        # A reader locks nothing, and what it sees begins with its first statement anyway.
        transaction = ThreadTransaction(connection, "BEGIN" if reads_only else "")
        try:
            try:
                if not reads_only:
                    with storage_faults("opening the database"):
                        async with asyncio.timeout(STATEMENT_SECONDS):
                            await connection.begin("BEGIN IMMEDIATE")
                yield Statements(transaction)
                with storage_faults("committing a transaction"):
                    async with asyncio.timeout(STATEMENT_SECONDS):
                        await connection.commit()
            except BaseException:
                with storage_faults("undoing a transaction"):
                    async with asyncio.timeout(STATEMENT_SECONDS):
                        await connection.rollback()
                raise
        finally:
            transaction.end()
            lender.take_back(connection)

    async def check(self) -> list[str]:
        """Return what is damaged in the file, in SQLite's words; empty when it is whole."""
        found: list[str] = []
        async with self.begin(reads_only=True) as statements:
            for check in ("PRAGMA integrity_check(5)", "PRAGMA foreign_key_check"):
                ran = await statements.run(text(check), seconds=CHECK_SECONDS)
                rows = [tuple(row.values()) for row in ran.rows]
                found += [" ".join(map(str, row)) for row in rows if row[0] != "ok"]
        return found

    async def close(self) -> None:
        """Close every connection."""
        await self._readers.close()
        await self._writers.close()

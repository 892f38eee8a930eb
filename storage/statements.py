"""Running SQL inside one open transaction: bounded in time, failing as StorageError."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Executable, RowMapping, Table, inspect
from sqlalchemy import Insert as GenericInsert
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.errors import StorageError
from storage.sqlite_thread import Ran, read_whole
from storage.unbroken import unbroken

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.ext.asyncio import AsyncConnection

STATEMENT_SECONDS = 10.0
ROWS_PER_STATEMENT = 500

Values = Mapping[str, Any]


@contextmanager
def storage_faults(doing: str) -> Iterator[None]:
    """Turn what the driver raises into StorageError. The text names no stored value."""
    try:
        yield
    except DBAPIError as exc:
        raise StorageError(f"{doing} failed: {exc.orig}") from exc
    except SQLAlchemyError as exc:
        raise StorageError(f"{doing} failed: {type(exc).__name__}") from exc
    except sqlite3.Error as exc:
        # What begins a transaction goes to the driver itself.
        raise StorageError(f"{doing} failed: {exc}") from exc
    except TimeoutError as exc:
        raise StorageError(f"{doing} took too long") from exc
    except OSError as exc:
        raise StorageError(f"{doing} failed: {exc.strerror or exc}") from exc


class OpenTransaction(Protocol):
    """What runs a statement inside one open transaction, its result read to its end."""

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""

    async def run(
        self, statement: Executable, values: Values | Sequence[Values] | None, seconds: float
    ) -> Ran:
        """Run one statement within `seconds`."""

    async def table_names(self) -> list[str]:
        """Return the names of all tables."""


class AsyncTransaction:
    """Implements `OpenTransaction` on SQLAlchemy's async half."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._connection.dialect.name

    async def run(
        self, statement: Executable, values: Values | Sequence[Values] | None, seconds: float
    ) -> Ran:
        """Run one statement within `seconds`."""
        return read_whole(await unbroken(self._connection.execute(statement, values), seconds))

    async def table_names(self) -> list[str]:
        """Return the names of all tables."""
        reading = self._connection.run_sync(lambda raw: inspect(raw).get_table_names())
        return list(await unbroken(reading, STATEMENT_SECONDS))


class Statements:
    """One open transaction. Every call is bounded; a result is read to its end before it returns."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._transaction = transaction

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._transaction.dialect

    async def run(
        self,
        statement: Executable,
        values: Values | Sequence[Values] | None = None,
        *,
        seconds: float = STATEMENT_SECONDS,
    ) -> Ran:
        """Run one statement with `values` (once per element, if several). Raises StorageError.

        Building a statement costs more than running it: what runs often is built once, by its
        module, with a `bindparam` for each of its `values`.
        """
        with storage_faults("a database statement"):
            return await self._transaction.run(statement, values, seconds)

    async def rows(
        self, statement: Executable, values: Values | None = None
    ) -> Sequence[RowMapping]:
        """Return all rows."""
        return (await self.run(statement, values)).rows

    async def row(self, statement: Executable, values: Values | None = None) -> RowMapping | None:
        """Return the first row, or None."""
        return next(iter((await self.run(statement, values)).rows), None)

    async def changed(self, statement: Executable, values: Values | None = None) -> bool:
        """Return whether the statement changed at least one row."""
        return (await self.run(statement, values)).rowcount > 0

    async def insert(self, table: Table, values: Values) -> None:
        """Insert one row. Raises StorageError on a broken constraint."""
        await self.run(_insert(table), values)

    async def insert_many(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert many rows, some hundred at a time."""
        for start in range(0, len(rows), ROWS_PER_STATEMENT):
            await self.run(_insert(table), rows[start : start + ROWS_PER_STATEMENT])

    async def insert_once(self, table: Table, values: Values) -> bool:
        """Insert one row. Return False when a unique key is taken; other faults still raise."""
        return await self.changed(_insert_once(self.dialect, table), values)

    async def upsert(
        self,
        table: Table,
        rows: Sequence[Values],
        key: Sequence[str],
        kept: Sequence[str] = (),
    ) -> None:
        """Insert rows, or replace those with the same `key`. All rows name the same columns.

        A row that was there keeps its columns `kept`.
        """
        if not rows:
            return
        replaced = tuple(name for name in rows[0] if name not in (*key, *kept))
        statement = _upsert(self.dialect, table, tuple(key), replaced)
        if len(rows) == 1:
            await self.run(statement, rows[0])
            return
        for start in range(0, len(rows), ROWS_PER_STATEMENT):
            await self.run(statement, rows[start : start + ROWS_PER_STATEMENT])

    async def table_names(self) -> list[str]:
        """Return the names of all tables."""
        with storage_faults("reading the schema"):
            return await self._transaction.table_names()


@cache
def _insert(table: Table) -> GenericInsert:
    return table.insert()


@cache
def _insert_once(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return _insert_of(dialect, table).on_conflict_do_nothing()


@cache
def _upsert(
    dialect: str, table: Table, key: tuple[str, ...], replaced: tuple[str, ...]
) -> sqlite.Insert | postgresql.Insert:
    insert = _insert_of(dialect, table)
    values = {name: insert.excluded[name] for name in replaced}
    return insert.on_conflict_do_update(index_elements=list(key), set_=values)


def _insert_of(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return the insert of a dialect; both know ON CONFLICT, the generic one does not."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # most accounts live in one file

        return postgresql.insert(table)
    return sqlite.insert(table)

"""Whether a database may be upgraded now, and how a whole one moves between SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table, bindparam, func, select, text, tuple_

from core.domain.orders import IN_DOUBT_STATES, LIVE_STATES
from core.errors import ConfigurationError, StorageError
from storage.backups.examining import address_of
from storage.engine import Database, database_url
from storage.memory.grams import note_tokens, readers_of
from storage.memory.word_index import PostgresqlIndex, SqliteIndex, WordIndex
from storage.migrations import HEAD, stored_revision, upgrade
from storage.opening import has_database
from storage.schema import METADATA, memory_notes
from storage.statements import Statements

_OPEN = text("SELECT count(*) AS n FROM orders WHERE state IN :states").bindparams(
    bindparam("states", expanding=True)
)
# By default each statement of a transaction sees what was committed before that statement.
_AT_ONE_INSTANT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
# Sixty megabytes of the largest rows, a model's calls; smaller slices cost more statements than they
# save memory.
SLICE_ROWS = 2_000
Told = Callable[[str, int], None]
Row = dict[str, Any]


async def refuse_while_orders_are_open(address: str) -> None:
    """Raise ConfigurationError when an upgrade would come while an order is not finished.

    The program that sent it is the one that knows how to follow it. Nothing to upgrade is no
    reason to refuse. Raises StorageError.
    """
    if not await has_database(address):
        return
    database = Database(address, read_only=True)
    try:
        if await stored_revision(database) in {HEAD, None}:
            return
        states = sorted(state.value for state in LIVE_STATES | IN_DOUBT_STATES)
        async with database.reading() as sql:
            count = int((await sql.rows(_OPEN, {"states": states}))[0]["n"])
    finally:
        await database.close()
    if count:
        raise ConfigurationError(
            f"the database needs an upgrade, but {count} order(s) are not finished: let the earlier "
            "version finish them first"
        )


async def copy_database(source: str, target: str, told: Told) -> None:
    """Copy every row of the SQLite file `source` into the empty PostgreSQL `target`, and compare.

    All in one transaction of the target: a row that differs undoes everything. `told` hears of each
    table and its rows. Raises ConfigurationError or StorageError.
    """
    if database_url(source).get_backend_name() != "sqlite":
        raise ConfigurationError("DATABASE_URL is not a SQLite file; there is nothing to move")
    if database_url(target).get_backend_name() != "postgresql":
        raise ConfigurationError("--to must be a PostgreSQL address")
    if not await has_database(source):
        raise ConfigurationError("there is no database yet")
    here, there = Database(source, read_only=True), Database(target)
    try:
        if await stored_revision(here) != HEAD:
            raise ConfigurationError(
                "the database needs an upgrade first: python -m bot db upgrade"
            )
        if await stored_revision(there) is not None:
            raise ConfigurationError("--to: that database is not empty")
        await upgrade(target)
        async with here.reading() as reading, there.transaction() as writing:
            for table in METADATA.sorted_tables:
                told(table.name, await _copy(reading, writing, table))
                await _go_on_counting(writing, table)
            await _index_notes(writing, PostgresqlIndex())
    finally:
        await here.close()
        await there.close()


async def copy_to_file(source: str, target: Path) -> None:
    """Copy the PostgreSQL database `source`, as it is at one instant, into the new SQLite file.

    Whoever writes meanwhile does not wait for it. Every row is read back and compared. Raises
    ConfigurationError where the database needs an upgrade first, or StorageError.
    """
    address = address_of(target)
    here, there = Database(source, read_only=True), Database(address)
    try:
        if await stored_revision(here) != HEAD:
            raise ConfigurationError(
                "the database needs an upgrade first: python -m bot db upgrade"
            )
        await upgrade(address)
        async with here.reading() as reading, there.transaction() as writing:
            await reading.run(_AT_ONE_INSTANT)
            for table in METADATA.sorted_tables:
                await _copy(reading, writing, table)
            await _index_notes(writing, SqliteIndex())
    finally:
        await here.close()
        await there.close()


async def _copy(reading: Statements, writing: Statements, table: Table) -> int:
    """Copy a table slice by slice, read each back and compare it; return how many rows it has."""
    copied = 0
    async for rows in _slices(reading, table):
        await writing.insert_many(table, rows)
        if await _read_back(writing, table, rows) != rows:
            raise StorageError(f"{table.name}: what was written is not what was read")
        copied += len(rows)
    # What the slices passed over, and what stood there before, no comparison of a slice shows.
    if {await _count(reading, table), await _count(writing, table)} != {copied}:
        raise StorageError(f"{table.name}: what was written is not what was read")
    return copied


async def _slices(sql: Statements, table: Table) -> AsyncIterator[list[Row]]:
    """Read a table in the order of its key, `SLICE_ROWS` at a time.

    A table held whole is more than the memory of a small container. All slices are of one instant
    only inside a transaction that sees one.
    """
    keys = list(table.primary_key.columns)
    first = select(table).order_by(*keys).limit(SLICE_ROWS)
    after = [bindparam(f"after_{key.name}", type_=key.type) for key in keys]
    following = first.where(tuple_(*keys) > tuple_(*after))
    rows = await sql.rows(first)
    while rows:
        yield [dict(row) for row in rows]
        last = {f"after_{key.name}": rows[-1][key.name] for key in keys}
        rows = await sql.rows(following, last)


async def _read_back(sql: Statements, table: Table, rows: Sequence[Row]) -> list[Row]:
    """Return what the table holds under the keys of `rows`, in their order.

    Not between the first key and the last: the two databases may order text in two ways. Column by
    column, since SQLite seeks no list of pairs; what else that finds, within one slice of neighbours
    at most as much again, is passed over.
    """
    keys = list(table.primary_key.columns)
    wanted = [tuple(row[key.name] for key in keys) for row in rows]
    among = [key.in_(list(dict.fromkeys(row[key.name] for row in rows))) for key in keys]
    found = await sql.rows(select(table).where(*among))
    stored = {tuple(row[key.name] for key in keys): dict(row) for row in found}
    return [stored[key] for key in wanted if key in stored]


async def _count(sql: Statements, table: Table) -> int:
    return int((await sql.rows(select(func.count().label("n")).select_from(table)))[0]["n"])


async def _go_on_counting(sql: Statements, table: Table) -> None:
    """Let the server's own numbers go on after the highest that was copied."""
    column = table.autoincrement_column
    if column is None:
        return
    highest = select(func.max(column).label("n"))
    found = (await sql.rows(highest))[0]["n"]
    if found is None:
        return
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    await sql.run(select(func.setval(sequence, found)).where(sequence.is_not(None)))


async def _index_notes(sql: Statements, index: WordIndex) -> None:
    """Index the notes: the index of words is SQL of one dialect and was not copied."""
    async for rows in _slices(sql, memory_notes):
        for row in rows:
            tokens = note_tokens(row["folded"], readers_of(row["guild_id"], row["owner_id"]))
            await index.add(sql, row["note_id"], tokens)

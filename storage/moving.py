"""Whether a database may be upgraded now, and how a whole one moves between SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import RowMapping, Table, bindparam, func, select, text

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
Told = Callable[[str, int], None]


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
    rows = await _rows(reading, table)
    await writing.insert_many(table, [dict(row) for row in rows])
    if await _rows(writing, table) != rows:
        raise StorageError(f"{table.name}: what was written is not what was read")
    return len(rows)


async def _rows(sql: Statements, table: Table) -> list[dict[str, object]]:
    found: Sequence[RowMapping] = await sql.rows(select(table))
    keys = [column.name for column in table.primary_key.columns]
    rows = [dict(row) for row in found]
    return sorted(rows, key=lambda row: tuple(repr(row[key]).rjust(24) for key in keys))


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
    notes = memory_notes.c
    rows = await sql.rows(select(notes.note_id, notes.guild_id, notes.owner_id, notes.folded))
    for row in rows:
        tokens = note_tokens(row["folded"], readers_of(row["guild_id"], row["owner_id"]))
        await index.add(sql, row["note_id"], tokens)

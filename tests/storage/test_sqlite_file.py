from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text

from core.errors import StorageError
from storage import sqlite_file, sqlite_thread
from storage.engine import PRAGMAS, READ_ONLY_PRAGMAS
from storage.sqlite_file import READERS_MAX, SqliteFile

INSERT = text("INSERT INTO settings VALUES ('a', 'b')")
ALL = text("SELECT name, value FROM settings")


@pytest.fixture
async def opened(database_file):
    made = SqliteFile(
        str(database_file),
        pragmas=(*PRAGMAS, "PRAGMA busy_timeout=60000"),
        read_only_pragmas=READ_ONLY_PRAGMAS,
    )
    yield made
    await made.close()


async def test_a_reader_can_change_nothing_and_a_writer_can(opened):
    with pytest.raises(StorageError, match="readonly"):
        async with opened.begin(reads_only=True) as sql:
            await sql.run(INSERT)
    async with opened.begin(reads_only=False) as sql:
        await sql.run(INSERT)
    async with opened.begin(reads_only=True) as sql:
        assert await sql.rows(ALL) == [{"name": "a", "value": "b"}]


async def test_each_kind_of_transaction_keeps_its_connections(opened):
    for _ in range(3):
        async with opened.begin(reads_only=False), opened.begin(reads_only=True):
            pass
    assert len(opened._writers._idle) == len(opened._readers._idle) == 1


async def test_a_reader_too_many_waits_its_turn_and_is_refused_in_time(opened, monkeypatch):
    leave = asyncio.Event()

    async def read(entered: asyncio.Event) -> None:
        async with opened.begin(reads_only=True) as sql:
            await sql.rows(ALL)
            entered.set()
            await leave.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(READERS_MAX):
            entered = asyncio.Event()
            group.create_task(read(entered))
            await entered.wait()
        monkeypatch.setattr(sqlite_file, "OPEN_SECONDS", 0.01)
        with pytest.raises(StorageError, match="took too long"):
            async with opened.begin(reads_only=True):
                pass
        leave.set()
    async with opened.begin(reads_only=True) as sql:
        assert await sql.rows(ALL) == []


async def test_who_is_cancelled_while_the_file_opens_leaves_it_to_the_next(opened):
    for turns in range(20):
        task = asyncio.create_task(opened._readers.borrow())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done = (await asyncio.gather(task, return_exceptions=True))[0]
        if not isinstance(done, BaseException):
            opened._readers.take_back(done)
        assert opened._readers._turns._value == READERS_MAX
    async with opened.begin(reads_only=True) as sql:
        assert await sql.rows(ALL) == []
    assert len(opened._readers._idle) == 1


async def test_a_connection_whose_call_does_not_end_is_never_lent_again(
    opened, database_file, monkeypatch
):
    async with opened.begin(reads_only=False):
        pass
    (stuck,) = opened._writers._idle
    with closing(sqlite3.connect(database_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(sqlite_file, "STATEMENT_SECONDS", 0.01)
        monkeypatch.setattr(sqlite_thread, "GRACE_SECONDS", 0.01)
        with pytest.raises(StorageError, match="did not end"):
            async with opened.begin(reads_only=False):
                pass
        assert opened._writers._idle == []
        other.execute("COMMIT")
    monkeypatch.undo()
    async with opened.begin(reads_only=False) as sql:
        # What was given up holds no lock.
        await sql.run(INSERT)
    assert opened._writers._idle != [stuck]
    await asyncio.to_thread(stuck._thread.join)
    assert not stuck._thread.is_alive()


async def test_what_is_borrowed_when_the_file_closes_is_closed_when_it_comes_back(opened):
    async with opened.begin(reads_only=True) as sql:
        await opened.close()
        assert await sql.rows(ALL) == []
        connection = sql._transaction._connection
    await asyncio.to_thread(connection._thread.join)
    assert not connection.is_open
    assert opened._readers._idle == []


async def test_a_connection_that_was_lost_is_said_to_be_and_not_lent_again(opened):
    async def lose() -> None:
        async with opened.begin(reads_only=True) as sql:
            await sql._transaction._connection.close()
            await sql.rows(ALL)

    with pytest.raises(StorageError, match="connection is closed"):
        await lose()
    assert opened._readers._idle == []
    async with opened.begin(reads_only=True) as sql:
        assert await sql.rows(ALL) == []

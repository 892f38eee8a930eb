from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.errors import StorageError
from storage import sqlite_thread
from storage.sqlite_thread import Opener

WAITS = "PRAGMA busy_timeout=60000"


async def test_a_begin_that_was_given_up_is_undone_once_it_gets_the_lock(tmp_path):
    path = tmp_path / "one.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE t (x)")
        ours = await _opened(path, WAITS)
        try:
            other.execute("BEGIN IMMEDIATE")
            begin = asyncio.create_task(ours.begin("BEGIN IMMEDIATE"))
            await asyncio.sleep(0)
            begin.cancel()
            undo = asyncio.create_task(ours.rollback())
            await asyncio.sleep(0)
            assert not ours.is_free
            other.execute("COMMIT")
            with pytest.raises(asyncio.CancelledError):
                await begin
            await undo
            assert ours.is_free
            other.execute("BEGIN IMMEDIATE")
        finally:
            await ours.close()


async def _opened(path, *pragmas) -> Any:
    return await Opener(str(path), pragmas)()


async def test_a_whole_statement_runs_inside_the_transaction_that_is_open(tmp_path):
    path = tmp_path / "one.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE t (x)")
        ours = await _opened(path)
        try:
            await ours.begin("BEGIN IMMEDIATE")
            made = await ours.run(text("INSERT INTO t VALUES (:x)"), [{"x": 1}, {"x": 2}])
            assert (list(made.rows), made.rowcount) == ([], 2)
            seen = await ours.run(text("SELECT x FROM t"))
            assert [dict(row) for row in seen.rows] == [{"x": 1}, {"x": 2}]
            assert other.execute("SELECT * FROM t").fetchall() == []
            with pytest.raises(OperationalError):
                await ours.run(text("SELECT nothing FROM t"))
            # What failed has ended nothing: the rest is still ours to undo.
            assert ours.in_transaction
            await ours.rollback()
            assert other.execute("SELECT * FROM t").fetchall() == []
        finally:
            await ours.close()


async def test_a_statement_that_is_given_up_has_ended_when_its_caller_goes_on(tmp_path):
    path = tmp_path / "one.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE t (x)")
        ours = await _opened(path, WAITS)
        try:
            other.execute("BEGIN IMMEDIATE")
            insert = text("INSERT INTO t VALUES (1)")
            given = asyncio.create_task(ours.run(insert))
            await asyncio.sleep(0)
            given.cancel()
            for _ in range(20):
                await asyncio.sleep(0)
            assert not given.done()
            other.execute("COMMIT")
            with pytest.raises(asyncio.CancelledError):
                await given
            assert ours._given == ours._ended
            assert other.execute("SELECT * FROM t").fetchall() == [(1,)]
        finally:
            await ours.close()


async def test_a_statement_that_never_ends_is_said_to(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_thread, "GRACE_SECONDS", 0.01)
    path = tmp_path / "one.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE t (x)")
        ours = await _opened(path, WAITS)
        try:
            other.execute("BEGIN IMMEDIATE")
            insert = text("INSERT INTO t VALUES (1)")
            given = asyncio.create_task(ours.run(insert))
            await asyncio.sleep(0)
            given.cancel()
            with pytest.raises(StorageError, match="did not end"):
                await given
            other.execute("COMMIT")
        finally:
            await ours.close()


async def test_a_connection_is_lent_to_the_plain_half_once(tmp_path):
    opener = Opener(str(tmp_path / "one.sqlite"))
    ours: Any = await opener()
    try:
        with pytest.raises(sqlite3.OperationalError, match="gone"):
            opener._lend()
    finally:
        await ours.close()


class Broken:
    """An engine that cannot take the connection."""

    def connect(self) -> None:
        raise RuntimeError("no plain half")


async def test_a_file_that_cannot_be_opened_leaves_nothing_open(tmp_path):
    scrap = tmp_path / "scrap.sqlite"
    scrap.write_text("this is a letter, not a database " * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        await _opened(scrap, "PRAGMA journal_mode=WAL")
    opener: Any = Opener(str(tmp_path / "one.sqlite"))
    opened = set(threading.enumerate())
    opener._plain.dispose()
    opener._plain = Broken()
    with pytest.raises(RuntimeError, match="no plain half"):
        await opener()
    for thread in set(threading.enumerate()) - opened:
        await asyncio.to_thread(thread.join)

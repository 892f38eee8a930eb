from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.errors import StorageError
from storage import sqlite_thread
from storage.sqlite_thread import Opener, connect


async def test_a_begin_that_was_given_up_is_undone_once_it_gets_the_lock(tmp_path):
    path = tmp_path / "one.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE t (x)")
        ours: Any = await connect(str(path))
        try:
            await ours.cursor().execute("PRAGMA busy_timeout=60000")
            await ours._execute(setattr, ours._conn, "isolation_level", None)
            other.execute("BEGIN IMMEDIATE")
            begin = asyncio.create_task(ours.cursor().execute("BEGIN IMMEDIATE"))
            await asyncio.sleep(0)
            begin.cancel()
            with suppress(asyncio.CancelledError):
                await begin
            undo = asyncio.create_task(ours.rollback())
            await asyncio.sleep(0)
            other.execute("COMMIT")
            await undo
            await ours.cursor().execute("SELECT 1")
            assert not ours.in_transaction
            other.execute("BEGIN IMMEDIATE")
        finally:
            await ours.close()


async def _opened(path) -> Any:
    ours: Any = await Opener(str(path))()
    await ours._execute(setattr, ours._conn, "isolation_level", None)
    return ours


async def test_a_whole_statement_runs_inside_the_transaction_that_is_open(tmp_path):
    path = tmp_path / "one.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE t (x)")
        ours = await _opened(path)
        try:
            await ours.cursor().execute("BEGIN IMMEDIATE")
            made = await ours.run_plain(
                ours.plain, text("INSERT INTO t VALUES (:x)"), [{"x": 1}, {"x": 2}]
            )
            assert (list(made.rows), made.rowcount) == ([], 2)
            seen = await ours.run_plain(ours.plain, text("SELECT x FROM t"), None)
            assert [dict(row) for row in seen.rows] == [{"x": 1}, {"x": 2}]
            assert other.execute("SELECT * FROM t").fetchall() == []
            with pytest.raises(OperationalError):
                await ours.run_plain(ours.plain, text("SELECT nothing FROM t"), None)
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
        ours = await _opened(path)
        try:
            await ours.cursor().execute("PRAGMA busy_timeout=60000")
            other.execute("BEGIN IMMEDIATE")
            insert = text("INSERT INTO t VALUES (1)")
            given = asyncio.create_task(ours.run_plain(ours.plain, insert, None))
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
        ours = await _opened(path)
        try:
            await ours.cursor().execute("PRAGMA busy_timeout=60000")
            other.execute("BEGIN IMMEDIATE")
            insert = text("INSERT INTO t VALUES (1)")
            given = asyncio.create_task(ours.run_plain(ours.plain, insert, None))
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

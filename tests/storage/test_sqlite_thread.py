from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from typing import Any

from storage.sqlite_thread import connect


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

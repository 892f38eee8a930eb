"""The quick ways to SQLite of the big proofs say and refuse what the slow ones do."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import nullcontext

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from tests.fakes import kept_greenlets
from tests.scenarios.inline_sqlite import InlineConnection

READS, WRITES = "PRAGMA query_only=ON", "PRAGMA query_only=OFF"
INSERT = text("INSERT INTO t VALUES (:n)")


class Waiting(InlineConnection):
    """Every call waits for its turn of the loop; some wait for somebody to let them on."""

    held: asyncio.Event | None = None

    async def _execute(self, fn, *args, **kwargs):
        await asyncio.sleep(0)
        if self.held is not None and args and "t" in str(args[0]):
            await self.held.wait()
        return await super()._execute(fn, *args, **kwargs)


@pytest.fixture
def made(tmp_path):
    return tmp_path / "made.sqlite", []


def engine_on(made):
    path, connections = made

    async def connect(*_args, **_values):
        connection = Waiting(path)
        connections.append(connection)
        return await connection

    return create_async_engine("sqlite+aiosqlite:///made", async_creator=connect)


@pytest.mark.parametrize("bridge", [nullcontext, kept_greenlets.kept_greenlets])
async def test_results_errors_and_cancellations_pass_either_bridge(made, bridge):
    with bridge():
        engine = engine_on(made)
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY)"))
            await connection.execute(INSERT, {"n": 1})
        with pytest.raises(IntegrityError, match="UNIQUE"):
            async with engine.begin() as connection:
                await connection.execute(INSERT, {"n": 1})

        async def count():
            async with engine.connect() as connection:
                return (await connection.execute(text("SELECT count(*) FROM t"))).scalar_one()

        assert list(await asyncio.gather(count(), count(), count())) == [1, 1, 1]
        held = Waiting.held = asyncio.Event()
        try:
            reading = asyncio.create_task(count())
            for _ in range(20):
                await asyncio.sleep(0)
            assert not reading.done()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            waiting = asyncio.create_task(count())
            await asyncio.sleep(0)
            held.set()
            assert await waiting == 1
        finally:
            Waiting.held = None
        await engine.dispose()


async def test_greenlets_are_used_again(made, monkeypatch):
    monkeypatch.setattr(kept_greenlets, "_idle", [])
    with kept_greenlets.kept_greenlets():
        engine = engine_on(made)
        async with engine.begin() as connection:
            for _ in range(5):
                await connection.execute(text("SELECT 1"))
        await engine.dispose()
    assert len(kept_greenlets._idle) == 1


async def test_what_may_only_read_is_refused_however_often_it_was_said(tmp_path):
    connection = await InlineConnection(tmp_path / "one.sqlite")
    for pragma in (READS, READS):
        await connection.execute(pragma)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await connection.execute("CREATE TABLE t (n)")
    for pragma in (WRITES, WRITES):
        await connection.execute(pragma)
    await connection.execute("CREATE TABLE t (n)")
    await connection.execute(READS)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await connection.execute("INSERT INTO t VALUES (1)")
    await connection.close()

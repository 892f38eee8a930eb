from __future__ import annotations

import asyncio
import gc
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from core.domain.modes import Mode
from core.errors import ConfigurationError, InvariantBroken, StorageError
from storage import engine as engine_module
from storage import unbroken as unbroken_module
from storage.engine import Database, database_url, prepare_file
from storage.ledger import SqlLedger
from storage.opening import open_database
from storage.unbroken import unbroken
from tests.contracts.ledger_values import ticket
from tests.storage.conftest import address_of

SLOW = (
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 300000)"
    " SELECT sum(x) FROM c"
)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_fresh_database_is_private_and_durable(tmp_path):
    path = tmp_path / "data" / "deep" / "trade.sqlite"
    database = await open_database(address_of(path))
    async with database.transaction() as sql:
        await sql.run(text("INSERT INTO settings VALUES ('a', 'b')"))
        found = {
            name: next(iter((await sql.rows(text(f"PRAGMA {name}")))[0].values()))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5_000,
    }
    assert mode_of(path.parent) == 0o700
    assert mode_of(path) == mode_of(path.with_name("trade.sqlite-wal")) == 0o600
    assert mode_of(path.with_name("trade.sqlite-shm")) == 0o600
    await database.close()


async def test_an_open_file_is_closed_to_others(database_file):
    database_file.chmod(0o644)
    prepare_file(database_url(address_of(database_file)))
    assert mode_of(database_file) == 0o600


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://host/x", "mysql is not supported"),
        ("sqlite://", "path of a file"),
        ("sqlite:///:memory:", "path of a file"),
    ],
)
def test_a_wrong_url_is_one_sentence(address, says):
    with pytest.raises(ConfigurationError, match=says):
        database_url(address)


def test_urls_get_their_async_driver():
    assert database_url("sqlite:///a.db").drivername == "sqlite+aiosqlite"
    assert database_url("postgresql+psycopg://h/x").drivername == "postgresql+asyncpg"


def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        prepare_file(database_url(address_of(tmp_path / "file" / "trade.sqlite")))


async def test_a_damaged_file_is_refused(tmp_path, database_file):
    bytes_ = bytearray(database_file.read_bytes())
    bytes_[4096 * 3 : 4096 * 9] = b"\x5a" * (4096 * 6)
    database_file.write_bytes(bytes_)
    with pytest.raises(StorageError):
        await open_database(address_of(database_file))
    scrap = tmp_path / "scrap.sqlite"
    scrap.write_text("this is a letter, not a database " * 100)
    with pytest.raises(StorageError, match="not a database"):
        await open_database(address_of(scrap))


async def test_a_lost_parent_row_is_found(database_file):
    with closing(sqlite3.connect(database_file)) as raw:
        raw.execute("INSERT INTO messages VALUES (1, 7, 'user', 'a', 'b', 'c')")
        raw.commit()
    with pytest.raises(StorageError, match="damaged: messages"):
        await open_database(address_of(database_file))


async def test_the_stamp_holds(database):
    await database.stamp("kis", Mode.VTS, "hash-1")
    await database.stamp("kis", Mode.VTS, "hash-1")
    for other in (("sim", Mode.VTS, "hash-1"), ("kis", Mode.REAL, "hash-1")):
        with pytest.raises(ConfigurationError, match="belongs to kis/vts"):
            await database.stamp(*other)
    with pytest.raises(ConfigurationError, match="differs: account_hash"):
        await database.stamp("kis", Mode.VTS, "hash-2")


async def test_a_real_account_keeps_its_database_watched_or_traded(database):
    for mode in (Mode.OBSERVE, Mode.REAL, Mode.OBSERVE):
        await database.stamp("kis", mode, "hash-1")
    for other in (("kis", Mode.VTS, "hash-1"), ("sim", Mode.REAL, "hash-1")):
        with pytest.raises(ConfigurationError, match="belongs to kis/observe"):
            await database.stamp(*other)
    with pytest.raises(ConfigurationError, match="differs: mode, account_hash"):
        await database.stamp("kis", Mode.REAL, "hash-2")


async def test_a_database_opened_read_only_refuses_every_change(database_file):
    reader = Database(address_of(database_file), read_only=True)
    try:
        with pytest.raises(StorageError, match="readonly"):
            async with SqlLedger(reader).transaction() as tx:
                await tx.put_setting("a", "b")
        async with SqlLedger(reader).transaction() as tx:
            assert await tx.setting("a") is None
    finally:
        await reader.close()


async def test_a_transaction_inside_a_transaction_is_refused_at_once(database):
    async with database.transaction():
        with pytest.raises(InvariantBroken):
            async with database.transaction():
                pass
    async with database.transaction() as sql:
        assert await sql.rows(text("SELECT 1 AS one")) == [{"one": 1}]


async def test_a_cancelled_writer_leaves_the_lock_free(database):
    async def write() -> None:
        async with database.transaction() as sql:
            await sql.run(text("INSERT INTO settings VALUES ('half', 'done')"))
            started.set()
            await sql.run(text(SLOW))

    for _ in range(3):
        started = asyncio.Event()
        task = asyncio.create_task(write())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with database.transaction() as sql:
        assert await sql.rows(text("SELECT * FROM settings")) == []


async def test_cancelling_at_every_step_never_leaves_half(database):
    async def write() -> None:
        async with database.transaction() as sql:
            await sql.run(text("INSERT INTO settings VALUES ('a', '1')"))
            await sql.run(text("INSERT INTO settings VALUES ('b', '1')"))

    for turns in range(60):
        task = asyncio.create_task(write())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with database.transaction() as sql:
            assert len(await sql.rows(text("SELECT * FROM settings"))) in (0, 2)
            await sql.run(text("DELETE FROM settings"))


async def test_a_file_locked_by_another_program_is_an_error(database_file, monkeypatch):
    monkeypatch.setattr(engine_module, "PRAGMAS", ("PRAGMA busy_timeout=1",))
    database = Database(address_of(database_file))
    with closing(sqlite3.connect(database_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked"):
            async with database.transaction():
                pass
        async with database.reading() as sql:
            assert await sql.rows(text("SELECT * FROM settings")) == []
    await database.close()


async def test_waiting_for_the_writer_is_bounded(database, monkeypatch):
    monkeypatch.setattr(engine_module, "WRITER_WAIT_SECONDS", 0.01)

    async def second() -> None:
        async with database.transaction():
            pass

    async with database.transaction():
        with pytest.raises(StorageError, match="took too long"):
            await asyncio.create_task(second())


async def test_a_call_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(unbroken_module, "GRACE_SECONDS", 0.01)
    ended = asyncio.Event()
    with pytest.raises(StorageError, match="did not end"):
        await unbroken(ended.wait(), 0.01)
    ended.set()
    await asyncio.sleep(0)


async def test_a_used_up_transaction_says_so(ledger):
    async with ledger.transaction() as tx:
        pass
    with pytest.raises(StorageError):
        await tx.insert_ticket(ticket())


async def test_a_call_that_does_not_end_for_a_cancelled_caller_is_said_to(monkeypatch):
    """Python before 3.11.3 runs into no time-out of its own in a task that is being cancelled."""
    monkeypatch.setattr(unbroken_module, "GRACE_SECONDS", 0.01)
    ended = asyncio.Event()
    waiting = asyncio.create_task(unbroken(ended.wait(), 60))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(StorageError, match="did not end"):
        await waiting
    ended.set()
    await asyncio.sleep(0)


@pytest.mark.parametrize("grace", [15.0, 0.01], ids=["within the grace", "after it"])
async def test_what_fails_after_its_caller_went_is_logged_and_no_loose_end(monkeypatch, grace):
    monkeypatch.setattr(unbroken_module, "GRACE_SECONDS", grace)
    loose: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: loose.append(context))
    may_fail = asyncio.Event()

    async def fails() -> None:
        await may_fail.wait()
        raise sqlite3.OperationalError("no such row: 1234567890")

    with capture_logs() as logs:
        waiting = asyncio.create_task(unbroken(fails(), 60))
        await asyncio.sleep(0)
        waiting.cancel()
        if grace > 1:
            may_fail.set()
        with pytest.raises(asyncio.CancelledError if grace > 1 else StorageError):
            await waiting
        may_fail.set()
        await asyncio.sleep(0.01)
        del waiting
        gc.collect()
    assert loose == []
    assert [(line["event"], line["error"]) for line in logs] == [
        ("a database call failed after its caller went", "OperationalError")
    ]
    assert "1234567890" not in str(logs)


async def test_a_time_out_of_the_call_itself_is_raised_and_nobody_is_said_to_have_gone():
    async def times_out() -> None:
        raise TimeoutError("the server did not answer")

    with capture_logs() as logs, pytest.raises(TimeoutError, match="the server did not answer"):
        await unbroken(times_out(), 60)
    assert logs == []


async def test_a_call_that_times_out_after_our_bound_is_logged():
    async def times_out() -> None:
        await asyncio.sleep(0.05)
        raise TimeoutError("the server did not answer")

    with capture_logs() as logs, pytest.raises(TimeoutError) as raised:
        await unbroken(times_out(), 0.01)
    assert str(raised.value) == ""
    assert [line["error"] for line in logs] == ["TimeoutError"]


async def test_an_inline_connection_can_replace_the_thread(database_file):
    import aiosqlite

    made = []

    async def creator():
        connection = await aiosqlite.connect(database_file)
        made.append(connection)
        return connection

    database = await open_database(address_of(database_file), async_creator=creator, migrate=False)
    async with SqlLedger(database).transaction() as tx:
        await tx.put_setting("a", "b")
    await database.close()
    assert made


async def test_a_commit_that_fails_leaves_the_connection_free(database):
    """What is wrong only at the end: a row that names another one that there is not."""

    async def orphan() -> None:
        async with database.transaction() as sql:
            await sql.run(text("PRAGMA defer_foreign_keys=ON"))
            await sql.run(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
            await sql.run(text("CREATE TABLE child (id INTEGER REFERENCES parent (id))"))
            await sql.run(text("INSERT INTO child VALUES (1)"))

    with pytest.raises(StorageError, match="FOREIGN KEY"):
        await orphan()
    async with database.transaction() as sql:
        assert "child" not in await sql.table_names()

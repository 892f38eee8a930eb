"""A whole database moves to a real PostgreSQL and is the same there; what may not move is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from core.domain.memory import MemoryNote
from core.domain.orders import OrderState
from core.domain.outbox import OutboxMessage
from core.errors import ConfigurationError, StorageError
from storage import moving
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.memory.notes import SqlMemoryArchive
from storage.moving import copy_database, refuse_while_orders_are_open
from storage.opening import open_database
from tests.contracts.ledger_values import DAY, MORNING, approval, attempt, fill, order, ticket
from tests.postgresql import named
from tests.storage.test_on_postgresql import server, template  # noqa: F401 - fixtures

pytestmark = pytest.mark.slow
NOTE = MemoryNote(
    note_id=0,
    owner_id=0,
    thread_id=0,
    kind="summary",
    text="원달러환율이 올랐다",
    day=DAY,
    source="s",
    symbols=(),
    created_at=MORNING,
)


@pytest.fixture
async def source(database_file):
    address = f"sqlite:///{database_file}"
    database = await open_database(address, migrate=False)
    async with SqlLedger(database).transaction() as tx:
        await tx.insert_ticket(ticket())
        await tx.insert_approval(approval())
        await tx.insert_order(replace(order(), state=OrderState.WORKING))
        await tx.insert_attempt(attempt())
        await tx.insert_fill(fill(cumulative=2, quantity=2))
        await tx.enqueue(OutboxMessage(key="k", title="t", text="글", created_at=MORNING))
    await SqlMemoryArchive(database).remember([NOTE])
    await database.close()
    return address


@pytest.fixture
async def target(server, template):  # noqa: F811
    await asyncio.to_thread(server.psql, "DROP DATABASE IF EXISTS moved;")
    await asyncio.to_thread(server.psql, "CREATE DATABASE moved;")
    return named(server, "moved")


async def test_everything_is_there_and_the_numbers_go_on(source, target):
    told: dict[str, int] = {}
    await copy_database(source, target, told.__setitem__)
    copied = {name: rows for name, rows in told.items() if rows}
    assert (
        copied.items()
        >= {
            "tickets": 1,
            "orders": 1,
            "attempts": 1,
            "fills": 1,
            "outbox": 1,
            "memory_notes": 1,
        }.items()
    )
    database = await open_database(target, migrate=False)
    async with SqlLedger(database).transaction() as tx:
        assert await tx.ticket(ticket().ticket_id) == ticket()
        moved = await tx.order(order().order_id)
        assert moved is not None
        assert moved.state is OrderState.WORKING
        # The server's own numbers go on: the next row collides with none that was copied.
        await tx.enqueue(OutboxMessage(key="k2", title="t", text="x", created_at=MORNING))
        assert [one.key for one in await tx.undelivered()] == ["k", "k2"]
    found = await SqlMemoryArchive(database).search("환율", reader=None, limit=5)
    assert [one.text for one in found.notes] == [NOTE.text]
    await database.close()
    with pytest.raises(ConfigurationError, match="not empty"):
        await copy_database(source, target, told.__setitem__)


async def test_a_row_that_differs_undoes_everything(source, target, monkeypatch):
    read_back = moving._read_back

    async def damaged(sql, table, rows):
        found = await read_back(sql, table, rows)
        return [one | {"filled": 99} for one in found] if table.name == "orders" else found

    monkeypatch.setattr(moving, "_read_back", damaged)
    with pytest.raises(StorageError, match="orders: what was written is not what was read"):
        await copy_database(source, target, lambda _name, _rows: None)
    assert await bare(target)


async def test_a_row_that_was_passed_over_undoes_everything(source, target, monkeypatch):
    slices = moving._slices

    async def short(sql, table):
        async for rows in slices(sql, table):
            yield [one for one in rows if table.name != "outbox"]

    monkeypatch.setattr(moving, "_slices", short)
    with pytest.raises(StorageError, match="outbox: what was written is not what was read"):
        await copy_database(source, target, lambda _name, _rows: None)
    assert await bare(target)


async def bare(address):
    database = Database(address)
    async with database.reading() as sql:
        found = (await sql.rows(text("SELECT count(*) AS n FROM tickets")))[0]["n"]
    await database.close()
    return found == 0


@pytest.mark.parametrize(
    ("here", "there", "sentence"),
    [
        ("postgresql://h/x", "postgresql://h/y", "is not a SQLite file"),
        ("sqlite:///gone.db", "sqlite:///other.db", "--to must be a PostgreSQL address"),
        ("sqlite:///gone.db", "postgresql://h/y", "there is no database yet"),
    ],
)
async def test_what_cannot_be_moved_is_a_sentence(monkeypatch, tmp_path, here, there, sentence):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=sentence):
        await copy_database(here, there, lambda _name, _rows: None)


async def test_no_upgrade_comes_while_an_order_is_open(source):
    # On the newest revision there is nothing to refuse.
    await refuse_while_orders_are_open(source)
    database = Database(source)
    async with database.transaction() as sql:
        await sql.run(text("UPDATE alembic_version SET version_num = '0012'"))
    with pytest.raises(ConfigurationError, match=r"1 order\(s\) are not finished"):
        await refuse_while_orders_are_open(source)
    with pytest.raises(ConfigurationError, match="needs an upgrade first"):
        await copy_database(source, "postgresql://h/y", lambda _name, _rows: None)
    async with database.transaction() as sql:
        await sql.run(text("UPDATE orders SET state = 'FILLED'"))
    await refuse_while_orders_are_open(source)
    await database.close()


async def test_without_a_database_nothing_is_refused(tmp_path):
    await refuse_while_orders_are_open(f"sqlite:///{tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists()

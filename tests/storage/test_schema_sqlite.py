from __future__ import annotations

import pytest
from sqlalchemy import text

from core.errors import StorageError
from storage.sessions import SqlSessionArchive
from tests.contracts.archive_contract import SESSION, line
from tests.contracts.ledger_books_contract import adjustment
from tests.contracts.ledger_values import order, ticket


@pytest.fixture
async def stored(ledger):
    async with ledger.transaction() as tx:
        await tx.insert_ticket(ticket())
        await tx.insert_order(order())
    return ledger


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orders SET state = 'DONE'",
        "UPDATE orders SET filled = -1",
        "UPDATE orders SET filled = 'many'",
        "UPDATE tickets SET state = 'FILLED'",
        "UPDATE tickets SET published_version = 9",
        "UPDATE ticket_legs SET fee_won = 1.5",
        "UPDATE ticket_legs SET quantity = 0",
        "DELETE FROM tickets",
        "INSERT INTO lease VALUES (2, 1, 'x', '')",
        "INSERT INTO outbox VALUES (1, 'k', '', '', '', NULL, -1)",
    ],
)
async def test_the_database_refuses_what_cannot_be(stored, database, change):
    with pytest.raises(StorageError):
        async with database.transaction() as sql:
            await sql.run(text(change))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE adjustments SET shares = 9",
        "DELETE FROM adjustments",
        "INSERT OR REPLACE INTO adjustments SELECT * FROM adjustments",
    ],
)
async def test_adjustments_are_append_only(ledger, database, change):
    async with ledger.transaction() as tx:
        await tx.adjust(adjustment())
    with pytest.raises(StorageError, match="append-only"):
        async with database.transaction() as sql:
            await sql.run(text(change))
    async with ledger.transaction() as tx:
        assert await tx.adjustments() == (adjustment(),)


async def test_a_session_reads_as_a_log(database):
    archive = SqlSessionArchive(database)
    await archive.open_session(SESSION)
    await archive.append_line(line("잔고 보여줘"))
    await archive.append_line(line("69,000원입니다", minutes=1))
    async with database.reading() as sql:
        rows = await sql.rows(text("SELECT thread_id, role, author, text FROM session_logs"))
    assert [tuple(row.values()) for row in rows] == [
        (SESSION.thread_id, "user", "주인", "잔고 보여줘"),
        (SESSION.thread_id, "user", "주인", "69,000원입니다"),
    ]

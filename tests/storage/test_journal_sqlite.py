from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text

from core.domain.journal import JournalEntry
from core.errors import StorageError
from storage.ledger_journal import GENESIS, chained
from tests.contracts.ledger_values import MORNING


@pytest.fixture
async def written(ledger):
    async with ledger.transaction() as tx:
        for number in range(3):
            await tx.append_journal(
                JournalEntry(
                    at=MORNING, kind="k", actor="a", subject=f"s{number}", facts={"n": number}
                )
            )
    return ledger


async def test_the_chain_hashes_the_stored_bytes(written, database):
    async with database.reading() as sql:
        rows = await sql.rows(text("SELECT line, line_hash FROM journal ORDER BY seq"))
    previous = GENESIS
    for row in rows:
        previous = chained(previous, row["line"])
        assert row["line_hash"] == previous
    head = await written.verify_journal()
    assert (head.lines, head.line_hash) == (3, previous)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal SET line = '{}' WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 3",
        "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 3",
        (
            "INSERT INTO journal SELECT 9, at, kind, actor, subject, line, line_hash, 'x'"
            " FROM journal WHERE seq = 3"
        ),
        (
            "INSERT INTO journal SELECT 4, at, kind, actor, subject, line, previous_hash, 'x'"
            " FROM journal WHERE seq = 3"
        ),
    ],
)
async def test_tampering_is_refused(written, database, change):
    with pytest.raises(StorageError, match="the journal is"):
        async with database.transaction() as sql:
            await sql.run(text(change))
    assert (await written.verify_journal()).lines == 3


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("UPDATE journal SET line = replace(line, '\"n\":1', '\"n\":7') WHERE seq = 2", 2),
        ("UPDATE journal SET actor = 'somebody else' WHERE seq = 3", 3),
        ("UPDATE journal SET line_hash = previous_hash WHERE seq = 1", 1),
        ("DELETE FROM journal WHERE seq = 1", 1),
    ],
)
async def test_tampering_behind_the_triggers_is_found(written, database_file, change, line):
    with closing(sqlite3.connect(database_file)) as raw:
        raw.executescript("DROP TRIGGER journal_no_update; DROP TRIGGER journal_no_delete;")
        raw.execute(change)
        raw.commit()
    with pytest.raises(StorageError, match=f"altered at line {line}"):
        await written.verify_journal()

"""`python -m bot audit` on a real file, with what was done behind the program's back."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from core.domain.journal import JournalEntry
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.bot.environment import only
from tests.contracts.ledger_values import MORNING, approval, order, ticket

DONE, INPUT, STORAGE = 0, 2, 3


def audit(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words])


async def write(path: Path) -> None:
    database = await open_database(f"sqlite:///{path}", migrate=False)
    async with SqlLedger(database, build="0123456789ab").transaction() as tx:
        await tx.insert_ticket(ticket())
        await tx.insert_approval(approval())
        await tx.insert_order(order())
        for number, (kind, subject) in enumerate(
            (("ticket.presented", "4F9KQ2ZD"), ("order.gated", "4F9KQ2ZD-1"), ("switch.set", "x")),
            start=1,
        ):
            await tx.append_journal(
                JournalEntry(
                    at=MORNING, kind=kind, actor="desk", subject=subject, facts={"수": number}
                )
            )
    await database.close()


@pytest.fixture
def file(database_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    only(monkeypatch, database_file.parent, DATABASE_URL=f"sqlite:///{database_file}")
    asyncio.run(write(database_file))
    return database_file


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        for trigger in ("journal_no_update", "journal_no_delete"):
            raw.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            raw.execute(statement)


def hash_of(path: Path, line: int) -> str:
    with closing(sqlite3.connect(path)) as raw:
        ((found,),) = raw.execute("SELECT line_hash FROM journal WHERE seq = ?", (line,))
    return str(found)


def test_a_whole_trail_is_said_with_its_head(file: Path) -> None:
    before = file.read_bytes()
    found = audit("verify")
    assert (found.exit_code, "3줄" in found.output, hash_of(file, 3) in found.output) == (
        DONE,
        True,
        True,
    )
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("UPDATE journal SET actor = 'x' WHERE seq = 2", 2),
        ("UPDATE journal SET line = replace(line, 'desk', 'dusk') WHERE seq = 3", 3),
        ("DELETE FROM journal WHERE seq = 1", 1),
        ("UPDATE journal SET line_hash = previous_hash WHERE seq = 2", 2),
    ],
)
def test_an_altered_line_is_named(file: Path, statement: str, line: int) -> None:
    change(file, statement)
    found = audit("verify")
    assert found.exit_code == STORAGE
    assert f"감사 기록의 {line}번째 줄이 바뀌었거나 빠졌습니다" in found.output


def test_only_the_posted_hash_shows_a_trail_that_was_cut(file: Path) -> None:
    posted = f"3:{hash_of(file, 3)[:12]}"
    assert audit("verify", "--expect", posted).exit_code == DONE
    wrong = audit("verify", "--expect", "3:0123456789ab")
    assert wrong.exit_code == STORAGE
    change(file, "DELETE FROM journal WHERE seq = 3")
    assert audit("verify").exit_code == DONE
    cut = audit("verify", "--expect", posted)
    assert cut.exit_code == STORAGE
    assert "3번째 줄이 없거나 해시가 다릅니다" in cut.output


@pytest.mark.parametrize("wrong", ["3", "x:0123456789ab", "3:xyz", "3:ab"])
def test_what_is_expected_must_be_readable(file: Path, wrong: str) -> None:
    found = audit("verify", "--expect", wrong)
    assert (found.exit_code, "LINE:HASH" in found.output) == (INPUT, True)


def test_the_newest_lines_say_when_who_what_and_facts(file: Path) -> None:
    lines = audit("show", "--last", "2").output.splitlines()
    assert lines == [
        '     2 2023-03-02 08:01:02 desk order.gated 4F9KQ2ZD-1 {"수": 2} [0123456789ab]',
        '     3 2023-03-02 08:01:02 desk switch.set x {"수": 3} [0123456789ab]',
    ]


def test_one_id_is_told_whole(file: Path) -> None:
    found = audit("show", "4F9KQ2ZD-1")
    assert found.exit_code == DONE
    for words in ("월초 리밸런싱", "주인", "4F9KQ2ZD-1", "0123456789ab"):
        assert words in found.output
    nothing = audit("show", "ZZZZZZZZ")
    assert (nothing.exit_code, "아무 기록도 없습니다" in nothing.output) == (INPUT, True)


def test_without_a_database_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path)
    assert audit("verify").exit_code == INPUT
    assert list(tmp_path.iterdir()) == []

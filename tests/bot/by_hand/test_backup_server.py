"""Backups of a PostgreSQL database and their way back, on a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from bot.by_hand.backup import backup, verify
from bot.by_hand.restore import restore
from core.domain.modes import SETTING_TRADING_STATE, Mode
from core.errors import ConfigurationError, DataError
from storage import moving
from storage.backups.examining import address_of
from storage.engine import Database, database_url
from storage.ledger import SqlLedger
from storage.moving import SLICE_ROWS, copy_database, copy_to_file
from storage.opening import has_database, open_database
from storage.pool import build_engine
from storage.schema import bars
from storage.server_lock import server_lock
from storage.statements import Statements
from tests.bot.by_hand.test_backup import noted
from tests.bot.environment import only
from tests.postgresql import named, postgresql
from tests.storage.first_revision import fill_first_revision

pytestmark = pytest.mark.slow
NUMBERS = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with postgresql(tmp_path_factory.mktemp("pg")) as started:
        yield started


def made(server: Any) -> str:
    name = f"kept_{next(NUMBERS)}"
    server.psql(f"CREATE DATABASE {name};")
    return named(server, name)


@pytest.fixture
def address(server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    found = made(server)
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path / "data"), DATABASE_URL=found)
    (tmp_path / "data").mkdir()
    return found


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    opened = await open_database(address)
    await opened.stamp("sim", Mode.SIM, "a1")
    await noted(opened, 3)
    yield opened
    await opened.close()


def kept(tmp_path: Path) -> list[str]:
    return sorted(one.name for one in (tmp_path / "data" / "backups").glob("*.gz*"))


async def restored(answer: str = "복원") -> list[str]:
    said: list[str] = []
    await restore(None, said.append, lambda _: answer)
    return said


async def test_a_server_is_backed_up_sealed_and_proved(database, monkeypatch, tmp_path):
    monkeypatch.setenv("BACKUP_PASSPHRASE", "correct horse battery")
    said = await backup()
    (name,) = kept(tmp_path)
    assert name.startswith("autotrade-sim-sim-postgresql-")
    assert name.endswith(".db.gz.sealed")
    assert "감사 기록 3줄" in said
    assert "감사 기록 3줄" in await verify(None)


async def test_a_backup_is_of_one_instant_whoever_writes_meanwhile(database, monkeypatch):
    copied = moving._copy

    async def slowly(reading, writing, table):
        await noted(database)
        return await copied(reading, writing, table)

    monkeypatch.setattr(moving, "_copy", slowly)
    said = await backup()
    monkeypatch.undo()
    # The first writer came before the first row was read, and may be in it.
    assert "감사 기록 3줄" in said or "감사 기록 4줄" in said


async def test_a_folder_with_a_question_mark_in_its_name_holds_backups(
    database, monkeypatch, tmp_path
):
    folder = tmp_path / "kept?"
    monkeypatch.setenv("BACKUP_DIR", str(folder))
    assert "감사 기록 3줄" in await backup()
    assert len(list(folder.glob("*.gz"))) == 1


async def test_nothing_is_restored_while_a_bot_works_with_the_server(server, database, monkeypatch):
    await backup()
    empty = made(server)
    monkeypatch.setenv("DATABASE_URL", empty)
    async with server_lock(empty):
        with pytest.raises(ConfigurationError, match="another bot works with this database"):
            await restored()
    assert not await has_database(empty)


async def filled_with_bars(database, count):
    """Store bars of symbols that two databases may order in two ways, one a day."""
    async with database.transaction() as sql:
        await sql.run(
            text(
                "INSERT INTO bars SELECT (ARRAY['0060H0', '0060h0', '006_00'])[1 + i % 3], i % 2, "
                "(date '2000-01-01' + i)::text, 1, 1, 1, 1, i, 'test', "
                "'2026-11-27T00:00:00.000000+00:00' FROM generate_series(1, CAST(:n AS int)) i"
            ),
            {"n": count},
        )


async def bars_of(address):
    database = Database(address, read_only=True)
    async with database.reading() as sql:
        found = [tuple(row.values()) for row in await sql.rows(select(bars))]
    await database.close()
    return found


async def test_no_table_is_held_whole_and_every_row_arrives(database, address, server, tmp_path):
    await filled_with_bars(database, 5_432)
    most = 0
    rows = Statements.rows

    async def counted(self, statement, values=None):
        nonlocal most
        found = await rows(self, statement, values)
        most = max(most, len(found))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Statements, "rows", counted)
        await copy_to_file(address, tmp_path / "copy.db")
        back = made(server)
        await copy_database(address_of(tmp_path / "copy.db"), back, lambda _table, _rows: None)
    assert SLICE_ROWS <= most <= 2 * SLICE_ROWS
    expected = await bars_of(address)
    assert len(expected) == 5_432
    assert set(await bars_of(address_of(tmp_path / "copy.db"))) == set(expected)
    assert set(await bars_of(back)) == set(expected)


async def test_the_slices_of_a_table_are_of_one_instant(database, address, monkeypatch, tmp_path):
    await filled_with_bars(database, 4_321)
    expected = await bars_of(address)
    read_back = moving._read_back

    async def meanwhile(sql, table, rows):
        if table is bars:
            async with database.transaction() as writing:
                await writing.run(delete(bars))
        return await read_back(sql, table, rows)

    monkeypatch.setattr(moving, "_read_back", meanwhile)
    await copy_to_file(address, tmp_path / "copy.db")
    assert await bars_of(address) == []
    assert set(await bars_of(address_of(tmp_path / "copy.db"))) == set(expected)


async def test_an_older_schema_is_not_backed_up_as_if_it_were_ours(address, tmp_path):
    engine = build_engine(database_url(address))
    async with engine.begin() as connection:
        await connection.run_sync(fill_first_revision)
    await engine.dispose()
    with pytest.raises(ConfigurationError, match="db upgrade"):
        await backup()
    assert kept(tmp_path) == []


async def test_a_backup_goes_into_an_empty_database_halted(server, database, monkeypatch):
    await backup()
    await noted(database)
    with pytest.raises(DataError, match="비어 있지 않아"):
        await restored()
    empty = made(server)
    monkeypatch.setenv("DATABASE_URL", empty)
    with pytest.raises(DataError, match="바뀐 것은 없습니다"):
        await restored("예")
    assert not await has_database(empty)
    said = await restored()
    assert "정지" in said[-1]
    again = await open_database(empty, migrate=False)
    async with SqlLedger(again).transaction() as tx:
        assert await tx.setting(SETTING_TRADING_STATE) == "HALTED"
        (line,) = await tx.journal_of("database")
    assert line.facts["tickets"] == 0
    # The line of the restore is the fourth of the chain; what was written after the backup is gone.
    await noted(again)
    await again.close()
    assert "감사 기록 5줄" in await backup()

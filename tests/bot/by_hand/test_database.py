"""`python -m bot db …` through the command line: on a file, and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner, Result

from bot.cli.app import app
from bot.operations.process_lock import ProcessLock
from bot.settings import load
from bot.wiring.graph import build
from core.errors import ConfigurationError
from storage.backups.dumping import dump_before_upgrade
from storage.engine import database_url
from storage.migrations import HEAD
from storage.opening import open_database
from storage.pool import build_engine
from storage.server_lock import server_lock
from tests.bot.environment import only
from tests.postgresql import named, postgresql
from tests.storage.first_revision import fill_first_revision, make_first_revision

NUMBERS = count(1)
OPEN_ORDER = "UPDATE orders SET state = 'WORKING' WHERE order_id = 'T-1'"
SETTLED = "UPDATE orders SET state = 'FILLED'"


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["db", *arguments])


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path))
    return Path(make_url(load(local_only=True).database).database or "")


def changed(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.fixture
def old_file(file: Path) -> Path:
    make_first_revision(file)
    changed(file, SETTLED)
    return file


def test_without_a_database_that_is_what_is_said(file):
    for command in ("current", "upgrade"):
        result = asked(command)
        assert (result.exit_code, "아직 기록이 없습니다" in result.output) == (2, True)
    assert not file.exists()


def test_an_old_file_is_upgraded_and_its_copy_named(old_file):
    copy = old_file.with_name(f"{old_file.name}.before-{HEAD}")
    assert "0001" in asked("current").output

    result = asked("upgrade")

    assert result.exit_code == 0, result.output
    assert result.output.strip().endswith(f"올리기 전의 것: {copy}")
    with sqlite3.connect(copy) as before:
        assert before.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    newest = asked("current")
    assert (newest.exit_code, HEAD in newest.output) == (0, True)


def test_a_second_upgrade_leaves_the_copy_from_before_the_first_one(file):
    asyncio.run(_made(f"sqlite:///{file}"))
    copy = file.with_name(f"{file.name}.before-{HEAD}")
    copy.write_bytes(b"from before the upgrade")
    assert asked("upgrade").output == asked("current").output
    assert copy.read_bytes() == b"from before the upgrade"


async def _made(address: str) -> None:
    await (await open_database(address)).close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (OPEN_ORDER, "1 order(s) are not finished"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer than this program"),
        ("DROP TABLE alembic_version", "tables of another program"),
    ],
    ids=["an open order", "a newer schema", "somebody else's"],
)
def test_what_must_not_be_upgraded_is_refused_and_left_as_it_is(old_file, change, says):
    changed(old_file, change)
    before = old_file.read_bytes()
    result = asked("upgrade")
    assert (result.exit_code, says in result.output) == (2, True), result.output
    assert old_file.read_bytes() == before
    assert not old_file.with_name(f"{old_file.name}.before-{HEAD}").exists()


def test_nothing_is_upgraded_or_moved_beside_a_running_bot(old_file, tmp_path):
    with ProcessLock(tmp_path / "bot.lock", busy="x"):
        results = [asked("upgrade"), asked("copy", "--to", "postgresql://u@h/n")]
    assert [result.exit_code for result in results] == [2, 2]
    assert "0001" in asked("current").output


# --- PostgreSQL


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgresql(tmp_path_factory.mktemp("pg")) as started:
        yield started


@pytest.fixture
def programs(server: Any, monkeypatch: pytest.MonkeyPatch, file: Path) -> Path:
    """Put the client of PostgreSQL that came with the server on the path."""
    folder: Path = server.bin_path
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def empty(server: Any, file: Path) -> str:
    name = f"by_hand_{next(NUMBERS)}"
    server.psql(f"CREATE DATABASE {name};")
    return named(server, name)


async def _filled(address: str, *statements: str) -> None:
    engine = build_engine(database_url(address))
    async with engine.begin() as connection:
        await connection.run_sync(fill_first_revision)
        for statement in statements:
            await connection.exec_driver_sql(statement)
    await engine.dispose()


@pytest.fixture
def old(empty: str, monkeypatch: pytest.MonkeyPatch) -> str:
    asyncio.run(_filled(empty, SETTLED))
    monkeypatch.setenv("DATABASE_URL", empty)
    return empty


@pytest.mark.slow
def test_a_server_is_dumped_before_it_is_upgraded(old, programs, tmp_path):
    assert "0001" in asked("current").output

    result = asked("upgrade")

    assert result.exit_code == 0, result.output
    dump = tmp_path / "backups" / f"{make_url(old).database}.before-{HEAD}.dump"
    assert result.output.strip().endswith(str(dump))
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    listed = subprocess.run(
        [programs / "pg_restore", "--data-only", "--table=alembic_version", "--file=-", dump],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\n0001\n" in listed.stdout
    assert HEAD in asked("current").output
    assert asked("upgrade").output == asked("current").output


@pytest.mark.slow
async def test_a_server_is_not_upgraded_beside_a_bot_of_another_machine(old):
    async with server_lock(old):
        result = await asyncio.to_thread(asked, "upgrade")
    assert (result.exit_code, "another bot works with this" in result.output) == (2, True)
    assert "0001" in (await asyncio.to_thread(asked, "current")).output


@pytest.mark.slow
async def test_a_bot_that_starts_beside_another_one_upgrades_nothing(old, programs, tmp_path):
    async with server_lock(old):
        with pytest.raises(ConfigurationError, match="another bot works with this database"):
            async with build(load(local_only=True)):
                pass
    assert "0001" in (await asyncio.to_thread(asked, "current")).output
    assert not (tmp_path / "backups").exists()


@pytest.mark.slow
def test_without_pg_dump_a_person_says_that_none_is_wanted(old, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = asked("upgrade")
    assert (result.exit_code, "--without-backup" in result.output) == (2, True), result.output
    assert "0001" in asked("current").output
    result = asked("upgrade", "--without-backup")
    assert (result.exit_code, "백업은 하지 않았습니다" in result.output) == (0, True), result.output
    assert not (tmp_path / "backups").exists()


@pytest.mark.slow
def test_a_dump_that_fails_stops_the_upgrade_and_leaves_no_half_backup(old, monkeypatch, tmp_path):
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("pg_dump", "pg_restore"):
        program = folder / name
        program.write_text("#!/bin/sh\necho 'server version mismatch' >&2\nexit 1\n", "utf-8")
        program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    result = asked("upgrade")
    assert (result.exit_code, "server version mismatch" in result.output) == (3, True)
    assert list((tmp_path / "backups").iterdir()) == []
    assert "0001" in asked("current").output


@pytest.mark.slow
async def test_a_dump_that_is_broken_off_leaves_the_one_from_before_and_no_half(
    old, programs, monkeypatch, tmp_path
):
    backups, folder = tmp_path / "backups", tmp_path / "programs"
    whole = await dump_before_upgrade(old, backups)
    assert whole is not None
    before = whole.read_bytes()
    folder.mkdir()
    slow = folder / "pg_dump"
    slow.write_text(
        '#!/bin/sh\nfor last; do :; done\necho half > "${last#--file=}"\nexec sleep 60\n'
    )
    slow.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    dumping = asyncio.create_task(dump_before_upgrade(old, backups))
    async with asyncio.timeout(20):
        # A child writes it: nobody tells us.
        while b"half\n" not in {file.read_bytes() for file in backups.iterdir()}:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    dumping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dumping
    assert [file.name for file in backups.iterdir()] == [whole.name]
    assert whole.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (OPEN_ORDER, "1 order(s) are not finished"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer than this program"),
    ],
    ids=["an open order", "a newer schema"],
)
def test_what_must_not_be_upgraded_is_refused_on_a_server_too(
    empty, programs, monkeypatch, tmp_path, change, says
):
    asyncio.run(_filled(empty, SETTLED, change))
    monkeypatch.setenv("DATABASE_URL", empty)
    result = asked("upgrade")
    assert (result.exit_code, says in result.output) == (2, True), result.output
    assert not (tmp_path / "backups").exists()


@pytest.mark.slow
def test_a_file_moves_to_a_server_once(old_file, empty, monkeypatch):
    result = asked("copy", "--to", empty)
    assert (result.exit_code, "needs an upgrade first" in result.output) == (2, True)
    assert asked("upgrade").exit_code == 0

    result = asked("copy", "--to", empty)

    assert result.exit_code == 0, result.output
    assert "orders: 6행, 모두 같습니다." in result.output
    again = asked("copy", "--to", empty)
    assert (again.exit_code, "not empty" in again.output) == (2, True)
    monkeypatch.setenv("DATABASE_URL", empty)
    assert HEAD in asked("current").output

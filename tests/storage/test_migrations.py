from __future__ import annotations

import io
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from core.errors import ConfigurationError, StorageError
from storage import migrations
from storage.migrations import EXIT_REFUSED, HEAD, REVISIONS, upgrade
from storage.migrations import __main__ as child
from storage.migrations.runner import upgrade_here
from storage.migrations.versions import v0012_cooling_off, v0022_held_back
from storage.opening import open_database
from storage.schema import METADATA
from tests.storage.conftest import address_of
from tests.storage.first_revision import check_first_revision_data, make_first_revision

ROOT = Path(__file__).resolve().parents[2]
# The index of words and what FTS5 keeps it in are SQL of one dialect.
WORD_INDEX = ("memory_index", "memory_terms")
NOT_A_TABLE_OF_OURS = (
    "name NOT LIKE 'sqlite_%' AND name <> 'alembic_version'"
    " AND name NOT LIKE 'memory_index%' AND name <> 'memory_terms'"
)


def is_in_metadata(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or not (name or "").startswith(WORD_INDEX)


def table_sql(path: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(path)) as raw:
        rows = raw.execute(
            "SELECT name, sql FROM sqlite_master"
            f" WHERE type IN ('table', 'index') AND sql IS NOT NULL AND {NOT_A_TABLE_OF_OURS}"
        ).fetchall()
    return {name: parts(sql) for name, sql in rows}


def parts(sql: str) -> list[str]:
    """Return what a CREATE statement lists, sorted: ADD COLUMN writes its column at the end."""
    sql = " ".join(sql.split())
    depth, found, start = 0, [], 0
    for place, sign in enumerate(sql):
        depth += (sign == "(") - (sign == ")")
        if (sign, depth) in {("(", 1), (",", 1), (")", 0)}:
            found.append(sql[start:place].strip())
            start = place + 1
    return sorted([*found, sql[start:].strip()])


def test_the_migrations_make_the_schema(migrated_file, tmp_path):
    engine = create_engine(f"sqlite:///{migrated_file}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_in_metadata})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()
    direct = tmp_path / "direct.sqlite"
    engine = create_engine(f"sqlite:///{direct}")
    METADATA.create_all(engine)
    engine.dispose()
    assert table_sql(migrated_file) == table_sql(direct)


def test_the_head_constant_is_the_head():
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert [item.revision for item in scripts.walk_revisions()] == list(reversed(REVISIONS))
    assert scripts.get_current_head() == HEAD


def test_upgrading_twice_changes_nothing(tmp_path):
    path = tmp_path / "trade.sqlite"
    upgrade_here(address_of(path))
    before = table_sql(path)
    upgrade_here(address_of(path))
    assert table_sql(path) == before


async def test_a_database_of_the_first_revision_keeps_its_data(tmp_path):
    path = tmp_path / "trade.sqlite"
    make_first_revision(path)
    database = await open_database(address_of(path))
    try:
        await check_first_revision_data(database)
    finally:
        await database.close()
    copy = tmp_path / f"trade.sqlite.before-{HEAD}"
    assert "outbox" in table_sql(path)
    assert "outbox" not in table_sql(copy)


async def test_an_existing_database_is_copied_first(tmp_path):
    path = tmp_path / "trade.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);"
            "CREATE TABLE older (x INTEGER); INSERT INTO older VALUES (7);"
        )
    with pytest.raises(StorageError, match="revision None"):
        await open_database(address_of(path), migrate=False)
    database = await open_database(address_of(path))
    await database.close()
    copy = tmp_path / f"trade.sqlite.before-{HEAD}"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    for kept in (copy, path):
        with closing(sqlite3.connect(kept)) as raw:
            assert raw.execute("SELECT x FROM older").fetchall() == [(7,)]
    assert "orders" in table_sql(path)
    assert "orders" not in table_sql(copy)


async def test_a_failed_upgrade_changes_nothing(tmp_path):
    path = tmp_path / "trade.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);"
            "CREATE TABLE tickets (x INTEGER);"
        )
    before = table_sql(path)
    with pytest.raises(StorageError, match=r"upgrade failed: .*tickets already exists"):
        await upgrade(address_of(path))
    assert table_sql(path) == before


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("CREATE TABLE theirs (x INTEGER);", "another program"),
        (
            (
                "CREATE TABLE alembic_version (version_num TEXT);"
                "INSERT INTO alembic_version VALUES ('9999');"
            ),
            "newer than this program",
        ),
    ],
)
async def test_databases_that_are_not_ours_are_refused(tmp_path, script, says):
    path = tmp_path / "trade.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(script)
    with pytest.raises(ConfigurationError, match=says):
        await open_database(address_of(path))


async def test_the_child_hands_a_refusal_back(tmp_path):
    path = tmp_path / "trade.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript("CREATE TABLE theirs (x INTEGER);")
    with pytest.raises(ConfigurationError, match="another program"):
        await upgrade(address_of(path))


@pytest.mark.parametrize(
    ("content", "status"), [(None, 0), (b"letter " * 999, 1), ("foreign", EXIT_REFUSED)]
)
def test_the_child_ends_with_a_status(tmp_path, monkeypatch, capsys, content, status):
    path = tmp_path / "trade.sqlite"
    if isinstance(content, bytes):
        path.write_bytes(content)
    if content == "foreign":
        with closing(sqlite3.connect(path)) as raw:
            raw.executescript("CREATE TABLE theirs (x INTEGER);")
    monkeypatch.setattr(sys, "stdin", io.StringIO(address_of(path) + "\n"))
    assert child.main() == status
    assert len(capsys.readouterr().err.splitlines()) == (1 if status else 0)


async def test_an_upgrade_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(migrations, "UPGRADE_SECONDS", 0.0)
    with pytest.raises(StorageError, match="took too long"):
        await upgrade(address_of(tmp_path / "trade.sqlite"))


def test_an_idle_bot_carries_no_alembic(migrated_file):
    script = (
        "import asyncio, sys\n"
        "from storage.opening import open_database\n"
        "async def main():\n"
        "    await (await open_database(sys.argv[1])).close()\n"
        "asyncio.run(main())\n"
        "print('alembic' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, address_of(migrated_file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "False\n"


def test_breakers_that_are_out_stay_out_when_the_kinds_grow(tmp_path):
    path = tmp_path / "trade.sqlite"
    upgrade_here(address_of(path))
    row = ("day_loss", "REDUCE_ONLY", "2026-11-20T10:00:00+09:00", "2026-11-21", "손실")
    with closing(sqlite3.connect(path)) as raw:
        # As it was: without the newest kind.
        (made,) = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'trips'").fetchone()
        raw.execute("DROP TABLE trips")
        raw.execute(made.replace(", 'cooling_off'", ""))
        raw.execute("INSERT INTO trips VALUES (?, ?, ?, ?, ?)", row)
        with pytest.raises(sqlite3.IntegrityError):
            raw.execute("INSERT INTO trips VALUES ('cooling_off', ?, ?, ?, ?)", row[1:])
        raw.commit()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            v0012_cooling_off.upgrade()
    engine.dispose()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("INSERT INTO trips VALUES ('cooling_off', ?, ?, ?, ?)", row[1:])
        assert row in raw.execute("SELECT * FROM trips").fetchall()


def test_what_quiet_hours_kept_back_waits_for_the_digest_of_today(migrated_file, tmp_path):
    path = tmp_path / "trade.sqlite"
    path.write_bytes(migrated_file.read_bytes())
    night, day = "2026-11-15T14:00:00.000000Z", "2026-11-16T01:00:00.000000Z"
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("ALTER TABLE outbox DROP COLUMN held_at")
        raw.executemany(
            "INSERT INTO alert_firings (rule_id, symbol, occasion, kind, severity, fired_at, title,"
            " text, told_at) VALUES (?, '069500', 'x', 'loss', 'warning', ?, ?, '글', ?)",
            [("told", night, "하나", night), ("held", day, "둘", None)],
        )
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            v0022_held_back.upgrade()
    engine.dispose()
    with closing(sqlite3.connect(path)) as raw:
        waiting = raw.execute(
            "SELECT key, title, text, created_at, held_at, delivered_at, tries FROM outbox"
        ).fetchall()
        key = "watch:rule:warning:held:069500:x"
        assert waiting == [(key, "둘", "글", day, day, None, 0)]
        assert raw.execute("SELECT told_at FROM alert_firings ORDER BY firing_id").fetchall() == [
            (night,),
            (day,),
        ]

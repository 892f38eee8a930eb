"""Migrations: which revision a database is on, and how it gets to the newest.

Alembic itself runs in a child process (`python -m storage.migrations`, URL on standard input) and
only when there is something to do, so the bot never carries it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sqlalchemy import text

from core.errors import ConfigurationError, StorageError
from storage.engine import Database, database_url

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0015",
    "0016",
    "0017",
    "0018",
    "0021",
    "0022",
)
HEAD = REVISIONS[-1]
UPGRADE_SECONDS = 300.0
VERSION_TABLE = "alembic_version"
EXIT_REFUSED = 2
_ROOT = Path(__file__).resolve().parents[2]


async def stored_revision(database: Database) -> str | None:
    """Return the revision of the database, or None when it is empty or not finished.

    Raises ConfigurationError when it holds tables but none of ours, or a revision unknown here.
    """
    async with database.reading() as statements:
        names = await statements.table_names()
        if VERSION_TABLE not in names:
            if names:
                raise ConfigurationError(
                    "DATABASE_URL: that database holds tables of another program"
                )
            return None
        row = await statements.row(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - a constant
    if row is None:
        return None
    revision = str(row["version_num"])
    if revision not in REVISIONS:
        raise ConfigurationError(
            f"DATABASE_URL: the database is on revision {revision}, newer than this program"
        )
    return revision


async def needs_upgrade(database: Database) -> bool:
    """Whether the database is not on the newest revision yet."""
    return await stored_revision(database) != HEAD


async def check_revision(database: Database) -> None:
    """Raise StorageError unless the database is on the newest revision."""
    found = await stored_revision(database)
    if found != HEAD:
        raise StorageError(f"the database is on revision {found}, this program needs {HEAD}")


def copy_of(address: str) -> Path | None:
    """Return the copy that an upgrade makes of a SQLite file before it begins; None of a server."""
    url = database_url(address)
    if url.get_backend_name() != "sqlite":
        return None
    path = Path(url.database or "")
    return path.with_name(f"{path.name}.before-{HEAD}")


async def upgrade(address: str) -> None:
    """Bring the database to the newest revision in a child process.

    An existing SQLite file is copied first (`<file>.before-<revision>`). All or nothing: a failed
    upgrade leaves the old schema. Raises ConfigurationError or StorageError.
    """
    database_url(address)
    # The URL may hold a password, so it travels on standard input and not in the process list.
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "storage.migrations",
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(UPGRADE_SECONDS):
            _, errors = await process.communicate(address.encode())
    except TimeoutError as exc:
        raise StorageError("the database upgrade took too long") from exc
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return
    said = errors.decode("utf-8", "replace").strip().splitlines()
    sentence = said[-1] if said else f"exit status {process.returncode}"
    if process.returncode == EXIT_REFUSED:
        raise ConfigurationError(sentence)
    raise StorageError(f"the database upgrade failed: {sentence}")

"""Opening the database at start: file, migrations, integrity."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL

from storage.engine import AsyncCreator, Database, database_url, prepare_file
from storage.migrations import check_revision, needs_upgrade, stored_revision, upgrade


async def open_database(
    address: str, *, async_creator: AsyncCreator | None = None, migrate: bool = True
) -> Database:
    """Return a database that is on the newest revision and whole; the caller closes it.

    Raises ConfigurationError (wrong URL, foreign or newer database) or StorageError (unreachable,
    damaged). With `migrate` False an old database is refused instead of upgraded.
    """
    database = Database(address, async_creator=async_creator)
    prepare_file(database.url)
    try:
        if migrate and await needs_upgrade(database):
            await upgrade(address)
        await check_revision(database)
        await database.integrity_check()
    except BaseException:
        await database.close()
        raise
    return database


async def has_database(address: str) -> bool:
    """Whether the bot has ever been started on this database. Makes no file."""
    url = database_url(address)
    if url.get_backend_name() == "sqlite" and not _exists(url):
        return False
    database = Database(address, read_only=True)
    try:
        return await stored_revision(database) is not None
    finally:
        await database.close()


def _exists(url: URL) -> bool:
    return Path(url.database or "").exists()

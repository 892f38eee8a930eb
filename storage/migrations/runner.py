"""Runs Alembic, blocking: the child process of `upgrade`, and tests, call it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, inspect
from sqlalchemy.pool import NullPool

from core.errors import ConfigurationError
from storage.backups.copying import copy_whole
from storage.engine import database_url, listen_sqlite, prepare_file
from storage.migrations import VERSION_TABLE, copy_of
from storage.statements import storage_faults


def upgrade_here(address: str) -> None:
    """Upgrade in this process and block until done. Never call it on a running event loop.

    Raises ConfigurationError for a foreign database, StorageError for everything else.
    """
    url = database_url(address)
    prepare_file(url)
    with storage_faults("the database upgrade"):
        if url.get_backend_name() == "sqlite":
            _upgrade_sqlite(url)
        else:
            asyncio.run(_upgrade_postgresql(url))


def run_alembic(connection: Connection) -> None:
    """Apply the missing revisions on `connection`, inside its transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _upgrade_sqlite(url: URL) -> None:
    path = Path(url.database or "")
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, hide_parameters=True)
    listen_sqlite(engine)
    try:
        with engine.connect().execution_options(reads_only=True) as connection:
            existing = _known_tables(connection)
        target = copy_of(str(url))
        if existing and target is not None:
            target.unlink(missing_ok=True)
            copy_whole(path, target)
        with engine.begin() as connection:
            run_alembic(connection)
    finally:
        engine.dispose()


async def _upgrade_postgresql(url: URL) -> None:
    from storage.pool import build_engine  # most accounts live in one file

    engine = build_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_known_tables)
            await connection.run_sync(run_alembic)
    finally:
        await engine.dispose()


def _known_tables(connection: Connection) -> list[str]:
    names = inspect(connection).get_table_names()
    if names and VERSION_TABLE not in names:
        raise ConfigurationError("DATABASE_URL: that database holds tables of another program")
    return names

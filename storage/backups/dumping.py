"""A dump of a PostgreSQL database before its upgrade: what the copy beside it is for a SQLite file."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL

from core.errors import ConfigurationError, StorageError
from storage.engine import Database, database_url
from storage.migrations import HEAD, stored_revision

DUMP_SECONDS = 600.0
_WITHOUT_PROGRAM = (
    "the database needs an upgrade, and there is no {program} to back it up with: install the "
    "PostgreSQL client, or back it up yourself and run: python -m bot db upgrade --without-backup"
)


async def dump_before_upgrade(address: str, folder: Path) -> Path | None:
    """Dump a PostgreSQL database that an upgrade would change, and prove that it can be read.

    Return the file in `folder`, readable by its owner alone; None where nothing is to be dumped:
    an empty or new database, and a SQLite file, which the upgrade itself copies. Raises
    ConfigurationError without the programs of PostgreSQL, StorageError when they fail.
    """
    url = database_url(address)
    if url.get_backend_name() != "postgresql" or not await _is_due(address):
        return None
    dump, listing = _program("pg_dump"), _program("pg_restore")
    target = folder / f"{url.database}.before-{HEAD}.dump"
    # Only what was read to its end takes the name of a backup.
    begun = target.with_name(f"{target.name}.begun")
    try:
        _begin(begun)
        await _done([dump, "--format=custom", "--no-password", f"--file={begun}"], _server(url))
        await _done([listing, "--list", str(begun)], {})
        begun.replace(target)
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        # Also for whoever ends the program meanwhile: it would lie there for good.
        with suppress(OSError):
            begun.unlink()
    return target


def _begin(file: Path) -> None:
    """Put an empty file of our own there, in place of one from a try that was killed."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


async def _is_due(address: str) -> bool:
    database = Database(address, read_only=True)
    try:
        return await stored_revision(database) not in {HEAD, None}
    finally:
        await database.close()


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ConfigurationError(_WITHOUT_PROGRAM.format(program=name))
    return found


def _server(url: URL) -> Mapping[str, str]:
    """Return where the server is, as libpq reads it: a password must not stand in a command line."""
    host, ssl = url.query.get("host"), url.query.get("ssl")
    known = {
        "PGHOST": url.host or host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": ssl,
    }
    return {name: str(value) for name, value in known.items() if value}


async def _done(command: list[str], server: Mapping[str, str]) -> None:
    """Run a program of PostgreSQL to its end. Raises StorageError with its last words."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **server},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    name = Path(command[0]).name
    try:
        async with asyncio.timeout(DUMP_SECONDS):
            _, errors = await process.communicate()
    except TimeoutError as error:
        raise StorageError(f"{name} took too long") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        said = errors.decode("utf-8", "replace").strip().splitlines()
        raise StorageError(f"{name} failed: {said[-1] if said else process.returncode}")

"""The lock that one bot holds on a PostgreSQL server for as long as it lives.

The lease is a row, and a holder of the same name takes it over at once: on one machine the lock of
the data folder proves that its predecessor is dead. Two containers may share name and folder and
yet be two; the server tells them apart by their connections. Should this connection break, the
lock is gone and nothing else: the epoch of the lease still lets only one process arm.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import text

from core.errors import ConfigurationError
from storage.engine import database_url
from storage.sqlite_file import OPEN_SECONDS
from storage.statements import storage_faults

# Any number of our own; the writers take their turns on another one.
LOCK = 0x45_54_46_32
# A machine that lost its power says no goodbye: within half a minute the server gives the lock up.
_SILENCE = (
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
)


@asynccontextmanager
async def server_lock(address: str) -> AsyncIterator[None]:
    """Hold the lock of a PostgreSQL database for the time of the block; of a SQLite file, none.

    Raises ConfigurationError when another process holds it, StorageError when nobody answers.
    """
    url = database_url(address)
    if url.get_backend_name() != "postgresql":
        yield
        return
    from storage.pool import build_engine  # most accounts live in one file

    async with AsyncExitStack() as stack:
        engine = build_engine(url)
        stack.push_async_callback(engine.dispose)
        with storage_faults("taking the lock of the database"):
            async with asyncio.timeout(OPEN_SECONDS):
                connection = await stack.enter_async_context(engine.connect())
                # No transaction stays open beside the writers'.
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                for statement in _SILENCE:
                    await connection.execute(text(statement))
                is_ours = await connection.scalar(text(f"SELECT pg_try_advisory_lock({LOCK})"))
        if not is_ours:
            raise ConfigurationError(
                "another bot works with this database: stop it first. If its machine lost power, "
                "the server lets go within half a minute"
            )
        yield

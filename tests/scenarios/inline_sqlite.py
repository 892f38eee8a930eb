"""A SQLite connection without aiosqlite's thread: the same file, the same statements, no waiting.

For proofs that make hundreds of thousands of steps; the thread itself is tested elsewhere.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import Any

import aiosqlite

QUERY_ONLY = frozenset({"PRAGMA query_only=ON", "PRAGMA query_only=OFF"})


class InlineConnection(aiosqlite.Connection):
    """Runs each call at once."""

    def __init__(self, path: Path) -> None:
        # Deliberately not aiosqlite's own: it makes the thread.
        self._running = True
        self._connection = None
        self._iter_chunk_size = 64
        self._path = path
        self._query_only = ""
        self._tx = self  # type: ignore[assignment]  # SQLAlchemy puts one kind of call there itself

    def __await__(self) -> Generator[Any, None, aiosqlite.Connection]:
        return self._open().__await__()

    async def _open(self) -> aiosqlite.Connection:
        self._connection = sqlite3.connect(self._path, check_same_thread=False)
        return self

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        if args and args[0] in QUERY_ONLY:
            # SQLite compiles every statement anew after it, even where it says what is so already.
            if args[0] == self._query_only:
                return None
            self._query_only = args[0]
        return fn(*args, **kwargs)

    def put_nowait(self, item: tuple[asyncio.Future[Any] | None, Any]) -> None:
        """Run what SQLAlchemy hands to the thread itself."""
        future, function = item
        result = function()
        if future is not None:
            future.set_result(result)

    def stop(self) -> asyncio.Future[Any] | None:
        """Close at once; there is no thread to stop."""
        self._drop()
        return None

    async def close(self) -> None:
        """Close. Uncommitted work is lost."""
        self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            # A statement that somebody still holds would keep the connection, and its lock, alive.
            self._connection.rollback()
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        """Say nothing."""


def connects_to(path: Path) -> Any:
    """Return what SQLAlchemy calls for a new connection."""

    async def connect(*_args: object, **_kwargs: object) -> aiosqlite.Connection:
        return await InlineConnection(path)

    return connect

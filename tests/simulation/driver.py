"""aiosqlite without its thread: the driver calls of one SQLite file, run on the virtual loop.

Each call runs at once, or after a seeded virtual latency, in the order in which it was asked for,
whether or not its caller still waits (as in the thread). A lock held by another connection is
waited for in virtual time up to the busy time-out. Commits that changed rows are told.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import pool
from tests.scenarios.inline_sqlite import QUERY_ONLY
from tests.simulation.fence import Crash, Fence

_BUSY_STEP = 0.05
_BUSY_PRAGMA = "PRAGMA busy_timeout"
_SLOW_SHARE = 0.08
_RUNS = frozenset({"execute", "executemany"})


@contextmanager
def one_dialect() -> Iterator[None]:
    """Let all engines of this process share one dialect, and so what it has compiled.

    Every life makes an engine of its own; compiling the same statements anew for each of them was
    a quarter of the time of a seed.
    """
    place: Any = pool
    made = place.create_async_engine

    def make(url: Any, **options: Any) -> AsyncEngine:
        new = made(url, **options)
        sync = new.sync_engine
        dialect, compiled = _SHARED.setdefault("sqlite", (sync.dialect, sync._compiled_cache))
        sync.dialect = sync.pool._dialect = dialect
        sync._compiled_cache = compiled
        return new

    place.create_async_engine = make
    try:
        yield
    finally:
        place.create_async_engine = made


_SHARED: dict[str, tuple[Any, Any]] = {}


class Disk:
    """One database file: who writes to it, and whether somebody else holds it for a while."""

    def __init__(self, path: Path, dice: random.Random) -> None:
        self.path = path
        self.dice = dice
        self.busy_until = 0.0
        self.on_commit: Callable[[], None] = lambda: None


class InlineConnection(aiosqlite.Connection):
    """One connection of one life."""

    def __init__(self, disk: Disk, fence: Fence, loop: asyncio.AbstractEventLoop) -> None:
        # Deliberately not aiosqlite's own: it makes the thread.
        self._running = True
        self._connection = None
        self._iter_chunk_size = 64
        self._disk = disk
        self._fence = fence
        self._loop = loop
        self._busy_seconds = 0.0
        self._waiting: deque[tuple[asyncio.Future[Any] | None, Callable[[], Any], float]] = deque()
        self._tx = self  # type: ignore[assignment]  # SQLAlchemy puts one kind of call there itself
        self._changes = 0
        self._query_only = ""
        fence.closing.append(self.drop)

    def __await__(self) -> Generator[Any, None, aiosqlite.Connection]:
        return self._connect().__await__()

    async def _connect(self) -> aiosqlite.Connection:
        self._fence.step("db.open")
        self._connection = sqlite3.connect(self._disk.path, check_same_thread=False)
        return self

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        if self._connection is None:
            raise ValueError("Connection closed")
        if args and isinstance(args[0], str) and args[0].startswith(_BUSY_PRAGMA):
            # The real one would hold up the only thread there is.
            self._busy_seconds = int(args[0].partition("=")[2]) / 1000
            args = ("PRAGMA busy_timeout=0", *args[1:])
        if not self._waiting and self._disk.dice.random() >= _SLOW_SHARE:
            try:
                return self._run(fn, args, kwargs)
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
        return await self._later(partial(self._run, fn, args, kwargs))

    def put_nowait(self, item: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        """Run what SQLAlchemy hands to the thread itself."""
        future, function = item
        result = function()
        if future is not None:
            future.set_result(result)

    async def _later(self, call: Callable[[], Any]) -> Any:
        future = self._loop.create_future()
        until = self._loop.time() + self._busy_seconds
        self._waiting.append((future, call, until))
        if len(self._waiting) == 1:
            self._loop.call_later(self._disk.dice.random() * 0.004, self._work)
        return await future

    def _work(self) -> None:
        future, call, until = self._waiting[0]
        try:
            result = call()
        except sqlite3.OperationalError as error:
            if _is_busy(error) and self._loop.time() < until:
                self._loop.call_later(_BUSY_STEP, self._work)
                return
            _fail(future, error)
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it, as from the thread
            _fail(future, error)
        else:
            if future is not None and not future.done():
                future.set_result(result)
        self._waiting.popleft()
        if self._waiting:
            self._loop.call_soon(self._work)

    def _run(self, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name = getattr(fn, "__name__", "")
        if name in _RUNS:
            step, begins = _step_of(args[0])
            self._fence.step(step)
            if begins:
                self._begin()
            if args[0] in QUERY_ONLY:
                return self._may_write(fn, args[0])
            return fn(*args, **kwargs)
        if name == "commit":
            return self._commit(fn)
        if self._fence.is_down:
            raise Crash(name)
        return fn(*args, **kwargs)

    def _may_write(self, fn: Any, pragma: str) -> Any:
        """Set what is not set so already: SQLite compiles every statement anew afterwards."""
        if pragma == self._query_only:
            return None
        result = fn(pragma)
        self._query_only = pragma
        return result

    def _begin(self) -> None:
        if self._loop.time() < self._disk.busy_until:
            raise sqlite3.OperationalError("database is locked")
        self._changes = self._raw.total_changes

    def _commit(self, fn: Any) -> None:
        self._fence.step("db.commit")
        fn()
        if self._raw.total_changes != self._changes:
            self._changes = self._raw.total_changes
            self._disk.on_commit()
            self._fence.step("db.committed")

    @property
    def _raw(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ValueError("no active connection")
        return self._connection

    def stop(self) -> asyncio.Future[Any] | None:
        """Close at once; there is no thread to stop."""
        self.drop()
        return None

    async def close(self) -> None:
        """Close. Uncommitted work is lost."""
        self.drop()

    def drop(self) -> None:
        """Close, whoever still waits. An open cursor would keep a gone process's lock."""
        if self._connection is not None:
            if self._connection.in_transaction:
                self._connection.rollback()
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        """Say nothing: a crashed life closes nothing."""


@cache
def _step_of(statement: str) -> tuple[str, bool]:
    """Return a statement's name as a step, and whether it begins to write."""
    verb = statement.lstrip()[:6].upper().strip()
    return f"db.{verb.lower()}", verb.startswith("BEGIN") and "IMMEDIATE" in statement


def _fail(future: asyncio.Future[Any] | None, error: BaseException) -> None:
    if future is not None and not future.done():
        future.set_exception(error)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return "locked" in str(error) or "busy" in str(error)

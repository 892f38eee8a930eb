"""Lets all SQLite engines of a test process share what SQLAlchemy has compiled.

An engine compiles each statement once and keeps it; a test that opens a database of its own would
compile everything anew, which takes longer than the statements themselves. A file has two
plain engines (storage/sqlite_file), an inline connection an async one: each kind shares with its
own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from storage import pool, sqlite_thread


def share_dialect() -> None:
    """From now on, new SQLite engines take the dialect and the compiled statements of the first."""
    places: tuple[Any, ...] = (pool, sqlite_thread)
    pool_place, plain_place = places
    pool_place.create_async_engine = _sharing(
        pool_place.create_async_engine, lambda made: made.sync_engine
    )
    plain_place.create_engine = _sharing(plain_place.create_engine, lambda made: made)


def _sharing(made: Callable[..., Any], plain: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return `made`, whose engines share; `plain` finds the one inside that compiles."""
    shared: list[Any] = []

    def make(url: Any, **options: Any) -> Any:
        new = made(url, **options)
        sync = plain(new)
        if sync.dialect.name == "sqlite":
            shared.extend(() if shared else (sync.dialect, sync._compiled_cache))
            sync.dialect, sync._compiled_cache = shared
            sync.pool._dialect = sync.dialect
        return new

    return make

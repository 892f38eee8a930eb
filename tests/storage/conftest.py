from __future__ import annotations

from pathlib import Path

import pytest

from storage.ledger import SqlLedger
from storage.opening import open_database


def address_of(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
async def database(database_file):
    opened = await open_database(address_of(database_file), migrate=False)
    yield opened
    await opened.close()


@pytest.fixture
def ledger(database):
    return SqlLedger(database)

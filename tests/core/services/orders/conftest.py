from __future__ import annotations

import shutil

import pytest

from storage.ledger import SqlLedger
from storage.migrations.runner import upgrade_here
from storage.opening import open_database
from tests.fakes.desk_kit import KODEX, TIGER, Kit, RecordingSurface, at
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import ScriptedBroker


@pytest.fixture(scope="session")
def migrated_ledger(tmp_path_factory):
    """One migrated, empty file; tests copy it, because migrating costs 50 ms."""
    path = tmp_path_factory.mktemp("ledger") / "empty.sqlite"
    upgrade_here(f"sqlite:///{path}")
    return path


@pytest.fixture
async def database(tmp_path, migrated_ledger):
    path = tmp_path / "trade.sqlite"
    shutil.copyfile(migrated_ledger, path)
    opened = await open_database(f"sqlite:///{path}", migrate=False)
    yield opened
    await opened.close()


@pytest.fixture
def clock():
    return HandClock(at(10))


@pytest.fixture
def broker(clock):
    return ScriptedBroker(
        clock,
        prices={KODEX: 35_000, TIGER: 30_000},
        holdings={TIGER: 5},
        cash_won=600_000,
    )


@pytest.fixture
def kit(database, clock, broker, tmp_path):
    return Kit(
        ledger=SqlLedger(database),
        clock=clock,
        broker=broker,
        surface=RecordingSurface(),
        halt_file=tmp_path / "HALT",
    )

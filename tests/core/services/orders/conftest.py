from __future__ import annotations

import pytest

from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.fakes.desk_kit import KODEX, KOSDAQ, TIGER, Kit, RecordingSurface, at
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import ScriptedBroker


@pytest.fixture
async def database(database_file):
    opened = await open_database(f"sqlite:///{database_file}", migrate=False)
    yield opened
    await opened.close()


@pytest.fixture
def clock():
    return HandClock(at(10))


@pytest.fixture
def broker(clock):
    return ScriptedBroker(
        clock,
        prices={KODEX: 35_000, TIGER: 30_000, KOSDAQ: 12_000},
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

import pytest

from core.domain.modes import Mode
from tests.brokers.kis.wire_fixtures import Script
from tests.brokers.kiwoom.wire_fixtures import make_broker


@pytest.fixture
def script():
    return Script()


@pytest.fixture
async def vts(script):
    broker = make_broker(script)
    yield broker
    await broker.close()


@pytest.fixture
async def real(script):
    broker = make_broker(script, Mode.REAL)
    yield broker
    await broker.close()

"""Which market data and statements stand beside each broker that the settings can name."""

from datetime import datetime

import pytest

from bot.brokerage import open_brokerage
from bot.settings import load
from brokers.kis.market_data import KisMarketData
from brokers.kis.master import MASTER_URL
from core.domain.instrument import Instrument, Symbol
from core.domain.krx import KST
from core.ports.market_data import MarketCall
from core.ports.statements import StatementCall
from core.runtime.clock import SteppedClock
from tests.bot.environment import KIS, only

CLOCK = SteppedClock(datetime(2026, 11, 20, 9, 30, tzinfo=KST), rate=0)
UNIVERSE = (Instrument(symbol=Symbol("069500"), name="KODEX 200"),)
REAL = {
    "BROKER": "kis",
    "KIS_MODE": "KIS_REAL",
    "KIS_REAL_APP_KEY": "PSkey1234567890",
    "KIS_REAL_APP_SECRET": "c2VjcmV0LXNlY3JldC1zZWNyZXQ=",
    "KIS_REAL_ACCOUNT_NO": "50123456",
}
VTS_CALLS = {
    MarketCall.ORDER_BOOK,
    MarketCall.TRADES,
    MarketCall.INDEX,
    MarketCall.INDEX_BARS,
    MarketCall.LISTINGS,
}
SIM_CALLS = {
    MarketCall.ORDER_BOOK,
    MarketCall.VOLUME_RANKING,
    MarketCall.CHANGE_RANKING,
    MarketCall.INSTRUMENT,
}


@pytest.mark.parametrize(
    ("environment", "calls", "statements"),
    [
        ({"BROKER": "sim"}, SIM_CALLS, {StatementCall.OPEN_ORDERS, StatementCall.ASSETS}),
        (KIS, VTS_CALLS, {StatementCall.OPEN_ORDERS}),
        (REAL, set(MarketCall), set(StatementCall)),
        # Simulated fills on real quotes: the market is KIS's, the account is ours.
        (
            {**KIS, "BROKER": "sim"},
            VTS_CALLS,
            {StatementCall.OPEN_ORDERS, StatementCall.ASSETS},
        ),
    ],
)
async def test_each_broker_says_what_it_offers(
    monkeypatch, tmp_path, environment, calls, statements
):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), **environment)
    settings = load(local_only=True)
    settings.data_dir.mkdir(exist_ok=True)
    brokerage = open_brokerage(settings, CLOCK, UNIVERSE)
    market_data, stated = brokerage.market_data, brokerage.statements
    assert {call for call in MarketCall if market_data.refused(call) is None} == calls
    assert {call for call in StatementCall if stated.refused(call) is None} == statements
    await brokerage.adapter.close()


@pytest.mark.parametrize(
    ("kis_url", "folder"),
    [("", MASTER_URL), ("http://127.0.0.1:9/", "http://127.0.0.1:9/common/master")],
)
async def test_on_a_sandbox_the_master_files_come_from_there(
    monkeypatch, tmp_path, kis_url, folder
):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), **KIS)
    brokerage = open_brokerage(load(local_only=True), CLOCK, UNIVERSE, kis_url=kis_url)
    assert isinstance(brokerage.market_data, KisMarketData)
    assert brokerage.market_data.master_url == folder
    await brokerage.adapter.close()

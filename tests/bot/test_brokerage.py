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
    ("environment", "korean", "english"),
    [
        ({"BROKER": "sim"}, "가상 시세 (seed 7)", "invented prices (seed 7)"),
        (KIS, "KIS 모의투자", "KIS mock trading"),
        (REAL, "KIS", "KIS"),
        ({**KIS, "BROKER": "sim"}, "KIS 시세", "KIS quotes"),
    ],
)
async def test_the_prices_are_named_in_the_language_of_the_settings(
    monkeypatch, tmp_path, environment, korean, english
):
    for locale, words in (("ko", korean), ("en", english)):
        only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), LOCALE=locale, **environment)
        settings = load(local_only=True)
        settings.data_dir.mkdir(exist_ok=True)
        # The same file in both languages: what a source calls itself is no wording.
        brokerage = open_brokerage(settings, CLOCK, UNIVERSE)
        assert brokerage.prices_label == words
        await brokerage.adapter.close()


@pytest.mark.parametrize("adjusted", [True, False])
@pytest.mark.parametrize("locale", ["ko", "en"])
async def test_replayed_prices_name_their_file_and_whether_one_series_serves(
    monkeypatch, tmp_path, adjusted, locale
):
    bars = tmp_path / "bars.csv"
    bars.write_text(
        "date,symbol,open,high,low,close,volume\n2026-11-19,069500,1000,1010,990,1005,10\n"
    )
    given = {"SIM_ADJUSTED_FILE": str(bars)} if adjusted else {}
    only(
        monkeypatch,
        tmp_path,
        DATA_DIR=str(tmp_path),
        LOCALE=locale,
        BROKER="sim",
        SIM_PRICES_FILE=str(bars),
        **given,
    )
    brokerage = open_brokerage(load(local_only=True), CLOCK, UNIVERSE)
    begins = {"ko": "재생 시세 (bars.csv", "en": "replayed prices (bars.csv"}[locale]
    one = {"ko": ", 수정주가 없이 한 계열", "en": ", one series, not adjusted"}[locale]
    assert brokerage.prices_label == f"{begins}{'' if adjusted else one})"
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

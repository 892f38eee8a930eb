"""Market data read from answers as the documents show them; what is missing or wrong is named."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from brokers.kis.market_data import KisMarketData
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.listing import Kind
from core.domain.market_index import MarketIndex
from core.domain.modes import Mode
from core.domain.ranking import Direction, VolumeOrder
from core.errors import BrokerProtocolError, BrokerRefused, NotOfferedHere
from tests.brokers.kis.wire_fixtures import NOW, TOKEN, make_broker, ok, payload

KODEX = Symbol("069500")
DAY = NOW.date()

BOOK = {
    "aspr_acpt_hour": "093001",
    "askp1": "35155",
    "askp2": "35160",
    "askp3": "0",
    "bidp1": "35150",
    "askp_rsqn1": "1200",
    "askp_rsqn2": "40",
    "bidp_rsqn1": "900",
    "total_askp_rsqn": "1240",
    "total_bidp_rsqn": "900",
}
EXPECTED = {"stck_sdpr": "35000", "antc_cnpr": "35150", "antc_vol": "77", "vi_cls_code": "N"}
TRADE = {
    "stck_cntg_hour": "092959",
    "stck_prpr": "35150",
    "prdy_vrss": "-150",
    "prdy_vrss_sign": "5",
    "cntg_vol": "3",
    "tday_rltv": "98.52",
    "prdy_ctrt": "-0.43",
}
ETF = {
    "stck_prpr": "35150",
    "stck_mxpr": "45500",
    "stck_llam": "24500",
    "prdy_vrss": "150",
    "prdy_vrss_sign": "2",
    "acml_vol": "10",
    "nav": "35160.12",
}
NAV_DAY = {
    "stck_bsop_date": "20261119",
    "stck_clpr": "35000",
    "nav": "35010.50",
    "dprt": "-0.03",
    "acml_vol": "100",
}
INDEX = {
    "bstp_nmix_prpr": "2807.63",
    "bstp_nmix_prdy_vrss": "10.30",
    "prdy_vrss_sign": "2",
    "bstp_nmix_prdy_ctrt": "0.37",
    "bstp_nmix_oprc": "0.00",
    "acml_vol": "758166",
    "acml_tr_pbmn": "13576970",
}
INDEX_BAR = {
    "bstp_nmix_prpr": "2610.81",
    "bstp_nmix_oprc": "2630.05",
    "bstp_nmix_hgpr": "2642.95",
    "bstp_nmix_lwpr": "2606.78",
    "acml_vol": "1117170",
    "acml_tr_pbmn": "9806510",
}
RECORD = {
    "pdno": "00000A069500",
    "prdt_abrv_name": "KODEX 200",
    "prdt_eng_name": "SAMSUNG KODEX 200",
    "std_pdno": "KR7069500007",
    "scty_grp_id_cd": "EF",
    "lstg_stqt": "160000000",
    "bfdy_clpr": "35000",
    "etf_chas_erng_rt_dbnb": "1.00",
    "etf_txtn_type_cd": "01",
    "scts_mket_lstg_dt": "20021014",
    "lstg_abol_dt": "",
    "tr_stop_yn": "N",
    "cptt_trad_tr_psbl_yn": "Y",
}


@pytest.fixture
def real_market(real):
    return KisMarketData(real)


@pytest.fixture
def vts_market(vts):
    return KisMarketData(vts)


async def test_the_captured_book(vts_market, script):
    script.answers = [payload("inquire-asking-price-exp-ccn__1")]
    book = await vts_market.order_book(TOKEN, Symbol("005930"))
    assert (book.best_ask_won, book.best_bid_won) == (75_800, 75_700)
    assert (len(book.asks), len(book.bids)) == (10, 10)
    assert (book.asks[0].quantity, book.bids[9].quantity) == (41_846, 60_022)
    assert (book.ask_shares, book.bid_shares) == (588_904, 1_966_820)
    assert (book.expected_won, book.expected_shares) == (75_700, 1_000_673)
    assert (book.changed_at, book.received_at) == (time(16, 0), NOW)
    assert not book.in_volatility_interruption
    assert script.query() == {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
    assert script.requests[0].headers["tr_id"] == "FHKST01010200"


async def test_a_book_with_empty_levels_and_without_an_expected_price(vts_market, script):
    expected = {"stck_sdpr": "35000", "vi_cls_code": "1"}
    bare = BOOK | {"aspr_acpt_hour": "", "bidp1": "0", "bidp_rsqn1": "0"}
    script.answers = [ok(output1=BOOK, output2=EXPECTED), ok(output1=bare, output2=expected)]
    book = await vts_market.order_book(TOKEN, KODEX)
    assert [level.price_won for level in book.asks] == [35_155, 35_160]
    assert [level.quantity for level in book.bids] == [900]
    book = await vts_market.order_book(TOKEN, KODEX)
    assert (book.bids, book.best_bid_won, book.changed_at) == ((), None, None)
    assert (book.expected_won, book.expected_shares) == (None, 0)
    assert book.in_volatility_interruption


@pytest.mark.parametrize(
    ("output1", "output2", "named"),
    [
        (BOOK | {"askp1": ""}, EXPECTED, "output1: askp1 malformed"),
        (BOOK | {"bidp_rsqn1": "-1"}, EXPECTED, "bidp_rsqn1 malformed"),
        ({"askp1": "1"}, EXPECTED, "bidp1 missing"),
        (BOOK, {}, "output2: stck_sdpr missing"),
        (BOOK, None, "output2 missing"),
        (None, EXPECTED, "output1 missing"),
    ],
)
async def test_a_broken_book_is_named(vts_market, script, output1, output2, named):
    script.answers = [ok(output1=output1, output2=output2)]
    with pytest.raises(BrokerProtocolError, match=named):
        await vts_market.order_book(TOKEN, KODEX)


async def test_a_book_of_nothing_is_an_unknown_symbol(vts_market, script):
    nothing = {**dict.fromkeys(BOOK, "0"), "aspr_acpt_hour": ""}
    script.answers = [ok(output1=nothing, output2=dict.fromkeys(EXPECTED, "0"))]
    with pytest.raises(BrokerRefused, match="no such symbol: 999999"):
        await vts_market.order_book(TOKEN, Symbol("999999"))


async def test_trades_and_their_direction(vts_market, script):
    rows = [
        TRADE,
        TRADE | {"prdy_vrss": "150"},  # the sign code decides
        TRADE | {"prdy_vrss": "150", "prdy_vrss_sign": "2", "tday_rltv": ""},
        TRADE | {"prdy_vrss": "0", "prdy_vrss_sign": "3"},
    ]
    script.answers = [ok(output=rows), ok(output=[])]
    trades = await vts_market.trades(TOKEN, KODEX)
    assert [trade.change_won for trade in trades] == [-150, -150, 150, 0]
    assert (trades[0].at, trades[0].shares) == (time(9, 29, 59), 3)
    assert (trades[0].strength_percent, trades[2].strength_percent) == (Decimal("98.52"), None)
    assert await vts_market.trades(TOKEN, KODEX) == ()
    assert script.requests[0].headers["tr_id"] == "FHKST01010300"


async def test_the_captured_etf(real_market, script):
    script.answers = [ok(output=payload("etfetn-inquire-price__1"))]
    etf = await real_market.etf(TOKEN, Symbol("305720"))
    assert (etf.last_won, etf.upper_limit_won, etf.lower_limit_won) == (19_020, 24_725, 13_315)
    assert (etf.nav_won, etf.previous_nav_won) == (Decimal("19028.18"), Decimal("19028.18"))
    assert (etf.disparity_percent, etf.tracking_error_percent) == (
        Decimal("-0.04"),
        Decimal("0.44"),
    )
    assert (etf.multiple, etf.creation_unit, etf.holdings) == (1, 100_000, 26)
    assert (etf.net_assets_won, etf.units) == (1_187_300_000_000, 62_400_000)
    assert etf.issuer == "삼성자산운용(ETF)"
    assert etf.index_name == "FnGuide 2차전지 산업 지수"
    assert (etf.listed_on, etf.matures_on) == (date(2018, 9, 12), None)
    assert script.requests[0].headers["tr_id"] == "FHPST02400000"
    assert script.requests[0].url.path == "/uapi/etfetn/v1/quotations/inquire-price"


async def test_an_etf_with_little_said_about_it(real_market, script):
    script.answers = [
        ok(output=ETF),
        ok(output=ETF | {"nav": "0.00"}),
        ok(output=dict.fromkeys(ETF, "0")),
    ]
    etf = await real_market.etf(TOKEN, KODEX)
    assert (etf.nav_won, etf.disparity_percent, etf.multiple) == (Decimal("35160.12"), None, None)
    assert (etf.net_assets_won, etf.units, etf.issuer) == (None, None, "")
    assert (await real_market.etf(TOKEN, KODEX)).nav_won is None
    with pytest.raises(BrokerRefused, match="no such ETF"):
        await real_market.etf(TOKEN, KODEX)


async def test_the_captured_nav_before_the_open(real_market, script):
    script.answers = [payload("nav-comparison-trend__1")]
    nav = await real_market.nav(TOKEN, Symbol("305720"))
    assert (nav.last_won, nav.previous_close_won) == (19_020, 19_020)
    assert nav.nav_won == nav.previous_nav_won == Decimal("19028.18")
    assert (nav.open_nav_won, nav.high_nav_won, nav.low_nav_won) == (None, None, None)


async def test_what_has_no_nav_is_refused(real_market, script):
    price = {"stck_prpr": "75000", "stck_prdy_clpr": "74000"}
    script.answers = [ok(output1=price, output2={"nav": "0.00"}), ok(output1=price, output2={})]
    with pytest.raises(BrokerRefused, match="no NAV"):
        await real_market.nav(TOKEN, KODEX)
    with pytest.raises(BrokerProtocolError, match="nav missing"):
        await real_market.nav(TOKEN, KODEX)


async def test_the_captured_nav_days_keep_the_stated_disparity(real_market, script):
    script.answers = [payload("nav-comparison-daily-trend__1")]
    days = await real_market.nav_days(TOKEN, KODEX, date(2021, 6, 1), date(2021, 6, 15))
    assert [day.session for day in days] == [date(2021, 6, 14), date(2021, 6, 15)]
    # The close is adjusted, the NAV is not: the row itself would say -6 %.
    assert (days[1].close_won, days[1].nav_won) == (40_751, Decimal("43422.04"))
    assert days[1].disparity_percent == Decimal("-0.22")
    assert script.query()["FID_INPUT_DATE_1"] == "20210601"


async def test_nav_days_go_back_page_by_page(real_market, script):
    def page(last, count):
        days = [last - timedelta(days=number) for number in range(count)]
        return ok(output=[NAV_DAY | {"stck_bsop_date": day.strftime("%Y%m%d")} for day in days])

    first_end = DAY - timedelta(days=100)
    script.answers = [page(DAY, 100), page(first_end, 51)]
    turns = []

    async def turn():
        turns.append(len(script.requests))

    start = DAY - timedelta(days=150)
    days = await real_market.paced(turn).nav_days(TOKEN, KODEX, start, DAY)
    assert (len(days), days[0].session, days[-1].session) == (151, start, DAY)
    assert turns == [1]
    assert script.query()["FID_INPUT_DATE_2"] == first_end.strftime("%Y%m%d")
    script.answers = [ok(output=[{}, NAV_DAY, {"stck_bsop_date": ""}])]
    assert len(await real_market.nav_days(TOKEN, KODEX, start, DAY)) == 1


async def test_moments_are_asked_for_with_the_etf_code(real_market, script):
    row = {
        "bsop_hour": "093000",
        "stck_prpr": "35150",
        "nav": "35160.12",
        "dprt": "-0.03",
        "acml_vol": "5",
    }
    script.answers = [ok(output=[row])]
    (moment,) = await real_market.nav_moments(TOKEN, KODEX, 180)
    assert (moment.at, moment.price_won, moment.volume_shares) == (time(9, 30), 35_150, 5)
    assert (moment.nav_won, moment.disparity_percent) == (Decimal("35160.12"), Decimal("-0.03"))
    assert script.query() == {
        "FID_COND_MRKT_DIV_CODE": "E",
        "FID_INPUT_ISCD": "069500",
        "FID_HOUR_CLS_CODE": "180",
    }


async def test_the_captured_basket(real_market, script):
    script.answers = [payload("inquire-component-stock-price__1")]
    basket = await real_market.basket(TOKEN, KODEX)
    assert (basket.nav_won, basket.creation_unit, basket.holdings) == (
        Decimal("37922.77"),
        50_000,
        201,
    )
    (part,) = basket.components
    assert (part.symbol, part.name, part.price_won) == ("005930", "삼성전자", 79_800)
    assert (part.weight_percent, part.value_won) == (Decimal("30.08"), 557_868_300)
    assert part.change_percent == Decimal("2.18")
    assert script.query()["FID_COND_SCR_DIV_CODE"] == "11216"


async def test_the_captured_rankings(real_market, script):
    script.answers = [payload("volume-rank__1"), payload("fluctuation__1")]
    first, second = await real_market.volume_ranking(TOKEN, VolumeOrder.INCREASE)
    assert (first.rank, first.code, first.change_won) == (2, "122630", -310)
    assert (first.volume_shares, first.average_shares) == (12_429_212, 3_884)
    assert (first.increase_percent, first.change_percent) == (Decimal("9999.99"), Decimal("-1.51"))
    assert second.turnover_won == 6_009_555_145
    assert script.query()["FID_BLNG_CLS_CODE"] == "1"
    (change,) = await real_market.change_ranking(TOKEN, Direction.DOWN)
    assert (change.rank, change.code, change.days) == (1, "323280", 2)
    assert change.change_percent == Decimal("0.55")
    assert script.query()["fid_rank_sort_cls_code"] == "1"
    assert all(name == name.lower() for name in script.query())


async def test_the_captured_index(real_market, script):
    script.answers = [payload("inquire-index-price__1")]
    index = await real_market.index(TOKEN, MarketIndex.KOSPI)
    assert (index.level, index.change) == (Decimal("2807.63"), Decimal("10.30"))
    assert index.open_level == Decimal("2802.10")
    assert index.volume_shares == 758_166_000
    assert index.turnover_won == 13_576_970_000_000
    assert (index.rising, index.falling, index.unchanged) == (499, 371, 62)
    assert script.query() == {"FID_COND_MRKT_DIV_CODE": "U", "FID_INPUT_ISCD": "0001"}


async def test_vts_has_an_index_as_the_head_of_its_bars(vts_market, script):
    script.answers = [
        ok(output1=INDEX, output2=[]),
        ok(output1=INDEX | {"bstp_nmix_prpr": "0"}, output2=[]),
    ]
    index = await vts_market.index(TOKEN, MarketIndex.KOSDAQ)
    assert (index.level, index.open_level, index.rising) == (Decimal("2807.63"), None, None)
    assert script.requests[0].headers["tr_id"] == "FHKUP03500100"
    assert script.query()["FID_INPUT_ISCD"] == "1001"
    with pytest.raises(BrokerRefused, match="no such index"):
        await vts_market.index(TOKEN, MarketIndex.KOSDAQ)


async def test_index_bars_come_oldest_first_without_placeholders(vts_market, script):
    rows = [INDEX_BAR | {"stck_bsop_date": day} for day in ("20261120", "20261119")]
    script.answers = [ok(output1={}, output2=[*rows, {}])]
    bars = await vts_market.index_bars(TOKEN, MarketIndex.KOSPI200, date(2026, 11, 1), DAY)
    assert [bar.session for bar in bars] == [date(2026, 11, 19), DAY]
    assert bars[0].close_level == Decimal("2610.81")
    assert (bars[0].volume_shares, bars[0].turnover_won) == (1_117_170_000, 9_806_510_000_000)
    assert script.query()["FID_INPUT_ISCD"] == "2001"


async def test_a_record(real_market, script):
    stock = RECORD | {
        "pdno": "00000A247540",
        "scty_grp_id_cd": "ST",
        "scts_mket_lstg_dt": "00000000",
        "kosdaq_mket_lstg_dt": "20190305",
        "lstg_abol_dt": "20301231",
        "etf_chas_erng_rt_dbnb": "",
        "bfdy_clpr": "",
        "tr_stop_yn": "Y",
    }
    script.answers = [ok(output=RECORD), ok(output=stock), ok(output={}), ok(output=RECORD)]
    facts = await real_market.instrument(TOKEN, KODEX)
    assert (facts.code, facts.kind, facts.isin) == ("069500", Kind.ETF, "KR7069500007")
    assert (facts.name, facts.english_name) == ("KODEX 200", "SAMSUNG KODEX 200")
    assert (facts.listed_shares, facts.previous_close_won) == (160_000_000, 35_000)
    assert (facts.multiple, facts.tax_code) == (1, "01")
    assert (facts.listed_on, facts.delisted_on) == (date(2002, 10, 14), None)
    assert (facts.is_halted, facts.trades_on_nxt) == (False, True)
    assert script.query() == {"PRDT_TYPE_CD": "300", "PDNO": "069500"}
    facts = await real_market.instrument(TOKEN, Symbol("247540"))
    assert (facts.kind, facts.multiple, facts.is_halted) == (Kind.STOCK, None, True)
    assert (facts.listed_on, facts.delisted_on) == (date(2019, 3, 5), date(2030, 12, 31))
    assert facts.previous_close_won is None
    for symbol in (KODEX, Symbol("114800")):  # an empty record, then another symbol's
        with pytest.raises(BrokerRefused, match="no such symbol"):
            await real_market.instrument(TOKEN, symbol)


async def test_the_captured_news(real_market, script):
    script.answers = [payload("news-title__1"), ok(output=[])]
    (title,) = await real_market.news_titles(TOKEN, None, None)
    assert title.published_at == datetime(2024, 6, 20, 11, 0, 51, tzinfo=KST)
    assert (title.number, title.source) == ("2024062011005138887", "연합뉴스")
    assert title.codes == ("010130",)
    assert title.title.startswith("서스틴베스트")
    assert set(script.query().values()) == {""}
    assert await real_market.news_titles(TOKEN, KODEX, NOW) == ()
    query = script.query()
    assert (query["FID_INPUT_DATE_1"], query["FID_INPUT_HOUR_1"]) == ("0020261120", "0000093000")
    assert query["FID_INPUT_ISCD"] == "069500"


async def test_observe_may_read_what_real_may(script):
    broker = make_broker(script, Mode.OBSERVE)
    script.answers = [payload("nav-comparison-trend__1")]
    assert (await KisMarketData(broker).nav(TOKEN, Symbol("305720"))).last_won == 19_020
    await broker.close()


async def test_what_vts_lacks_is_never_called(vts_market, script):
    with pytest.raises(NotOfferedHere, match="nav: 모의투자"):
        await vts_market.nav(TOKEN, KODEX)
    assert script.requests == []

"""NAV, index bars, lists, records and profits out of answers that are played back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from brokers.kiwoom.market_data import KiwoomMarketData
from brokers.kiwoom.statements import KiwoomStatements
from core.domain.listing import Board, Kind
from core.domain.market import Designation
from core.domain.market_index import MarketIndex
from core.errors import BrokerProtocolError, BrokerRefused, NotOfferedHere
from core.ports.statements import StatementCall
from tests.brokers.kiwoom.wire_fixtures import DAY, KODEX, NOW, TOKEN, ok

STOCK = {
    "stk_cd": "069500",
    "cur_prc": "-35150",
    "base_pric": "35200",
    "upl_pric": "+45760",
    "lst_pric": "-24640",
    "trde_qty": "120345",
    "a_field_of_tomorrow": {"x": 1},
}
# As the vendor's own client was answered on 2026-07-01 (ka40003), with the NAV of a fund.
NAV = {
    "cntr_dt": "20261120",
    "cur_prc": "-35150",
    "pre_sig": "5",
    "pred_pre": "-50",
    "pre_rt": "-0.14",
    "trde_qty": "120345",
    "nav": "-35180.25",
    "acc_trde_prica": "4230",
    "navidex_dispty_rt": "0.00",
    "navetfdispty_rt": "-0.09",
    "trace_eor_rt": "0",
    "trace_cur_prc": "0",
    "trace_pred_pre": "0",
    "trace_pre_sig": "3",
}
BEFORE = NAV | {"cntr_dt": "20261119", "cur_prc": "+35200", "nav": "+35190.10"}
NO_FUND = {"nav": "0.00", "navetfdispty_rt": "0.00"}
RECORD = {
    "code": "069500",
    "name": "KODEX 200",
    "listCount": "0000000180700000",
    "auditInfo": "정상",
    "regDay": "20021014",
    "lastPrice": "00035200",
    "state": "증거금100%",
    "marketName": "ETF",
    "orderWarning": "0",
    "nxtEnable": "",
}
FACTS = {"stk_nm": "KODEX 200", "etfobjt_idex_nm": "", "etftxon_type": "비과세"}
# ka20006 as it was captured from the mock exchange.
INDEX_BAR = {
    "cur_prc": "650711",
    "trde_qty": "564",
    "dt": "20261119",
    "open_pric": "746524",
    "high_pric": "746524",
    "low_pric": "584316",
    "trde_prica": "121971",
}
# ka10074 as it was captured: one share bought for 67399.39 and sold for 396000; 60 won of fee and
# 792 won of tax were taken off.
PROFIT = {
    "dt": "20260522",
    "buy_amt": "396000",
    "sell_amt": "396000",
    "tdy_sel_pl": "327749",
    "tdy_trde_cmsn": "110",
    "tdy_trde_tax": "792",
}
PROFITS = {
    "tot_buy_amt": "396000",
    "tot_sell_amt": "396000",
    "rlzt_pl": "327749",
    "trde_cmsn": "110",
    "trde_tax": "792",
}


def navs(*rows):
    return ok(etfdaly_trnsn=list(rows))


@pytest.fixture
def market(vts):
    return KiwoomMarketData(vts)


async def test_an_etf_is_a_price_beside_todays_nav(market, script):
    script.answers = [ok(**STOCK), navs(NAV, BEFORE)]
    etf = await market.etf(TOKEN, KODEX)
    assert (etf.last_won, etf.change_won, etf.volume_shares) == (35_150, -50, 120_345)
    assert (etf.lower_limit_won, etf.upper_limit_won) == (24_640, 45_760)
    assert (etf.nav_won, etf.previous_nav_won) == (Decimal("35180.25"), Decimal("35190.10"))
    assert etf.disparity_percent == Decimal("-0.09")
    assert (etf.in_volatility_interruption, etf.received_at) == (None, NOW)
    assert [request.headers["api-id"] for request in script.requests] == ["ka10001", "ka40003"]
    assert script.body() == {"stk_cd": KODEX}


async def test_yesterdays_nav_never_stands_beside_a_price_of_today(market, script):
    script.answers = [ok(**STOCK), navs(NAV | NO_FUND, BEFORE), ok(**STOCK), navs(BEFORE)]
    for _ in range(2):
        etf = await market.etf(TOKEN, KODEX)
        assert (etf.nav_won, etf.disparity_percent) == (None, None)
        assert etf.previous_nav_won == Decimal("35190.10")


async def test_before_the_first_trade_the_last_nav_stands(market, script):
    quiet = STOCK | {"cur_prc": "0", "trde_qty": "0"}
    script.answers = [ok(**quiet), navs(BEFORE)]
    etf = await market.etf(TOKEN, KODEX)
    assert (etf.last_won, etf.change_won) == (35_200, 0)
    assert (etf.nav_won, etf.previous_nav_won) == (Decimal("35190.10"), None)


async def test_a_nav_of_a_day_to_come_is_none(market, script):
    quiet, to_come = STOCK | {"trde_qty": "0"}, NAV | {"cntr_dt": "20261123"}
    script.answers = [ok(**quiet), navs(to_come, BEFORE), ok(**quiet), navs(to_come)]
    assert (await market.etf(TOKEN, KODEX)).nav_won == Decimal("35190.10")
    with pytest.raises(BrokerRefused, match="EMPTY_NAV"):
        await market.etf(TOKEN, KODEX)


async def test_a_day_without_a_nav_of_its_own_leaves_the_last_one_standing(market, script):
    script.answers = [ok(**(STOCK | {"trde_qty": "0"})), navs(NAV | NO_FUND, BEFORE)]
    etf = await market.etf(TOKEN, KODEX)
    assert (etf.nav_won, etf.disparity_percent) == (Decimal("35190.10"), Decimal("-0.09"))


async def test_what_is_no_fund_or_nothing_has_no_nav(market, script):
    script.answers = [ok(**STOCK), navs(NAV | NO_FUND), ok(**STOCK), navs(), ok(stk_cd="")]
    script.answers.append(ok(**(STOCK | {"cur_prc": "0", "base_pric": "0"})))
    for code in ("EMPTY_NAV", "EMPTY_NAV", "EMPTY_QUOTE", "EMPTY_QUOTE"):
        with pytest.raises(BrokerRefused) as raised:
            await market.etf(TOKEN, "005930")
        assert raised.value.code == code


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nav": "many"}, "nav malformed"),
        ({"cur_prc": ""}, "cur_prc malformed"),
        ({"cntr_dt": "yesterday"}, "cntr_dt malformed"),
    ],
)
async def test_a_nav_that_cannot_be_read_is_named(market, script, changes, said):
    script.answers = [ok(**STOCK), navs(NAV | changes)]
    with pytest.raises(BrokerProtocolError, match=said):
        await market.etf(TOKEN, KODEX)


async def test_days_of_nav_over_pages_without_today(market, script):
    script.answers = [
        (200, navs(NAV, BEFORE), {"cont-yn": "Y", "next-key": "k"}),
        (
            200,
            navs(BEFORE | {"cntr_dt": "20261118"} | NO_FUND, BEFORE | {"cntr_dt": "20261117"}),
            {"cont-yn": "Y", "next-key": "l"},
        ),
    ]
    days = await market.nav_days(TOKEN, KODEX, date(2026, 11, 17), DAY)
    assert [day.session.day for day in days] == [17, 19]
    assert (days[1].close_won, days[1].nav_won) == (35_200, Decimal("35190.10"))
    assert (days[1].disparity_percent, days[1].volume_shares) == (Decimal("-0.09"), 120_345)


async def test_bars_of_an_index_come_in_hundredths(market, script):
    older = INDEX_BAR | {"dt": "20261118"}
    script.answers = [(200, ok(inds_dt_pole_qry=[INDEX_BAR, older]), {})]
    days = await market.index_bars(TOKEN, MarketIndex.KOSPI200, date(2026, 11, 18), DAY)
    assert [day.session.day for day in days] == [18, 19]
    bar = days[0]
    assert (bar.open_level, bar.close_level) == (Decimal("7465.24"), Decimal("6507.11"))
    assert (bar.high_level, bar.low_level) == (Decimal("7465.24"), Decimal("5843.16"))
    assert (bar.volume_shares, bar.turnover_won) == (564_000, 121_971_000_000)
    assert script.body() == {"inds_cd": "201", "base_dt": "20261120"}


async def test_an_index_without_rows_has_no_bars(market, script):
    script.answers = [ok(inds_dt_pole_qry=[])]
    assert await market.index_bars(TOKEN, MarketIndex.KOSPI, DAY, DAY) == ()
    script.answers = [ok()]
    with pytest.raises(BrokerProtocolError, match="inds_dt_pole_qry missing"):
        await market.index_bars(TOKEN, MarketIndex.KOSPI, DAY, DAY)


async def test_a_board_is_listed_over_all_pages(market, script):
    odd = RECORD | {"code": "0080G0", "name": "새 ETN", "marketName": "ETN", "listCount": "0"}
    halted = RECORD | {"code": "005930", "marketName": "거래소", "auditInfo": "거래정지"}
    warned = RECORD | {"code": "000660", "marketName": "새 시장", "auditInfo": "관리종목"}
    script.answers = [
        (200, ok(list=[RECORD, odd]), {"cont-yn": "Y", "next-key": "k"}),
        ok(list=[halted, warned, dict.fromkeys(RECORD, "")]),
    ]
    fund, note, stock, other = await market.listings(TOKEN, Board.KOSPI)
    assert (fund.code, fund.kind, fund.base_won, fund.lot) == (KODEX, Kind.ETF, 35_200, 1)
    assert (fund.listed_shares, fund.listed_on) == (180_700_000, date(2002, 10, 14))
    assert (fund.previous_shares, fund.isin, fund.designations) == (None, "", frozenset())
    assert (note.kind, note.listed_shares) == (Kind.ETN, None)
    assert (stock.kind, stock.is_halted, fund.is_halted) == (Kind.STOCK, True, False)
    assert (other.kind, other.designations) == (Kind.OTHER, {Designation.ADMINISTRATIVE})
    assert script.body() == {"mrkt_tp": "0"}


async def test_the_record_of_an_etf_says_how_it_is_taxed(market, script):
    script.answers = [ok(**RECORD), ok(**FACTS), ok(**(RECORD | {"marketName": "거래소"}))]
    assert (await market.instrument(TOKEN, KODEX)).tax_code == "비과세"
    assert (await market.instrument(TOKEN, KODEX)).tax_code == ""
    apis = [request.headers["api-id"] for request in script.requests]
    assert apis == ["ka10100", "ka40002", "ka10100"]


async def test_profit_by_day_as_it_was_captured(vts, script):
    statements = KiwoomStatements(vts, vts.clock)
    earlier = PROFIT | {"dt": "20260521", "tdy_sel_pl": "-12"}
    script.answers = [ok(**PROFITS, dt_rlzt_pl=[earlier, PROFIT])]
    found = await statements.profit_by_day(TOKEN, date(2026, 5, 1), date(2026, 5, 22))
    assert [(day.session.day, day.realised_won) for day in found.days] == [(22, 327_749), (21, -12)]
    day = found.days[0]
    assert (day.bought_won, day.sold_won, day.fee_won) == (396_000, 396_000, 110)
    assert (day.tax_won, day.percent) == (792, None)
    assert (found.totals.realised_won, found.totals.tax_won) == (327_749, 792)
    assert script.body() == {"strt_dt": "20260501", "end_dt": "20260522"}
    script.answers = [ok(dt_rlzt_pl=[])]
    with pytest.raises(BrokerProtocolError, match="rlzt_pl missing"):
        await statements.profit_by_day(TOKEN, DAY, DAY)


async def test_profit_by_trade_is_refused_before_a_request(vts, script):
    statements = KiwoomStatements(vts, vts.clock)
    assert statements.refused(StatementCall.PROFIT_BY_DAY) is None
    assert statements.refused(StatementCall.OPEN_ORDERS) is None
    with pytest.raises(NotOfferedHere, match="profit_by_trade"):
        await statements.profit_by_trade(TOKEN, DAY, DAY)
    assert script.requests == []

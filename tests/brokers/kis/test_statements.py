"""Statements read from answers as the documents show them."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import httpx
import pytest

from brokers.from_lists import StatementsFromLists
from brokers.kis.statements import KisStatements
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.orders import Side
from core.errors import BrokerProtocolError, BrokerUnavailable, NotOfferedHere, TokenRejected
from tests.brokers.kis.test_reads import CASH, HOLDING, ORDER
from tests.brokers.kis.wire_fixtures import NOW, TOKEN, ok, payload

DAY = NOW.date()
OPEN = {
    "odno": "0000000007",
    "orgn_odno": "",
    "ord_gno_brno": "06590",
    "pdno": "069500",
    "sll_buy_dvsn_cd": "01",
    "ord_qty": "10",
    "ord_unpr": "35150",
    "ord_tmd": "091500",
    "tot_ccld_qty": "4",
    "psbl_qty": "6",
}
CLASS = {
    "pchs_amt": "100000",
    "evlu_amt": "101000",
    "evlu_pfls_amt": "1000",
    "crdt_lnd_amt": "0",
    "real_nass_amt": "101000",
    "whol_weit_rt": "10.10",
}
ASSETS = {
    "tot_asst_amt": "1000000",
    "nass_tot_amt": "999000",
    "tot_dncl_amt": "899000",
    "evlu_amt_smtl": "101000",
    "evlu_pfls_amt_smtl": "1000",
    "loan_amt_smtl": "1000",
}
DAY_PROFIT = {
    "trad_dt": "20261119",
    "buy_amt": "104375",
    "sll_amt": "106100",
    "rlzt_pfls": "1717",
    "fee": "7.6",
    "tl_tax": "0",
    "pfls_rt": "1.64502994",
}
TRADE_PROFIT = DAY_PROFIT | {
    "pdno": "069500",
    "prdt_name": "KODEX 200",
    "buy_qty": "17",
    "sll_qty": "17",
}
SUMS = {
    "buy_tr_amt_smtl": "104375",
    "sll_tr_amt_smtl": "106100",
    "tot_fee": "8",
    "tot_tltx": "0",
    "tot_rlzt_pfls": "1717",
}
SPAN = (date(2026, 11, 1), date(2026, 11, 20))


@pytest.fixture
def stated(real):
    return KisStatements(real)


async def test_open_orders(stated, script):
    rows = [
        OPEN,
        OPEN | {"odno": "8", "psbl_qty": "0"},
        OPEN | {"sll_buy_dvsn_cd": "02", "odno": "9"},
    ]
    script.answers = [ok(output=rows)]
    seven, nine = await stated.open_orders(TOKEN)
    assert (seven.ref.number, seven.ref.branch, seven.original_number) == ("7", "06590", "")
    assert (seven.ordered, seven.filled, seven.cancellable) == (10, 4, 6)
    assert (seven.side, nine.side) == (Side.SELL, Side.BUY)
    assert seven.price_won == Won(35_150)
    assert seven.placed_at == datetime.combine(DAY, time(9, 15), KST)
    assert script.requests[0].headers["tr_id"] == "TTTC0084R"
    query = script.query()
    assert (query["INQR_DVSN_1"], query["INQR_DVSN_2"], query["CTX_AREA_NK100"]) == ("0", "0", "")


async def test_open_orders_over_pages_count_a_shifted_row_once(stated, script):
    def page(numbers, more):
        rows = [OPEN | {"odno": str(number)} for number in numbers]
        body = ok(output=rows, ctx_area_fk100="fk", ctx_area_nk100="nk" if more else "")
        return 200, body, {"tr_cont": "F" if more else "D"}

    script.answers = [page(range(1, 51), more=True), page(range(50, 60), more=False)]
    turns = []

    async def turn():
        turns.append(len(script.requests))

    orders = await stated.paced(turn).open_orders(TOKEN)
    assert [order.ref.number for order in orders] == [str(number) for number in range(1, 60)]
    assert turns == [1]
    script.answers = [page(range(1, 51), more=True), page(range(1, 51), more=True)]
    with pytest.raises(BrokerProtocolError, match="none to be had"):
        await stated.open_orders(TOKEN)


async def test_open_orders_of_vts_come_out_of_the_order_list(vts, script):
    script.answers = [ok(output1=[ORDER, ORDER | {"odno": "8", "rmn_qty": "0"}], output2={})]
    (order,) = await KisStatements(vts).open_orders(TOKEN)
    assert (order.ref.number, order.filled, order.cancellable) == ("7", 4, 6)
    assert script.requests[0].headers["tr_id"] == "VTTC0081R"
    assert script.query()["CCLD_DVSN"] == "00"


async def test_assets_by_class_and_in_sum(stated, script):
    script.answers = [ok(output1=[CLASS, CLASS], output2=ASSETS), ok(output1=[], output2=[ASSETS])]
    assets = await stated.assets(TOKEN)
    assert len(assets.classes) == 2
    assert assets.classes[0].weight_percent == Decimal("10.10")
    assert (assets.classes[0].bought_won, assets.classes[0].profit_won) == (100_000, 1_000)
    assert (assets.total_won, assets.net_won, assets.loans_won) == (1_000_000, 999_000, 1_000)
    assert (assets.deposit_won, assets.securities_won) == (899_000, 101_000)
    assert assets.taken_at == NOW
    assert (await stated.assets(TOKEN)).classes == ()
    assert script.requests[0].headers["tr_id"] == "CTRP6548R"


@pytest.mark.parametrize("output2", [[], [ASSETS, ASSETS], None, {"tot_asst_amt": "1"}])
async def test_assets_without_their_sum_are_an_error(stated, script, output2):
    script.answers = [ok(output1=[CLASS], output2=output2)]
    with pytest.raises(BrokerProtocolError, match="output2"):
        await stated.assets(TOKEN)


async def test_profit_by_day_and_by_trade(stated, script):
    script.answers = [
        ok(output1=[DAY_PROFIT], output2=SUMS),
        ok(output1=[TRADE_PROFIT], output2=SUMS),
    ]
    days = await stated.profit_by_day(TOKEN, *SPAN)
    assert script.requests[0].headers["tr_id"] == "TTTC8708R"
    assert script.query()["INQR_DVSN"] == "00"
    assert (script.query()["INQR_STRT_DT"], script.query()["SORT_DVSN"]) == ("20261101", "00")
    trades = await stated.profit_by_trade(TOKEN, *SPAN)
    assert script.requests[1].headers["tr_id"] == "TTTC8715R"
    assert "INQR_DVSN" not in script.query()
    (day,), (trade,) = days.days, trades.trades
    assert (day.session, day.realised_won, day.fee_won) == (date(2026, 11, 19), 1_717, 8)
    assert day.percent == Decimal("1.64502994")
    assert (trade.symbol, trade.name) == ("069500", "KODEX 200")
    assert (trade.bought_shares, trade.sold_shares) == (17, 17)
    assert (trade.bought_won, trade.sold_won, trade.tax_won) == (104_375, 106_100, 0)
    assert days.totals == trades.totals
    assert (days.totals.realised_won, days.totals.fee_won) == (1_717, 8)


async def test_the_captured_sums_of_profit(stated, script):
    sums = payload("inquire-period-trade-profit__1")["output2"]
    script.answers = [ok(output1=[], output2=sums)]
    totals = (await stated.profit_by_trade(TOKEN, *SPAN)).totals
    assert (totals.bought_won, totals.sold_won) == (104_375, 106_100)
    assert (totals.fee_won, totals.realised_won) == (8, 1_717)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"trad_dt": ""}, "trad_dt malformed"),
        ({"rlzt_pfls": "x"}, "rlzt_pfls malformed"),
        ({"pfls_rt": None}, "pfls_rt malformed"),
    ],
)
async def test_a_malformed_profit_is_named(stated, script, change, named):
    script.answers = [ok(output1=[DAY_PROFIT, DAY_PROFIT | change], output2=SUMS)]
    with pytest.raises(BrokerProtocolError, match=rf"output1\[1\]: {named}"):
        await stated.profit_by_day(TOKEN, *SPAN)


async def test_what_vts_lacks_is_never_called(vts, script):
    stated = KisStatements(vts)
    for call in (stated.assets(TOKEN), stated.profit_by_day(TOKEN, *SPAN)):
        with pytest.raises(NotOfferedHere, match="모의투자"):
            await call
    with pytest.raises(NotOfferedHere, match="profit_by_trade"):
        await stated.profit_by_trade(TOKEN, *SPAN)
    assert script.requests == []


async def test_lists_of_a_paced_broker_are_read_in_its_pace(vts, script):
    turns = []

    async def turn():
        turns.append(len(script.requests))

    full = [ORDER | {"odno": str(number)} for number in range(1, 16)]
    script.answers = [
        (200, ok(output1=full, ctx_area_fk100="f", ctx_area_nk100="n"), {"tr_cont": "F"}),
        ok(output1=[]),
        ok(output1=[HOLDING], output2=[CASH]),
    ]
    stated = StatementsFromLists(vts, vts.clock).paced(turn)
    assert len(await stated.open_orders(TOKEN)) == 15
    assert turns == [1]
    assets = await stated.assets(TOKEN)
    assert (assets.securities_won, assets.profit_won) == (3 * 35_150, 3 * 150)


@pytest.mark.parametrize("code", [200, "200"])
async def test_a_token_is_given_back(real, script, code):
    script.answers = [{"code": code, "message": "접근토큰 폐기에 성공하였습니다"}]
    await real.revoke_token(TOKEN)
    assert script.requests[0].url.path == "/oauth2/revokeP"
    assert script.body() == {"appkey": "A" * 36, "appsecret": "S" * 180, "token": "tok.en"}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"code": 500, "message": "x"}, BrokerProtocolError),
        ({"message": "x"}, BrokerProtocolError),
        ((403, {"error_code": "EGW00121", "error_description": "x"}), TokenRejected),
        (httpx.ReadTimeout("x"), BrokerUnavailable),
    ],
)
async def test_a_token_that_could_not_be_given_back(real, script, answer, fault):
    script.answers = [answer]
    with pytest.raises(fault):
        await real.revoke_token(TOKEN)

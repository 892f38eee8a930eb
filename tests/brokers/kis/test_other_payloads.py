"""Answers of the same calls that were not captured, as the fact sheet says they may look."""

from __future__ import annotations

from datetime import date

import pytest

from brokers.kis.market_data import KisMarketData
from brokers.kis.statements import KisStatements
from core.domain.instrument import Symbol
from core.domain.market_index import MarketIndex
from core.domain.orders import OrderState
from core.errors import BrokerProtocolError, BrokerUnavailable, RateLimited
from tests.brokers.kis.test_reads import CASH, HOLDING, ORDER, PRICE
from tests.brokers.kis.wire_fixtures import NOW, TOKEN, ok

DAY = NOW.date()
KODEX = Symbol("069500")
# 모의투자 writes N, tells when it told, and does not pad its numbers.
VTS_ORDER = {
    **ORDER,
    "odno": "47589",
    "cncl_yn": "N",
    "infm_tmd": "093002",
    "prdt_type_cd": "300",
    "excg_dvsn_cd": "02",
    "excg_id_dvsn_cd": "KRX",
}
BLANK_CURSORS = {"ctx_area_fk100": " " * 100, "ctx_area_nk100": " " * 100}


def listed(*rows: dict[str, str], code: str = "20310000", **more: object) -> dict[str, object]:
    text = "모의투자 조회가 완료되었습니다.".ljust(63)
    return {
        **ok(output1=list(rows), output2={}, **BLANK_CURSORS, **more),
        "msg_cd": code,
        "msg1": text,
    }


@pytest.mark.parametrize("code", ["KIOK0560", "KIOK0510", "KIOK0460", "20310000"])
async def test_a_day_without_orders_in_either_mode(vts, real, script, code):
    script.answers = [listed(code=code), listed(code=code)]
    assert (await vts.order_history(TOKEN, DAY)).orders == ()
    assert (await real.order_history(TOKEN, DAY)).orders == ()


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"tot_ccld_qty": "0", "tot_ccld_amt": "0", "avg_prvs": "0", "rmn_qty": "10"}, "WORKING"),
        ({"tot_ccld_qty": "4", "rmn_qty": "6"}, "PARTIAL"),
        ({"tot_ccld_qty": "10", "rmn_qty": "0", "tot_ccld_amt": "351500"}, "FILLED"),
        ({"tot_ccld_qty": "0", "tot_ccld_amt": "0", "rmn_qty": "0", "cncl_cfrm_qty": "10",
          "cncl_yn": "Y"}, "CANCELLED"),
        ({"tot_ccld_qty": "4", "rmn_qty": "0", "cncl_cfrm_qty": "6", "cncl_yn": "Y"},
         "PARTIAL_CANCELLED"),
        ({"tot_ccld_qty": "0", "tot_ccld_amt": "0", "rmn_qty": "0", "rjct_qty": "10"}, "REJECTED"),
    ],
)  # fmt: skip
async def test_every_state_of_an_order_in_vts(vts, script, changes, state):
    script.answers = [listed({**VTS_ORDER, **changes})]
    [order] = (await vts.order_history(TOKEN, DAY)).orders
    assert (order.ref.number, order.state()) == ("47589", OrderState[state])


@pytest.mark.parametrize("code", ["Q500001", "0193T0", KODEX])
async def test_codes_of_etns_and_codes_with_letters(vts, script, code):
    script.answers = [
        listed({**VTS_ORDER, "pdno": code}),
        ok(output1=[{**HOLDING, "pdno": code}], output2=[CASH], **BLANK_CURSORS),
    ]
    [order] = (await vts.order_history(TOKEN, DAY)).orders
    [held] = (await vts.account(TOKEN)).positions
    assert (order.symbol, held.symbol) == (code, code)


async def test_numbers_with_needless_zeros_and_decimals(vts, script):
    row = {
        **VTS_ORDER,
        "odno": "0000047589",
        "ord_qty": "0000000010",
        "ord_unpr": "35150.0000",
        "tot_ccld_qty": "4.00",
        "tot_ccld_amt": "140580.0000",
        "avg_prvs": "35145.0000",
        "rmn_qty": " 6 ",
    }
    script.answers = [listed(row)]
    [order] = (await vts.order_history(TOKEN, DAY)).orders
    assert (order.ref.number, order.ordered, order.price_won) == ("47589", 10, 35_150)
    assert (order.filled, order.remaining, order.average_price_won) == (4, 6, 35_145)


async def test_an_order_that_sor_took_and_whose_cancel_has_a_lower_number(real, script):
    order = {**ORDER, "odno": "0000574900", "excg_dvsn_cd": "12", "excg_id_dvsn_cd": "SOR"}
    order |= {"tot_ccld_qty": "0", "tot_ccld_amt": "0", "rmn_qty": "0", "cncl_cfrm_qty": "10"}
    cancel = {
        **order,
        "odno": "0000503800",
        "orgn_odno": "0000574900",
        "sll_buy_dvsn_cd_name": "매수취소*",
    }
    script.answers = [listed(order, cancel, code="KIOK0460")]
    first, second = (await real.order_history(TOKEN, DAY)).orders
    assert (first.state(), first.is_cancel_row) == (OrderState.CANCELLED, False)
    assert (second.original_number, second.is_cancel_row) == ("574900", True)


async def test_an_account_that_owes_and_holds_nothing(vts, script):
    cash = {"dnca_tot_amt": "0", "prvs_rcdl_excc_amt": "-5230"}
    script.answers = [ok(output1=[], output2=cash, **BLANK_CURSORS)]
    snapshot = await vts.account(TOKEN)
    assert (snapshot.positions, snapshot.settled_d2_won) == ((), -5_230)


@pytest.mark.parametrize(
    "changes",
    [
        {"stck_oprc": "0", "stck_hgpr": "0", "stck_lwpr": "0", "acml_vol": "0"},
        {"stck_oprc": "", "stck_hgpr": "", "stck_lwpr": " ", "acml_vol": "0"},
        {"stck_prpr": "0", "acml_vol": "0"},
    ],
)
async def test_a_price_before_the_open(vts, script, changes):
    script.answers = [ok(output={**PRICE, "iscd_stat_cls_code": "55", **changes})]
    quote = await vts.quote(TOKEN, KODEX)
    assert (quote.open_won, quote.high_won, quote.low_won) == (0, 0, 0)
    assert quote.last_won in {35_000, 35_150}


async def test_a_suspended_issue_in_a_vi(vts, script):
    halted = {"temp_stop_yn": "Y", "iscd_stat_cls_code": "58", "vi_cls_code": "Y"}
    script.answers = [ok(output={**PRICE, **halted, "acml_vol": "0"})]
    quote = await vts.quote(TOKEN, KODEX)
    assert (quote.is_halted, quote.in_vi, quote.designations) == (True, True, frozenset())


async def test_a_book_whose_far_levels_are_blank(vts, script):
    levels = {f"{side}{level}": "" for side in ("askp", "bidp") for level in range(2, 11)}
    sizes = {f"{side}_rsqn{level}": "" for side in ("askp", "bidp") for level in range(2, 11)}
    best = {"askp1": "35155", "bidp1": "35150", "askp_rsqn1": "7", "bidp_rsqn1": "9"}
    output1 = {**levels, **sizes, **best, "total_askp_rsqn": "7", "total_bidp_rsqn": "9"}
    output1 |= {"aspr_acpt_hour": ""}
    expected = {"stck_sdpr": "35000", "antc_cnpr": "", "antc_vol": "", "vi_cls_code": ""}
    script.answers = [ok(output1=output1, output2=expected)]
    book = await KisMarketData(vts).order_book(TOKEN, KODEX)
    assert ([one.price_won for one in book.asks], book.changed_at) == ([35_155], None)
    assert (book.expected_won, book.expected_shares) == (None, 0)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((500, {"rt_cd": "1", "msg_cd": "EGW00215", "msg1": "원장"}), RateLimited),
        ((200, {"rt_cd": "1", "msg_cd": "EGW00201", "msg1": "초당"}), RateLimited),
        ((500, {"rt_cd": "1", "msg_cd": "", "msg1": ""}), BrokerUnavailable),
        ((200, {"rt_cd": "1", "msg_cd": "90020000", "msg1": "지연"}), BrokerUnavailable),
        ((404, b""), BrokerProtocolError),
        ((200, ok()), BrokerProtocolError),
        ((200, ok(output={})), BrokerProtocolError),
        ((200, ok(output=None)), BrokerProtocolError),
    ],
)
async def test_what_is_no_quote(vts, script, answer, fault):
    script.answers = [answer]
    with pytest.raises(fault):
        await vts.quote(TOKEN, KODEX)


async def test_lists_that_are_empty(real, script):
    data, statements = KisMarketData(real), KisStatements(real)
    script.answers = [ok(output=[]), ok(output=[]), ok(output=[]), ok(output=[], **BLANK_CURSORS)]
    assert await data.trades(TOKEN, KODEX) == ()
    assert await data.news_titles(TOKEN, None, None) == ()
    assert await data.nav_days(TOKEN, KODEX, DAY, DAY) == ()
    assert await statements.open_orders(TOKEN) == ()
    script.answers = [ok(output1={}, output2=[{}, {"stck_bsop_date": ""}])]
    span = date(2026, 11, 1), DAY
    assert await data.index_bars(TOKEN, MarketIndex.KOSPI, *span) == ()
    script.answers = [ok(output1={}, output2=[{}])]
    assert (await real.daily_bars(TOKEN, KODEX, *span, adjusted=True)).bars == ()

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from core.domain.krx import KST
from core.domain.market import Designation
from core.domain.modes import Mode
from core.domain.money import Won
from core.domain.orders import OrderState, OrderType, Side
from core.errors import (
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    BrokerUnreachable,
    LedgerLimited,
    NotOfferedHere,
    RateLimited,
    TokenRejected,
)
from tests.brokers.kis.wire_fixtures import NOW, TOKEN, make_broker, ok, payload
from tests.fakes.hand_clock import HandClock

DAY = NOW.date()
KODEX = "069500"

ORDER = {
    "ord_dt": "20261120",
    "ord_gno_brno": "00950",
    "odno": "0000000007",
    "orgn_odno": "",
    "sll_buy_dvsn_cd": "02",
    "sll_buy_dvsn_cd_name": "현금매수",
    "pdno": KODEX,
    "ord_qty": "10",
    "ord_unpr": "35150",
    "ord_tmd": "093001",
    "tot_ccld_qty": "4",
    "tot_ccld_amt": "140580",
    "avg_prvs": "35145",
    "ord_dvsn_cd": "00",
    "cncl_cfrm_qty": "0",
    "rmn_qty": "6",
    "rjct_qty": "0",
}
HOLDING = {
    "pdno": KODEX,
    "prdt_name": "KODEX 200",
    "hldg_qty": "3",
    "ord_psbl_qty": "2",
    "pchs_avg_pric": "35000.0000",
    "pchs_amt": "105000",
    "prpr": "35150",
    "loan_dt": "",
}
CASH = {"dnca_tot_amt": "700000", "prvs_rcdl_excc_amt": "-120"}
BAR = {
    "stck_oprc": "100",
    "stck_hgpr": "120",
    "stck_lwpr": "90",
    "stck_clpr": "110",
    "acml_vol": "5",
}
PRICE = {
    "stck_prpr": "35150",
    "stck_sdpr": "35000",
    "stck_mxpr": "45500",
    "stck_llam": "24500",
    "aspr_unit": "5",
    "acml_vol": "10",
}


def orders(*numbers: int, more: bool = False, cursor: str = "") -> tuple[object, ...]:
    rows = [ORDER | {"odno": str(number)} for number in numbers]
    body = ok(output1=rows, output2={}, ctx_area_fk100="fk", ctx_area_nk100=cursor.ljust(100))
    return 200, body, {"tr_cont": "M" if more else "D"}


async def test_orders_of_the_captured_day(real, script):
    script.answers = [payload("inquire-daily-ccld__1")] * 2
    history = await real.order_history(TOKEN, date(2025, 12, 17))
    (order,) = history.orders
    assert order.ref.number == "85100"
    assert order.ref.branch == "03930"
    assert order.state() is OrderState.FILLED
    assert order.order_type is OrderType.MARKET
    assert order.average_price_won == 3145
    assert order.placed_at == datetime(2025, 12, 17, 9, 44, 14, tzinfo=KST)
    assert script.requests[0].headers["tr_id"] == "CTSC9215R"
    assert script.query()["EXCG_ID_DVSN_CD"] == "ALL"
    assert (await real.order_history(TOKEN, DAY)).orders == ()
    assert script.requests[1].headers["tr_id"] == "TTTC0081R"


async def test_near_three_months_back_both_lists_are_asked_in_turn(real, script):
    turns: list[int] = []

    async def next_request() -> None:
        turns.append(len(script.requests))

    script.answers = [orders(), orders(1)]
    day = real.clock.now().date() - timedelta(days=90)
    assert (await real.paced(next_request).order_history(TOKEN, day)).orders == ()
    assert [one.headers["tr_id"] for one in script.requests] == ["TTTC0081R", "CTSC9215R"]
    assert turns == [1]


async def test_orders_over_all_pages(vts, script):
    script.answers = [
        orders(*range(1, 16), more=True, cursor="p1"),
        orders(*range(15, 30), more=True, cursor="p2"),
        orders(30),
    ]
    turns = []

    async def turn():
        turns.append(len(script.requests))

    history = await vts.paced(turn).order_history(TOKEN, DAY)
    assert [order.ref.number for order in history.orders] == [str(n) for n in range(1, 31)]
    assert turns == [1, 2]
    assert [request.headers["tr_cont"] for request in script.requests] == ["", "N", "N"]
    assert script.query(1)["CTX_AREA_NK100"].strip() == "p1"
    assert script.query(0)["CTX_AREA_NK100"] == ""
    assert script.query(0)["EXCG_ID_DVSN_CD"] == "KRX"


async def test_orders_a_false_more_on_a_short_page_is_the_end(vts, script):
    script.answers = [orders(1, 2, more=True)]
    assert len((await vts.order_history(TOKEN, DAY)).orders) == 2
    script.answers = [orders(1, 2, more=True, cursor="p"), orders(1, 2, more=True, cursor="p")]
    assert len((await vts.order_history(TOKEN, DAY)).orders) == 2


async def test_orders_an_incomplete_list_raises(vts, script):
    full = range(1, 16)
    script.answers = [orders(*full, more=True)]
    with pytest.raises(BrokerProtocolError, match="none to be had"):
        await vts.order_history(TOKEN, DAY)
    script.answers = [orders(*full, more=True, cursor="p1"), orders(*full, more=True, cursor="p2")]
    with pytest.raises(BrokerProtocolError, match="none to be had"):
        await vts.order_history(TOKEN, DAY)
    script.answers = [
        orders(*range(n * 15 + 1, n * 15 + 16), more=True, cursor=f"p{n}") for n in range(100)
    ]
    with pytest.raises(BrokerProtocolError, match="100 pages"):
        await vts.order_history(TOKEN, DAY)


async def test_a_pause_between_pages_hides_nothing_of_the_clocks_difference(vts, script):
    _, last, _ = orders(16)
    script.answers = [
        orders(*range(1, 16), more=True, cursor="15"),
        (200, last, {"date": "Fri, 20 Nov 2026 00:30:30 GMT"}),
    ]

    async def pause():
        vts.clock.set(NOW + timedelta(seconds=40))

    history = await vts.paced(pause).order_history(TOKEN, DAY)
    assert len(history.orders) == 16
    assert history.server_ahead == timedelta(seconds=-10)
    assert history.read_at == NOW


async def test_orders_cancel_rows_and_states(vts, script):
    rows = [
        ORDER,
        ORDER | {"odno": "8", "orgn_odno": "0000000007", "sll_buy_dvsn_cd_name": "매수취소"},
        ORDER | {"odno": "9", "orgn_odno": "0000000007", "sll_buy_dvsn_cd_name": "매수정정*"},
        ORDER | {"odno": "10", "orgn_odno": "0000000000", "sll_buy_dvsn_cd": "01"},
        ORDER | {"odno": "11", "tot_ccld_amt": "0"},
        ORDER | {"odno": "12", "tot_ccld_qty": "0", "cncl_cfrm_qty": "10", "rmn_qty": "0"},
        ORDER | {"odno": "13", "ord_dt": "20261119"},
    ]
    script.answers = [ok(output1=rows)]
    history = await vts.order_history(TOKEN, DAY)
    seven, eight, nine, ten, eleven, twelve = history.orders
    assert [item.is_cancel_row for item in history.orders] == [False, True] + [False] * 4
    assert eight.original_number == nine.original_number == seven.ref.number == "7"
    assert (seven.state(), seven.average_price_won) == (OrderState.PARTIAL, Decimal(35145))
    assert (ten.side, ten.original_number) == (Side.SELL, "")
    assert eleven.average_price_won == Decimal(35145)
    assert (twelve.state(), twelve.average_price_won) == (OrderState.CANCELLED, None)
    assert history.read_at == NOW


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"odno": ""}, "odno malformed"),
        ({"rmn_qty": "x"}, "rmn_qty malformed"),
        ({"rmn_qty": "1.5"}, "rmn_qty malformed"),
        ({"rmn_qty": "-1"}, "rmn_qty malformed"),
        ({"ord_qty": True}, "ord_qty malformed"),
        ({"ord_qty": 1.5}, "ord_qty malformed"),
        ({"ord_unpr": "1E+999999999"}, "ord_unpr malformed"),
        ({"ord_tmd": ""}, "ord_tmd malformed"),
        ({"ord_tmd": "250000"}, "ord_tmd malformed"),
        ({"ord_dt": "2026-1-1"}, "ord_dt malformed"),
        ({"ord_dt": "20261320"}, "ord_dt malformed"),
        ({"pdno": 5}, "pdno malformed"),
        ({"sll_buy_dvsn_cd": "2"}, "sll_buy_dvsn_cd malformed"),
        ({"tot_ccld_qty": "11"}, "tot_ccld_qty above ord_qty"),
        ({"tot_ccld_amt": "0", "avg_prvs": "0"}, "neither amount"),
    ],
)
async def test_orders_a_malformed_row_is_named_and_nothing_is_returned(vts, script, change, named):
    script.answers = [ok(output1=[ORDER, ORDER | {"odno": "8"} | change])]
    with pytest.raises(BrokerProtocolError, match=named):
        await vts.order_history(TOKEN, DAY)


async def test_every_wrong_field_is_named_at_once(vts, script):
    row = {key: value for key, value in ORDER.items() if key != "odno"} | {"rmn_qty": ""}
    script.answers = [ok(output1=[row])]
    with pytest.raises(BrokerProtocolError, match=r"output1\[0\]: odno missing, rmn_qty malformed"):
        await vts.order_history(TOKEN, DAY)


async def test_numbers_may_come_padded_with_decimals_or_unquoted(vts, script):
    row = ORDER | {"ord_qty": " 10 ", "ord_unpr": "35150.0000", "rmn_qty": 6}
    script.answers = [ok(output1=[row])]
    (order,) = (await vts.order_history(TOKEN, DAY)).orders
    assert (order.ordered, order.price_won, order.remaining) == (10, 35_150, 6)


async def test_account_of_the_captured_answers(real, script):
    cash = payload("inquire-balance__5")
    script.answers = [
        cash | {"output1": payload("inquire-balance__1")["output1"]},
        payload("inquire-balance__3"),
        cash,
    ]
    account = await real.account(TOKEN)
    (position,) = account.positions
    assert (position.symbol, position.quantity, position.sellable) == ("088350", 1, 1)
    assert position.average_cost_won == Decimal("3145.0000")
    assert account.settled_d2_won == account.deposit_won == 346_455
    assert script.query()["INQR_DVSN"] == "01"
    empty = await real.account(TOKEN)
    assert (empty.positions, empty.nav_won) == ((), 0)
    with pytest.raises(BrokerProtocolError, match="output1 missing"):
        await real.account(TOKEN)


async def test_account_adds_loan_dates_and_drops_what_is_sold_out(vts, script):
    other_loan = HOLDING | {
        "loan_dt": "20261101",
        "hldg_qty": "1",
        "ord_psbl_qty": "1",
        "pchs_avg_pric": "36000.0000",
    }
    rows = [HOLDING, other_loan, HOLDING, HOLDING | {"pdno": "114800", "hldg_qty": "0"}]
    script.answers = [ok(output1=rows, output2=[CASH])]
    account = await vts.account(TOKEN)
    (position,) = account.positions
    assert (position.quantity, position.sellable) == (4, 3)
    assert position.average_cost_won == 35_250
    assert account.settled_d2_won == -120
    script.answers = [ok(output1=[HOLDING, HOLDING | {"hldg_qty": "4"}], output2=CASH)]
    with pytest.raises(BrokerProtocolError, match="stated twice"):
        await vts.account(TOKEN)


@pytest.mark.parametrize("cash", [[], [CASH, CASH], None, [{"dnca_tot_amt": "1"}]])
async def test_account_without_its_cash_is_an_error(vts, script, cash):
    script.answers = [ok(output1=[HOLDING], output2=cash)]
    with pytest.raises(BrokerProtocolError, match=r"output2|prvs_rcdl"):
        await vts.account(TOKEN)


async def test_buying_power_is_without_credit(vts, script):
    script.answers = [
        payload("inquire-psbl-order__1"),
        ok(output={"nrcvb_buy_amt": "-5", "nrcvb_buy_qty": "0"}),
    ]
    power = await vts.buying_power(TOKEN, KODEX, Won(55_000), OrderType.MARKET)
    assert (power.cash_won, power.quantity_max) == (9_998_580, 146)
    assert (script.query()["ORD_DVSN"], script.query()["ORD_UNPR"]) == ("01", "55000")
    power = await vts.buying_power(TOKEN, KODEX, Won(55_000), OrderType.LIMIT)
    assert power.cash_won == 0
    assert script.query()["ORD_DVSN"] == "00"


async def test_credit_is_never_buying_power(vts, script):
    credit = {"max_buy_amt": "2500000", "max_buy_qty": "70", "ord_psbl_cash": "1000000"}
    script.answers = [
        ok(output={"nrcvb_buy_amt": "900000", "nrcvb_buy_qty": "25", **credit}),
        ok(output=credit),
    ]
    power = await vts.buying_power(TOKEN, KODEX, Won(35_000), OrderType.LIMIT)
    assert (power.cash_won, power.quantity_max) == (900_000, 25)
    with pytest.raises(BrokerProtocolError, match="nrcvb_buy_amt"):
        await vts.buying_power(TOKEN, KODEX, Won(35_000), OrderType.LIMIT)


async def test_sellable_has_a_call_in_real_and_the_balance_in_vts(real, vts, script):
    script.answers = [payload("inquire-psbl-sell__1")]
    assert await real.sellable(TOKEN, "005930") == 1744
    script.answers = [ok(output1=[HOLDING], output2=[CASH])] * 2
    assert await vts.sellable(TOKEN, KODEX) == 2
    assert await vts.sellable(TOKEN, "114800") == 0
    assert script.requests[-1].headers["tr_id"] == "VTTC8434R"


@pytest.mark.parametrize(
    ("name", "last", "limits", "tick"),
    [
        ("inquire-price__1", 75_700, (54_200, 100_400), 100),
        ("inquire-price__3", 38_200, (26_500, 49_200), 50),
    ],
)
async def test_quotes_of_the_captured_answers(vts, script, name, last, limits, tick):
    script.answers = [payload(name)]
    quote = await vts.quote(TOKEN, "005930")
    assert quote.last_won == last
    assert (quote.lower_limit_won, quote.upper_limit_won) == limits
    assert quote.tick_won == tick
    assert quote.received_at == NOW
    assert quote.best_ask_won is None
    assert not quote.is_halted


async def test_a_price_in_a_slow_answer_is_as_old_as_the_question(vts, script):
    clock = HandClock(NOW)

    class Slow(dict):
        """The clock moves while this answer is on its way."""

        def items(self):
            clock.move(9)
            return super().items()

    script.answers = [Slow(ok(output=PRICE))]
    assert (await replace(vts, clock=clock).quote(TOKEN, KODEX)).received_at == NOW
    assert clock.now() > NOW


async def test_quotes_before_the_first_trade_halted_and_unknown(vts, script):
    script.answers = [
        ok(output=PRICE | {"stck_prpr": "0"}),
        ok(output=PRICE | {"temp_stop_yn": "Y"}),
        ok(output=PRICE | {"iscd_stat_cls_code": "58"}),
        ok(output=dict.fromkeys(PRICE, "0")),
        ok(output={**PRICE, "stck_mxpr": ""}),
    ]
    assert (await vts.quote(TOKEN, KODEX)).last_won == 35_000
    assert (await vts.quote(TOKEN, KODEX)).is_halted
    assert (await vts.quote(TOKEN, KODEX)).is_halted
    with pytest.raises(BrokerRefused, match="no such symbol"):
        await vts.quote(TOKEN, KODEX)
    with pytest.raises(BrokerProtocolError, match="stck_mxpr"):
        await vts.quote(TOKEN, KODEX)


@pytest.mark.parametrize(
    ("fields", "in_vi"),
    [
        ({}, None),
        ({"vi_cls_code": ""}, None),
        ({"vi_cls_code": "N"}, False),
        ({"vi_cls_code": "0"}, False),
        ({"vi_cls_code": "Y"}, True),
        ({"vi_cls_code": "1"}, True),
    ],
)
async def test_a_quote_tells_of_a_volatility_interruption(vts, script, fields, in_vi):
    quiet = {key: value for key, value in PRICE.items() if key != "vi_cls_code"}
    script.answers = [ok(output=quiet | fields)]
    assert (await vts.quote(TOKEN, KODEX)).in_vi is in_vi


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, set()),
        (
            {"iscd_stat_cls_code": "57", "mrkt_warn_cls_code": "00", "mang_issu_cls_code": "N"},
            set(),
        ),
        ({"iscd_stat_cls_code": "51"}, {Designation.ADMINISTRATIVE}),
        ({"iscd_stat_cls_code": "52"}, {Designation.RISK}),
        ({"iscd_stat_cls_code": "53"}, {Designation.WARNING}),
        ({"iscd_stat_cls_code": "54"}, {Designation.CAUTION}),
        ({"iscd_stat_cls_code": "59"}, {Designation.OVERHEATED}),
        ({"iscd_stat_cls_code": "77"}, {Designation.UNKNOWN}),
        ({"iscd_stat_cls_code": ""}, {Designation.UNKNOWN}),
        ({"mrkt_warn_cls_code": "01"}, {Designation.CAUTION}),
        ({"mrkt_warn_cls_code": "02"}, {Designation.WARNING}),
        ({"mrkt_warn_cls_code": "03"}, {Designation.RISK}),
        ({"mrkt_warn_cls_code": "09"}, {Designation.UNKNOWN}),
        (
            {"invt_caful_yn": "Y", "short_over_yn": "Y", "sltr_yn": "Y", "mang_issu_cls_code": "Y"},
            {
                Designation.CAUTION,
                Designation.OVERHEATED,
                Designation.LIQUIDATION,
                Designation.ADMINISTRATIVE,
            },
        ),
    ],
)
async def test_every_warning_of_the_exchange_is_read(vts, script, fields, expected):
    script.answers = [ok(output=PRICE | {"iscd_stat_cls_code": "55"} | fields)]
    assert (await vts.quote(TOKEN, KODEX)).designations == expected


def bars(last: date, count: int) -> dict[str, object]:
    days = [last - timedelta(days=number) for number in range(count)]
    return ok(
        output1={"itewhol_loan_rmnd_ratem name": "0.16"},
        output2=[BAR | {"stck_bsop_date": day.strftime("%Y%m%d")} for day in days],
    )


async def test_bars_of_the_captured_answer(vts, script):
    script.answers = [payload("inquire-daily-itemchartprice__1")]
    series = await vts.daily_bars(
        TOKEN, "005930", date(2024, 5, 1), date(2024, 5, 31), adjusted=False
    )
    assert series.source == "KIS"
    (bar,) = series.bars
    assert (bar.session, bar.open_won, bar.close_won) == (date(2024, 5, 10), 80_400, 79_200)
    assert script.query()["FID_ORG_ADJ_PRC"] == "1"


async def test_bars_are_paged_backwards_and_come_oldest_first(vts, script):
    end = date(2026, 11, 20)
    script.answers = [bars(end, 100), bars(end - timedelta(days=100), 100)]
    start = end - timedelta(days=149)
    series = await vts.daily_bars(TOKEN, KODEX, start, end, adjusted=True)
    assert len(series.bars) == 150
    assert (series.bars[0].session, series.bars[-1].session) == (start, end)
    assert [bar.session for bar in series.bars] == sorted(bar.session for bar in series.bars)
    assert script.query(1)["FID_INPUT_DATE_2"] == "20260812"
    assert script.query(1)["FID_ORG_ADJ_PRC"] == "0"


async def test_bars_placeholders_and_days_without_trades(vts, script):
    flat = BAR | {"stck_oprc": "0", "stck_hgpr": "0", "stck_lwpr": "0", "acml_vol": "0"}
    script.answers = [
        ok(output2=[{"stck_bsop_date": "20261119"} | flat, {}, {"stck_bsop_date": ""}]),
        ok(output2=[]),
        ok(output2=[BAR]),
        ok(output2="x"),
        ok(output2=[{"stck_bsop_date": "x"} | BAR]),
        ok(output2=["x"]),
    ]
    days = (date(2026, 11, 1), date(2026, 11, 20))
    (bar,) = (await vts.daily_bars(TOKEN, KODEX, *days, adjusted=True)).bars
    assert (bar.open_won, bar.high_won, bar.low_won, bar.volume_shares) == (110, 110, 110, 0)
    assert (await vts.daily_bars(TOKEN, KODEX, *days, adjusted=True)).bars == ()
    assert (await vts.daily_bars(TOKEN, KODEX, *days, adjusted=True)).bars == ()
    for named in ("output2 is not a list", "stck_bsop_date", "not an object"):
        with pytest.raises(BrokerProtocolError, match=named):
            await vts.daily_bars(TOKEN, KODEX, *days, adjusted=True)


async def test_bars_that_never_end_raise(vts, script):
    end = date(2026, 11, 20)
    script.answers = [bars(end, 100)] * 2
    with pytest.raises(BrokerProtocolError, match="repeats"):
        await vts.daily_bars(TOKEN, KODEX, date(1990, 1, 1), end, adjusted=True)
    script.answers = [bars(end - timedelta(days=100 * page), 100) for page in range(100)]
    with pytest.raises(BrokerProtocolError, match="100 pages"):
        await vts.daily_bars(TOKEN, KODEX, date(1990, 1, 1), end, adjusted=True)


async def test_holidays_are_asked_in_real_only(real, vts, script):
    script.answers = [payload("chk-holiday__3"), payload("chk-holiday__1")]
    with pytest.raises(NotOfferedHere):
        await vts.is_open_day(TOKEN, DAY)
    assert script.requests == []
    assert not await real.is_open_day(TOKEN, date(2026, 9, 24))  # tr_day_yn says Y
    assert await real.is_open_day(TOKEN, date(2024, 6, 12))
    script.answers = [payload("chk-holiday__1")]
    with pytest.raises(BrokerProtocolError, match="not listed"):
        await real.is_open_day(TOKEN, DAY)


async def test_observe_reads_like_real(script):
    broker = make_broker(script, Mode.OBSERVE)
    script.answers = [ok(output1=[], output2=[CASH])]
    await broker.account(TOKEN)
    assert script.requests[0].headers["tr_id"] == "TTTC8434R"
    await broker.close()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((500, {"rt_cd": "1", "msg_cd": "EGW00121", "msg1": "x"}), TokenRejected),
        ((200, {"rt_cd": "1", "msg_cd": "EGW00122", "msg1": "x"}), TokenRejected),
        ((500, {"rt_cd": "1", "msg_cd": "EGW00123", "msg1": "x"}), TokenRejected),
        ((500, {"rt_cd": "1", "msg_cd": "EGW00215", "msg1": "x"}), LedgerLimited),
        ((429, {"rt_cd": "1", "msg_cd": "OTHER", "msg1": "x"}), RateLimited),
        ((429, b""), RateLimited),
        ((500, {"rt_cd": "1", "msg_cd": "EGW00213", "msg1": "x"}), NotOfferedHere),
        ((200, {"rt_cd": "2", "msg_cd": "OPSQ2001", "msg1": "x"}), BrokerRefused),
        ((500, {"rt_cd": "1", "msg_cd": "", "msg1": ""}), BrokerUnavailable),
        ((500, {"rt_cd": "1", "msg_cd": "EGW00301", "msg1": ""}), BrokerUnavailable),
        ((200, {"rt_cd": "1", "msg_cd": "", "msg1": ""}), BrokerProtocolError),
        ((500, b""), BrokerUnavailable),
        ((404, b""), BrokerProtocolError),
        ((200, b""), BrokerProtocolError),
        ((200, b"{"), BrokerProtocolError),
        ((200, b"[1]"), BrokerProtocolError),
        ((200, ok()), BrokerProtocolError),
        ((200, ok(output=None)), BrokerProtocolError),
        ((200, ok(output=[])), BrokerProtocolError),
        ((202, ok(output={})), BrokerProtocolError),
        ((302, b""), BrokerProtocolError),
        (httpx.ReadTimeout("x"), BrokerUnavailable),
        (httpx.RemoteProtocolError("x"), BrokerUnavailable),
        (httpx.ConnectError("x"), BrokerUnreachable),
        (httpx.ConnectTimeout("x"), BrokerUnreachable),
    ],
)
async def test_reactions_to_the_answer_of_a_read(vts, script, answer, fault):
    script.answers = [answer]
    with pytest.raises(fault) as raised:
        await vts.quote(TOKEN, KODEX)
    assert type(raised.value) is fault


async def test_captured_refusals(real, script):
    script.answers = [
        (500, payload("error-EGW00201__1")),
        (500, payload("error-EGW02006__1")),
    ]
    with pytest.raises(RateLimited):
        await real.quote(TOKEN, KODEX)
    with pytest.raises(NotOfferedHere):
        await real.is_open_day(TOKEN, DAY)


async def test_a_closed_broker_reads_nothing(vts, script):
    await vts.close()
    with pytest.raises(BrokerUnreachable):
        await vts.quote(TOKEN, KODEX)
    assert script.requests == []

from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from brokers.kiwoom.statements import KiwoomStatements
from core.domain.krx import KST
from core.domain.market import Designation
from core.domain.money import Won
from core.domain.orders import OrderState, OrderType, Side
from core.errors import (
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    BrokerUnreachable,
    NotOfferedHere,
    RateLimited,
    TokenRejected,
)
from tests.brokers.kiwoom.wire_fixtures import DAY, KODEX, NOW, TOKEN, ok, payload, refused

ORDER = {
    "ord_no": "0000050",
    "stk_cd": "A069500",
    "trde_tp": "지정가",
    "crd_tp": "보통매매",
    "ord_qty": "0000000010",
    "ord_uv": "0000035150",
    "cnfm_qty": "0000000000",
    "acpt_tp": "접수",
    "ord_tm": "09:30:01",
    "ori_ord": "0000000",
    "io_tp_nm": "현금매수",
    "cntr_qty": "0000000004",
    "cntr_uv": "0000035145",
    "ord_remnq": "0000000006",
    "mdfy_cncl": "",
    "dmst_stex_tp": "KRX",
}
CANCEL = ORDER | {
    "ord_no": "0000051",
    "ori_ord": "0000050",
    "ord_qty": "0000000006",
    "cntr_qty": "0000000000",
    "cntr_uv": "0000000000",
    "cnfm_qty": "0000000006",
    "io_tp_nm": "현금매수취소",
    "mdfy_cncl": "취소확인",
}
LOT = {
    "stk_cd": "A069500",
    "stk_nm": "KODEX 200",
    "rmnd_qty": "000000000003",
    "avg_prc": "000000035000",
    "cur_prc": "000000035150",
    "evlt_amt": "000000105430",
    "pl_amt": "-00000000430",
    "pl_rt": "0.4095",
    "loan_dt": "",
    "pur_amt": "000000105001",
}
SUMS = {
    "entr": "000000700000",
    "d2_entra": "-00000000120",
    "tot_est_amt": "0",
    "aset_evlt_amt": "0",
    "tot_pur_amt": "0",
    "prsm_dpst_aset_amt": "0",
}
HELD = {"stk_cd": "A069500", "rmnd_qty": "000000000000003", "trde_able_qty": "000000000000002"}
STOCK = {
    "stk_cd": KODEX,
    "cur_prc": "-35150",
    "base_pric": "35200",
    "upl_pric": "+45760",
    "lst_pric": "-24640",
    "open_pric": "+35300",
    "high_pric": "+35400",
    "low_pric": "-35100",
    "trde_qty": "120345",
}
STATE = {
    "code": KODEX,
    "name": "KODEX 200",
    "auditInfo": "정상",
    "state": "증거금20%|담보대출|신용가능",
    "orderWarning": "0",
}
BAR = {
    "dt": "20261119",
    "cur_prc": "110",
    "open_pric": "100",
    "high_pric": "120",
    "low_pric": "90",
    "trde_qty": "5",
}


def orders(*rows, more="N", key=""):
    return 200, ok(acnt_ord_cntr_prps_dtl=list(rows)), {"cont-yn": more, "next-key": key}


def numbered(*numbers):
    return [ORDER | {"ord_no": f"{number:07d}"} for number in numbers]


def bars(*days, more="N", key="", **changes):
    rows = [BAR | {"dt": f"{day:%Y%m%d}"} | changes for day in days]
    return 200, ok(stk_cd=KODEX, stk_dt_pole_chart_qry=rows), {"cont-yn": more, "next-key": key}


async def test_an_order_of_the_day(vts, script):
    script.answers = [orders(ORDER)]
    history = await vts.order_history(TOKEN, DAY)
    (order,) = history.orders
    assert (order.ref.number, order.ref.branch) == ("50", KODEX)
    assert (order.side, order.order_type) == (Side.BUY, OrderType.LIMIT)
    assert order.signature == "069500:buy:10:35150"
    assert (order.filled, order.remaining, order.cancelled, order.rejected) == (4, 6, 0, 0)
    assert order.average_price_won == 35_145
    assert order.placed_at == datetime(2026, 11, 20, 9, 30, 1, tzinfo=KST)
    assert script.requests[0].headers["api-id"] == "kt00007"
    assert script.body() == {
        "ord_dt": "20261120",
        "qry_tp": "1",
        "stk_bond_tp": "1",
        "sell_tp": "0",
        "stk_cd": "",
        "fr_ord_no": "",
        "dmst_stex_tp": "KRX",
    }


async def test_a_real_account_is_read_on_every_exchange(real, script):
    script.answers = [orders()]
    assert (await real.order_history(TOKEN, DAY)).orders == ()
    assert script.body()["dmst_stex_tp"] == "%"


@pytest.mark.parametrize(
    ("changes", "state", "cancelled", "rejected"),
    [
        ({}, OrderState.PARTIAL, 0, 0),
        ({"cntr_qty": "10", "ord_remnq": "0"}, OrderState.FILLED, 0, 0),
        ({"cntr_qty": "0", "ord_remnq": "10", "cntr_uv": "0"}, OrderState.WORKING, 0, 0),
        ({"cntr_qty": "0", "ord_remnq": "0"}, OrderState.CANCELLED, 10, 0),
        ({"ord_remnq": "0"}, OrderState.PARTIAL_CANCELLED, 6, 0),
        ({"cntr_qty": "0", "ord_remnq": "0", "acpt_tp": "주문거부"}, OrderState.REJECTED, 0, 10),
        # The text never outweighs the quantities.
        ({"acpt_tp": "주문거부"}, OrderState.PARTIAL, 0, 0),
    ],
)
async def test_quantities_decide_the_state(vts, script, changes, state, cancelled, rejected):
    script.answers = [orders(ORDER | changes)]
    (order,) = (await vts.order_history(TOKEN, DAY)).orders
    assert order.state() is state
    assert (order.cancelled, order.rejected) == (cancelled, rejected)


@pytest.mark.parametrize("kept", ["6", "0"])
async def test_a_confirmed_cancel_ends_its_order_whether_or_not_the_remainder_is_kept(
    vts, script, kept
):
    script.answers = [orders(ORDER | {"ord_remnq": kept}, CANCEL)]
    order, row = (await vts.order_history(TOKEN, DAY)).orders
    assert (order.state(), order.cancelled) == (OrderState.PARTIAL_CANCELLED, 6)
    assert (row.is_cancel_row, row.original_number, row.remaining) == (True, "50", 0)


async def test_a_cancel_that_is_not_confirmed_proves_nothing(vts, script):
    script.answers = [orders(ORDER, CANCEL | {"cnfm_qty": "0", "mdfy_cncl": "취소"})]
    order, row = (await vts.order_history(TOKEN, DAY)).orders
    assert (order.remaining, order.cancelled) == (6, 0)
    assert (row.is_cancel_row, row.cancelled) == (True, 0)


async def test_an_amended_order_lives_under_its_new_number(vts, script):
    amended = CANCEL | {
        "io_tp_nm": "현금매수정정",
        "mdfy_cncl": "정정확인",
        "ord_remnq": "6",
    }
    script.answers = [orders(ORDER, amended)]
    order, row = (await vts.order_history(TOKEN, DAY)).orders
    assert order.remaining == 0
    assert (row.is_cancel_row, row.remaining) == (False, 6)


@pytest.mark.parametrize(
    "changes",
    [
        {"ord_no": "0000000"},
        {"ord_no": "12a"},
        {"stk_cd": "A06950"},
        {"ord_tm": "09:30"},
        {"ord_tm": None},
        {"ord_qty": "-0000000010"},
        {"ord_qty": "1.5"},
        {"ord_qty": ""},
        {"ord_remnq": "7"},
        {"cntr_uv": "0"},
        {"io_tp_nm": "현금"},
        {"io_tp_nm": "매도매수"},
        {"trde_tp": ""},
    ],
)
async def test_a_row_that_cannot_be_right_is_an_error(vts, script, changes):
    script.answers = [orders(ORDER | changes)]
    with pytest.raises(BrokerProtocolError):
        await vts.order_history(TOKEN, DAY)


async def test_market_and_sell_orders(vts, script):
    row = ORDER | {"trde_tp": "시장가", "ord_uv": "0000000000", "io_tp_nm": "현금매도"}
    script.answers = [orders(row)]
    (order,) = (await vts.order_history(TOKEN, DAY)).orders
    assert order.signature == "069500:sell:10:market"


async def test_orders_over_all_pages(vts, script):
    script.answers = [
        orders(*numbered(1, 2), more="Y", key="p1"),
        orders(*numbered(2, 3), more="Y", key="p2"),
        orders(*numbered(4)),
    ]
    turns = []

    async def turn(name):
        turns.append((name, len(script.requests)))

    history = await vts.taking_turns(turn).order_history(TOKEN, DAY)
    assert [order.ref.number for order in history.orders] == ["1", "2", "3", "4"]
    assert turns == [("kt00007", 0), ("kt00007", 1), ("kt00007", 2)]
    assert "cont-yn" not in script.requests[0].headers
    sent = [(item.headers["cont-yn"], item.headers["next-key"]) for item in script.requests[1:]]
    assert sent == [("Y", "p1"), ("Y", "p2")]
    assert script.body(0) == script.body(2)


@pytest.mark.parametrize(
    "answers",
    [
        [orders(*numbered(1), more="Y")],
        [orders(*numbered(1), more="Y", key="p"), orders(*numbered(2), more="Y", key="p")],
        [orders(*numbered(1), more="Y", key="p"), orders(*numbered(1))],
        [orders(*numbered(n), more="Y", key=f"p{n}") for n in range(1, 101)],
        [(200, ok(), {})],
        [(200, ok(acnt_ord_cntr_prps_dtl={}), {})],
        [(200, ok(acnt_ord_cntr_prps_dtl=["x"]), {})],
    ],
)
async def test_an_incomplete_list_is_no_list(vts, script, answers):
    script.answers = list(answers)
    with pytest.raises(BrokerProtocolError):
        await vts.order_history(TOKEN, DAY)


async def test_the_date_header_says_how_far_the_clock_runs_ahead(vts, script):
    status, body, headers = orders()
    script.answers = [(status, body, {**headers, "date": "Fri, 20 Nov 2026 00:30:45 GMT"})]
    assert (await vts.order_history(TOKEN, DAY)).server_ahead == timedelta(seconds=45)


async def test_waiting_for_a_turn_hides_nothing_of_the_clocks_difference(vts, script):
    status, body, headers = orders()
    script.answers = [(status, body, {**headers, "date": "Fri, 20 Nov 2026 00:30:30 GMT"})]

    async def turn(_name):
        vts.clock.set(NOW + timedelta(seconds=40))

    history = await vts.taking_turns(turn).order_history(TOKEN, DAY)
    assert history.server_ahead == timedelta(seconds=-10)
    assert history.read_at == NOW


async def test_the_account(vts, script):
    script.answers = [ok(**SUMS, stk_acnt_evlt_prst=[LOT]), ok(acnt_evlt_remn_indv_tot=[HELD])]
    turns = []

    async def turn(name):
        turns.append(name)

    account = await vts.taking_turns(turn).account(TOKEN)
    assert (account.deposit_won, account.settled_d2_won) == (700_000, -120)
    (position,) = account.positions
    assert (position.symbol, position.quantity, position.sellable) == (KODEX, 3, 2)
    assert position.average_cost_won == Decimal(105_001) / 3
    assert position.price_won == 35_150
    assert turns == ["kt00004", "kt00018"]
    assert [item.headers["api-id"] for item in script.requests] == ["kt00004", "kt00018"]


async def test_loan_lots_of_one_symbol_are_added_up(vts, script):
    loan = LOT | {"loan_dt": "20261101", "rmnd_qty": "1", "pur_amt": "34999"}
    held = [HELD, HELD | {"crd_tp": "03", "crd_loan_dt": "20261101", "rmnd_qty": "1"}]
    sold = LOT | {"stk_cd": "A102110", "rmnd_qty": "0", "pur_amt": "0"}
    script.answers = [
        ok(**SUMS, stk_acnt_evlt_prst=[LOT, loan, sold, LOT]),
        ok(acnt_evlt_remn_indv_tot=[*held, HELD, HELD | {"stk_cd": "A102110", "rmnd_qty": "0"}]),
    ]
    (position,) = (await vts.account(TOKEN)).positions
    assert (position.quantity, position.sellable, position.average_cost_won) == (4, 4, 35_000)


@pytest.mark.parametrize(
    ("lots", "held"),
    [
        ([LOT], []),
        ([], [HELD]),
        ([LOT], [HELD | {"rmnd_qty": "2"}]),
        ([LOT, LOT | {"pur_amt": "1"}], [HELD]),
        ([LOT], [HELD, HELD | {"trde_able_qty": "1"}]),
        ([LOT | {"rmnd_qty": "-3"}], [HELD]),
        ([LOT | {"cur_prc": ""}], [HELD]),
    ],
)
async def test_lists_that_disagree_are_no_account(vts, script, lots, held):
    script.answers = [ok(**SUMS, stk_acnt_evlt_prst=lots), ok(acnt_evlt_remn_indv_tot=held)]
    with pytest.raises(BrokerProtocolError):
        await vts.account(TOKEN)


async def test_a_captured_account_is_read_without_loss(vts, script):
    captured = payload("kt00004__1")
    rows = captured["stk_acnt_evlt_prst"]
    held = [
        {"stk_cd": row["stk_cd"], "rmnd_qty": row["rmnd_qty"], "trde_able_qty": row["setl_remn"]}
        for row in rows
    ]
    script.answers = [captured, ok(acnt_evlt_remn_indv_tot=held)]
    account = await vts.account(TOKEN)
    assert account.deposit_won == account.settled_d2_won == 99_930_778_842
    found = {item.symbol: item for item in account.positions}
    assert set(found) == {"005930", "030200", "102110", "520078"}
    samsung = found["005930"]
    assert (samsung.quantity, samsung.sellable, samsung.price_won) == (1702, 1702, 374_000)
    assert samsung.average_cost_won * 1702 == pytest.approx(Decimal(115_042_364))
    assert samsung.name == "삼성전자"
    assert int(samsung.average_cost_won) == 67_592


async def test_sellable(vts, script):
    script.answers = [ok(acnt_evlt_remn_indv_tot=[HELD])] * 2
    assert await vts.sellable(TOKEN, KODEX) == 2
    assert await vts.sellable(TOKEN, "102110") == 0
    assert script.body() == {"qry_tp": "1", "dmst_stex_tp": "KRX"}


async def test_buying_power_of_the_captured_answer(vts, script):
    script.answers = [payload("kt00010__1")]
    power = await vts.buying_power(TOKEN, KODEX, Won(35_000), OrderType.LIMIT)
    assert (power.cash_won, power.quantity_max) == (99_930_778_842, 99_930_778_842 // 35_000)
    assert script.body()["stk_cd"] == KODEX
    assert (script.body()["trde_tp"], script.body()["uv"]) == ("2", "35000")


@pytest.mark.parametrize(
    ("amount", "cash", "expected"), [("5000", "9000", 5000), ("9000", "-3", 0), ("70", "70", 70)]
)
async def test_the_smaller_amount_counts(vts, script, amount, cash, expected):
    row = {"profa_100ord_alow_amt": amount, "profa_100ord_alowq": "0", "ord_alowa": cash}
    script.answers = [ok(**row)]
    power = await vts.buying_power(TOKEN, KODEX, Won(70), OrderType.MARKET)
    assert (power.cash_won, power.quantity_max) == (expected, expected // 70)


async def test_where_kt00010_is_not_answered_the_deposit_is_asked(vts, script):
    deposit = ok(
        **{
            "entr": "000000000017534",
            "d2_entra": "000000000012550",
            "ord_alow_amt": "000000000085341",
            "100stk_ord_alow_amt": "000000000012550",
        }
    )
    script.answers = [refused("[2000](RC7006:모의투자 조회실패)"), deposit]
    power = await vts.buying_power(TOKEN, KODEX, Won(1_000), OrderType.LIMIT)
    assert (power.cash_won, power.quantity_max) == (12_550, 12)
    assert script.requests[1].headers["api-id"] == "kt00001"
    script.answers = [refused("[2000](RC4091:모의투자 계좌 만료)")]
    with pytest.raises(BrokerRefused):
        await vts.buying_power(TOKEN, KODEX, Won(1_000), OrderType.LIMIT)


async def test_a_quote(vts, script):
    script.answers = [ok(**STOCK), ok(**STATE)]
    turns = []

    async def turn(name):
        turns.append(name)

    quote = await vts.taking_turns(turn).quote(TOKEN, KODEX)
    assert (quote.last_won, quote.base_won) == (35_150, 35_200)
    assert (quote.upper_limit_won, quote.lower_limit_won) == (45_760, 24_640)
    assert (quote.open_won, quote.high_won, quote.low_won) == (35_300, 35_400, 35_100)
    assert (quote.tick_won, quote.volume_shares, quote.received_at) == (5, 120_345, NOW)
    assert (quote.is_halted, quote.designations) == (False, frozenset())
    assert turns == ["ka10001", "ka10100"]


async def test_a_captured_quote(vts, script):
    script.answers = [payload("ka10001__1"), ok(**STATE)]
    quote = await vts.quote(TOKEN, "005930")
    assert (quote.last_won, quote.base_won) == (315_500, 334_000)
    assert (quote.upper_limit_won, quote.lower_limit_won) == (434_000, 234_000)
    assert (quote.open_won, quote.high_won, quote.low_won) == (334_500, 339_000, 311_500)
    assert quote.volume_shares == 20_206_425


@pytest.mark.parametrize(
    ("changes", "halted", "designations"),
    [
        ({"auditInfo": "거래정지"}, True, set()),
        ({"state": "증거금100%|거래정지"}, True, set()),
        ({"auditInfo": "관리종목"}, False, {Designation.ADMINISTRATIVE}),
        ({"auditInfo": "투자경고", "orderWarning": "5"}, False, {Designation.WARNING}),
        ({"auditInfo": "새 말"}, False, {Designation.UNKNOWN}),
        ({"orderWarning": "2"}, False, {Designation.LIQUIDATION}),
        ({"orderWarning": "9"}, False, {Designation.UNKNOWN}),
        ({"orderWarning": ""}, False, set()),
    ],
)
async def test_the_warnings_of_the_exchange(vts, script, changes, halted, designations):
    script.answers = [ok(**STOCK), ok(**(STATE | changes))]
    quote = await vts.quote(TOKEN, KODEX)
    assert (quote.is_halted, quote.designations) == (halted, designations)


async def test_before_the_first_trade_the_base_price_stands(vts, script):
    script.answers = [ok(**(STOCK | {"cur_prc": "0", "open_pric": "0"})), ok(**STATE)]
    assert (await vts.quote(TOKEN, KODEX)).last_won == 35_200


async def test_an_unknown_symbol_is_refused(vts, script):
    blank = dict.fromkeys(STOCK, "")
    script.answers = [ok(**blank), ok(**(STOCK | {"base_pric": "0"}))]
    for _ in range(2):
        with pytest.raises(BrokerRefused) as raised:
            await vts.quote(TOKEN, "999999")
        assert raised.value.code == "EMPTY_QUOTE"
    assert len(script.requests) == 2


@pytest.mark.parametrize("changes", [{"auditInfo": ""}, {"code": ""}])
async def test_a_state_that_is_not_stated_is_an_error(vts, script, changes):
    script.answers = [ok(**STOCK), ok(**(STATE | changes))]
    with pytest.raises(BrokerProtocolError):
        await vts.quote(TOKEN, KODEX)


async def test_bars_over_pages_until_the_first_day(vts, script):
    end = date(2026, 11, 19)
    days = [end - timedelta(days=n) for n in range(6)]
    script.answers = [
        bars(*days[:3], more="Y", key="p1"),
        bars(*days[3:], more="Y", key="p2"),
    ]
    series = await vts.daily_bars(TOKEN, KODEX, days[4], end, adjusted=True)
    assert [bar.session for bar in series.bars] == sorted(days[:5])
    assert (series.adjusted, series.source) == (True, "Kiwoom")
    assert script.body() == {"stk_cd": KODEX, "base_dt": "20261119", "upd_stkpc_tp": "1"}
    assert len(script.requests) == 2
    script.answers = [bars(*days)]
    series = await vts.daily_bars(TOKEN, KODEX, date(2020, 1, 1), end, adjusted=False)
    assert len(series.bars) == 6
    assert script.body()["upd_stkpc_tp"] == "0"


async def test_a_chart_that_repeats_itself_is_an_error(vts, script):
    page = bars(DAY, more="Y", key="p")
    script.answers = [page, page]
    with pytest.raises(BrokerProtocolError):
        await vts.daily_bars(TOKEN, KODEX, date(2020, 1, 1), DAY, adjusted=False)


async def test_captured_bars_hold_together(vts, script):
    captured = payload("ka10081__1")
    script.answers = [captured]
    series = await vts.daily_bars(
        TOKEN, "005930", date(2026, 5, 20), date(2026, 5, 28), adjusted=False
    )
    rows = captured["stk_dt_pole_chart_qry"][::-1]
    assert [bar.close_won for bar in series.bars] == [int(row["cur_prc"]) for row in rows]
    assert [bar.volume_shares for bar in series.bars] == [int(row["trde_qty"]) for row in rows]
    broken = series.bars[-2]  # 2026-05-27: a high of 311000 below the open
    assert (broken.open_won, broken.high_won, broken.low_won) == (316_000, 316_000, 300_000)
    assert all(bar.low_won <= bar.close_won <= bar.high_won for bar in series.bars)


async def test_a_day_without_trades_is_flat_and_blank_rows_are_none(vts, script):
    quiet = BAR | {"trde_qty": "0", "open_pric": "0", "high_pric": "0", "low_pric": "0"}
    blank = dict.fromkeys(BAR, "")
    script.answers = [ok(stk_dt_pole_chart_qry=[quiet, blank])]
    (bar,) = (await vts.daily_bars(TOKEN, KODEX, date(2026, 11, 1), DAY, adjusted=False)).bars
    assert {bar.open_won, bar.high_won, bar.low_won, bar.close_won} == {110}


async def test_statements_take_their_turns_too(vts, script):
    script.answers = [
        orders(ORDER),
        ok(**SUMS, stk_acnt_evlt_prst=[LOT]),
        ok(acnt_evlt_remn_indv_tot=[HELD]),
    ]
    turns = []

    async def turn(name):
        turns.append(name)

    statements = KiwoomStatements(vts, vts.clock).taking_turns(turn)
    (waiting,) = await statements.open_orders(TOKEN)
    assert waiting.cancellable == 6
    assets = await statements.assets(TOKEN)
    assert assets.securities_won == 3 * 35_150
    assert turns == ["kt00007", "kt00004", "kt00018"]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (refused("인증에 실패했습니다[8005:Token이 유효하지 않습니다]", 3), TokenRejected),
        (refused("", 8103), TokenRejected),
        ({"return_code": "3", "return_msg": "인증 실패"}, TokenRejected),
        ((401, refused("", "")), TokenRejected),
        (refused("인증에 실패했습니다[8050:단말기]", 3), BrokerRefused),
        ("error-1700__1", RateLimited),
        ((429, "error-1700__1"), RateLimited),
        (refused("허용된 요청 개수를 초과하였습니다", 5), RateLimited),
        (refused("허용된 요청 개수를 초과하였습니다[1634]", 5), BrokerRefused),
        ((429, {"a": 1}), RateLimited),
        (refused("[2000](RC9000:모의투자에서는 제공되지 않습니다.)"), NotOfferedHere),
        (refused("필수입력 파라미터=qry_tp[1511:…]", 2), BrokerRefused),
        (refused("오류[1999:예기치 못한 오류]", 1), BrokerUnavailable),
        ((500, {}), BrokerUnavailable),
        ((500, b""), BrokerUnavailable),
        ((503, b"<html>"), BrokerUnavailable),
        ((429, b""), RateLimited),
        ((404, b""), BrokerProtocolError),
        ({}, BrokerProtocolError),
        ((200, b"[]"), BrokerProtocolError),
        ((201, ok(**STOCK)), BrokerProtocolError),
        (httpx.ConnectError("no"), BrokerUnreachable),
        (httpx.ReadTimeout("slow"), BrokerUnavailable),
    ],
)
async def test_what_an_answer_to_a_read_means(vts, script, answer, fault):
    if isinstance(answer, str):
        answer = payload(answer)
    elif isinstance(answer, tuple) and isinstance(answer[1], str):
        answer = (answer[0], payload(answer[1]))
    script.answers = [answer]
    with pytest.raises(fault) as raised:
        await vts.quote(TOKEN, KODEX)
    assert type(raised.value) is fault


async def test_a_closed_broker_reads_nothing(vts):
    await vts.close()
    with pytest.raises(BrokerUnreachable):
        await vts.quote(TOKEN, KODEX)

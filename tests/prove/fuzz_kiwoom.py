"""Damaged Kiwoom answers. Templates and rules are written anew, from the public wire shapes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from datetime import date, datetime

from brokers.kiwoom import ledger, market
from brokers.kiwoom.errors import raise_for
from brokers.kiwoom.etfs import etf_state, index_bar
from brokers.kiwoom.fields import (
    AccountNumberRow,
    DepositRow,
    HoldingRow,
    OrderableRow,
    OrderRow,
    StateRow,
    TokenAnswer,
    ValuationRow,
    ValuationSum,
)
from brokers.kiwoom.fields_etf import IndexBarRow, NavDayRow
from brokers.kiwoom.fields_market import RecordRow
from brokers.kiwoom.fields_statements import DayProfitRow
from brokers.kiwoom.posts import classify
from brokers.kiwoom.records import listing
from brokers.wire.bodies import read_json
from brokers.wire.clients import RawAnswer
from brokers.wire.fields import read_row, read_rows, read_table
from core.domain.account import AccountSnapshot
from core.domain.etf import EtfState
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.listing import Board
from core.domain.orders import OrderHistory, SubmitOutcome
from core.errors import BrokerError
from tests.prove.answers import ASCII_DIGITS, balance, is_order_number, post, template
from tests.prove.mutation import Template, encoded, pick

DAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 10, 0, tzinfo=KST)
KODEX = Symbol("069500")
_OK = {"return_code": 0, "return_msg": "조회가 완료되었습니다."}
_STATUSES = (200, 200, 200, 200, 400, 401, 429, 500, 503)


def _template(body: Mapping[str, object]) -> Template:
    return template({**body, **_OK})


_ORDER = {
    "ord_no": "0000117",
    "stk_cd": "A069500",
    "trde_tp": "지정가",
    "ord_qty": "0000000007",
    "ord_uv": "0000035150",
    "cnfm_qty": "0000000000",
    "acpt_tp": "접수",
    "ord_tm": "09:05:03",
    "ori_ord": "0000000",
    "io_tp_nm": "현금매수",
    "cntr_qty": "0000000003",
    "cntr_uv": "0000035150",
    "ord_remnq": "0000000004",
    "mdfy_cncl": "",
}
_CANCEL = {
    **_ORDER,
    "ord_no": "0000118",
    "ori_ord": "0000117",
    "cnfm_qty": "0000000004",
    "io_tp_nm": "현금매수취소",
    "mdfy_cncl": "취소확인",
    "cntr_qty": "0000000000",
    "ord_remnq": "0000000000",
}
_LOT = {
    "stk_cd": "A069500",
    "stk_nm": "KODEX 200",
    "rmnd_qty": "000000000007",
    "avg_prc": "000000035150",
    "cur_prc": "000000035200",
    "evlt_amt": "000000246330",
    "pl_amt": "000000000277",
    "pl_rt": "0.1126",
    "loan_dt": "",
    "pur_amt": "000000246053",
}
_SUMS = {
    "entr": "000000753947",
    "d2_entra": "000000507894",
    "tot_est_amt": "000000246330",
    "aset_evlt_amt": "000001000347",
    "tot_pur_amt": "000000246053",
    "prsm_dpst_aset_amt": "000001000317",
}
_HELD = {"stk_cd": "A069500", "rmnd_qty": "000000000000007", "trde_able_qty": "000000000000007"}
_STOCK = {
    "stk_cd": "069500",
    "cur_prc": "-35150",
    "base_pric": "35200",
    "upl_pric": "+45760",
    "lst_pric": "-24640",
    "open_pric": "+35300",
    "high_pric": "+35400",
    "low_pric": "-35100",
    "trde_qty": "120345",
}
_STATE = {"code": "069500", "auditInfo": "정상", "state": "증거금100%", "orderWarning": "0"}
_BAR = {
    "dt": "20261030",
    "open_pric": "35050",
    "high_pric": "35200",
    "low_pric": "35000",
    "cur_prc": "35150",
    "trde_qty": "120345",
}
_NAV = {
    "cntr_dt": "20261102",
    "cur_prc": "-35150",
    "pred_pre": "-50",
    "trde_qty": "120345",
    "nav": "-35180.25",
    "navetfdispty_rt": "-0.09",
    "trace_eor_rt": "0",
}
_INDEX_BAR = {
    "cur_prc": "650711",
    "trde_qty": "564",
    "dt": "20261030",
    "open_pric": "646524",
    "high_pric": "651524",
    "low_pric": "644316",
    "trde_prica": "121971",
}
_RECORD = {
    **_STATE,
    "name": "KODEX 200",
    "listCount": "0000000180700000",
    "regDay": "20021014",
    "lastPrice": "00035200",
    "marketName": "ETF",
}
_PROFIT = {
    "dt": "20261030",
    "buy_amt": "396000",
    "sell_amt": "396000",
    "tdy_sel_pl": "327749",
    "tdy_trde_cmsn": "110",
    "tdy_trde_tax": "792",
}
_TAKEN = {"ord_no": "0000024", "dmst_stex_tp": "KRX", **_OK}
_POSTS = tuple(
    template(body)
    for body in (
        _TAKEN,
        {**_TAKEN, "return_msg": "모의투자 매수주문완료"},
        {"return_msg": "[2000](RC4058:모의투자 장종료)", "return_code": 20},
        {"return_msg": "[2000](800033:매도가능수량이 부족합니다.)", "return_code": 20},
        {"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3},
        {"return_msg": "허용된 요청 개수를 초과하였습니다[1700:…]", "return_code": 5},
    )
)
_ORDERS = _template({"acnt_ord_cntr_prps_dtl": [_ORDER, _CANCEL]})
_BALANCE = _template({**_SUMS, "stk_acnt_evlt_prst": [_LOT]})


def _history(body: Mapping[str, object]) -> OrderHistory:
    rows = read_rows(body, "acnt_ord_cntr_prps_dtl", "orders")
    return ledger.order_history([read_row(OrderRow, row, "row") for row in rows], DAY, NOW)


def _account(body: Mapping[str, object]) -> AccountSnapshot:
    rows = read_rows(body, "stk_acnt_evlt_prst", "balance")
    lots = [read_row(ValuationRow, row, "row") for row in rows]
    cash = read_row(ValuationSum, body, "balance")
    held = [
        HoldingRow(stk_cd=lot.stk_cd, rmnd_qty=lot.rmnd_qty, trde_able_qty=lot.rmnd_qty)
        for lot in lots
    ]
    return ledger.account(lots, cash, held, NOW)


def _quote(body: Mapping[str, object]) -> object:
    state = read_row(StateRow, _STATE, "state")
    return market.quote(market.stock_of(body, KODEX), state, KODEX, NOW)


def _warnings(body: Mapping[str, object]) -> object:
    stock = market.stock_of(_STOCK, KODEX)
    return market.quote(stock, read_row(StateRow, body, "state"), KODEX, NOW)


def _bars(body: Mapping[str, object]) -> object:
    return market.bars_of(read_rows(body, "bars", "bars"), KODEX, "bars")


def _held(body: Mapping[str, object]) -> object:
    rows = read_rows(body, "rows", "held")
    return ledger.sellable([read_row(HoldingRow, row, "row") for row in rows], KODEX)


def _power(body: Mapping[str, object]) -> object:
    return ledger.buying_power(read_row(OrderableRow, body, "power"), 35_150)


def _deposit(body: Mapping[str, object]) -> object:
    return ledger.buying_power_of_deposit(read_row(DepositRow, body, "deposit"), 35_150)


def _etf(body: Mapping[str, object]) -> EtfState:
    days = read_table(NavDayRow, read_rows(body, "days", "days"), "days")
    return etf_state(market.stock_of(_STOCK, KODEX), days, KODEX, NOW)


def _index_bars(body: Mapping[str, object]) -> object:
    return [index_bar(row) for row in read_table(IndexBarRow, read_rows(body, "bars", "b"), "b")]


def _listing(body: Mapping[str, object]) -> object:
    return listing(read_row(RecordRow, body, "record"), Board.KOSPI)


_ORDERABLE = {
    "profa_100ord_alow_amt": "000000753947",
    "profa_100ord_alowq": "0000000000",
    "ord_alowa": "000000753947",
}
_DEPOSIT = {
    "entr": "000000000753947",
    "d2_entra": "000000000753947",
    "ord_alow_amt": "000000000753947",
    "100stk_ord_alow_amt": "000000000753947",
}
_READS: tuple[tuple[Template, Callable[[Mapping[str, object]], object]], ...] = (
    (_ORDERS, _history),
    (_template(_STOCK), _quote),
    (_template(_STATE), _warnings),
    (_template({"bars": [_BAR, _BAR]}), _bars),
    (_template({"rows": [_HELD]}), _held),
    (_template(_ORDERABLE), _power),
    (_template(_DEPOSIT), _deposit),
    (_template({"days": [_NAV, {**_NAV, "cntr_dt": "20261030"}]}), _etf),
    (_template({"bars": [_INDEX_BAR]}), _index_bars),
    (_template(_RECORD), _listing),
    (_template(_PROFIT), lambda body: read_row(DayProfitRow, body, "profit")),
    (_template({"acctNo": "8119006711"}), lambda body: read_row(AccountNumberRow, body, "n")),
    (
        _template({"token": "abc.def", "token_type": "bearer", "expires_dt": "20261103080000"}),
        lambda body: read_row(TokenAnswer, body, "token"),
    ),
)


def kiwoom_reads(dice: random.Random) -> str:
    """A damaged answer to a read gives a value that holds together, or a BrokerError."""
    answer, reader = pick(dice, _READS)
    text = answer.damaged(dice)
    status = pick(dice, _STATUSES)
    try:
        body = read_json(encoded(text))
        raise_for(status, body)
        found = reader(body)
    except BrokerError:
        return ""
    if isinstance(found, OrderHistory):
        for order in found.orders:
            parts = (order.filled, order.remaining, order.cancelled, order.rejected)
            if min(parts) < 0 or (not order.is_cancel_row and sum(parts) != order.ordered):
                return f"an order that does not add up out of {text!r}"
    if isinstance(found, EtfState) and found.nav_won is not None and found.nav_won <= 0:
        return f"a NAV of {found.nav_won} out of {text!r}"
    return ""


def kiwoom_balances(dice: random.Random) -> str:
    """A damaged valuation never reads as an account without holdings."""
    text = _BALANCE.damaged(dice)
    return balance(text, _balance, rows="stk_acnt_evlt_prst", quantity="rmnd_qty")


def _balance(content: bytes) -> AccountSnapshot:
    body = read_json(content)
    raise_for(200, body)
    return _account(body)


def kiwoom_posts(dice: random.Random) -> str:
    """A damaged answer to a post is Accepted only when it is a success with a number."""
    return post(dice, _POSTS, _STATUSES, _outcome, _truly_accepted)


def _outcome(status: int, content: bytes) -> SubmitOutcome:
    return classify(RawAnswer(status, content), KODEX)


def _truly_accepted(status: int, text: str) -> bool:
    body = json.loads(text)
    number, result = body.get("ord_no"), body.get("return_code")
    if isinstance(result, str):
        result = int(result.strip()) if set(result.strip()) <= ASCII_DIGITS | {"-"} else 1
    return (
        status == 200 and is_order_number(number) and not isinstance(result, bool) and result == 0
    )

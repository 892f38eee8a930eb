"""Damaged broker answers. Templates and rules are written here anew, from the public wire shapes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from datetime import date, datetime

from brokers.kis import ledger, market
from brokers.kis.errors import raise_for
from brokers.kis.fields import (
    BarRow,
    BuyingPowerRow,
    CashRow,
    HoldingRow,
    HolidayRow,
    OrderRow,
    PriceRow,
    SellableRow,
    TokenAnswer,
)
from brokers.kis.posts import classify
from brokers.wire.bodies import read_json
from brokers.wire.clients import RawAnswer
from brokers.wire.fields import read_output, read_row, read_rows
from core.domain.account import AccountSnapshot
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.orders import SubmitOutcome
from core.errors import BrokerError
from tests.prove.answers import balance, is_order_number, post, template
from tests.prove.mutation import Template, encoded, pick

DAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 10, 0, tzinfo=KST)
_OK = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다."}
_STATUSES = (200, 200, 200, 200, 400, 403, 429, 500, 503)


_ORDER_ROW = {
    "ord_dt": "20261102",
    "ord_tmd": "090503",
    "odno": "0000000117",
    "orgn_odno": "",
    "ord_gno_brno": "00950",
    "sll_buy_dvsn_cd": "02",
    "sll_buy_dvsn_cd_name": "현금매수",
    "pdno": "069500",
    "ord_dvsn_cd": "00",
    "ord_qty": "7",
    "ord_unpr": "35150",
    "tot_ccld_qty": "3",
    "tot_ccld_amt": "105450",
    "avg_prvs": "35150",
    "cncl_cfrm_qty": "0",
    "rmn_qty": "4",
    "rjct_qty": "0",
}
_HOLDING_ROW = {
    "pdno": "069500",
    "prdt_name": "KODEX 200",
    "trad_dvsn_name": "현금",
    "loan_dt": "",
    "expd_dt": "",
    "hldg_qty": "7",
    "ord_psbl_qty": "7",
    "pchs_avg_pric": "35150.4286",
    "pchs_amt": "246053",
    "prpr": "35200",
}
_CASH = {"dnca_tot_amt": "753947", "prvs_rcdl_excc_amt": "753947", "nxdy_excc_amt": "753947"}
_PRICE = {
    "stck_prpr": "35150",
    "stck_sdpr": "35000",
    "stck_mxpr": "45500",
    "stck_llam": "24500",
    "aspr_unit": "5",
    "stck_oprc": "35050",
    "stck_hgpr": "35200",
    "stck_lwpr": "35000",
    "acml_vol": "120345",
    "temp_stop_yn": "N",
    "iscd_stat_cls_code": "55",
}
_BAR = {
    "stck_bsop_date": "20261030",
    "stck_oprc": "35050",
    "stck_hgpr": "35200",
    "stck_lwpr": "35000",
    "stck_clpr": "35150",
    "acml_vol": "120345",
}
_POST_OUTPUT = {"KRX_FWDG_ORD_ORGNO": "00950", "ODNO": "0000006555", "ORD_TMD": "090503"}
_POSTS = tuple(
    template(body)
    for body in (
        {
            "rt_cd": "0",
            "msg_cd": "40600000",
            "msg1": "모의투자 매수주문이 완료 되었습니다.",
            "output": _POST_OUTPUT,
        },
        {
            "rt_cd": "0",
            "msg_cd": "APBK0013",
            "msg1": "주문 전송 완료 되었습니다.",
            "output": _POST_OUTPUT,
        },
        {"rt_cd": "1", "msg_cd": "APBK0952", "msg1": "주문가능금액을 초과 했습니다"},
        {"rt_cd": "7", "msg_cd": "40570000", "msg1": "모의투자 장시작전 입니다."},
        {"error_code": "EGW00123", "error_description": "기간이 만료된 token 입니다."},
        {"rt_cd": "1", "msg_cd": "EGW00201", "msg1": "초당 거래건수를 초과하였습니다."},
    )
)
_ORDERS = template({**_OK, "output1": [_ORDER_ROW, {**_ORDER_ROW, "odno": "118"}]})
_BALANCE = template({**_OK, "output1": [_HOLDING_ROW], "output2": [_CASH]})


def _history(body: Mapping[str, object]) -> object:
    rows = [read_row(OrderRow, row, "rows") for row in read_rows(body, "output1", "orders")]
    return ledger.order_history(rows, DAY, NOW)


def _account(body: Mapping[str, object]) -> AccountSnapshot:
    rows = [read_row(HoldingRow, row, "rows") for row in read_rows(body, "output1", "balance")]
    cash = read_output(body, "output2", "balance")
    if isinstance(cash, list):
        cash = cash[0] if len(cash) == 1 else None
    return ledger.account(rows, read_row(CashRow, cash, "cash"), NOW)


def _quote(body: Mapping[str, object]) -> object:
    row = read_row(PriceRow, read_output(body, "output", "price"), "price")
    return market.quote(row, Symbol("069500"), NOW)


def _bars(body: Mapping[str, object]) -> object:
    read_row(BarRow, _BAR, "bar")
    return market.bars_of(read_rows(body, "output2", "bars"), Symbol("069500"), "bars")


def _power(body: Mapping[str, object]) -> object:
    return ledger.buying_power(read_row(BuyingPowerRow, read_output(body, "output", "p"), "p"))


def _sellable(body: Mapping[str, object]) -> object:
    return read_row(SellableRow, read_output(body, "output", "s"), "s")


def _holiday(body: Mapping[str, object]) -> object:
    rows = read_rows(body, "output", "days")
    return market.opens_on((read_row(HolidayRow, row, "day") for row in rows), DAY)


def _token(body: Mapping[str, object]) -> object:
    return read_row(TokenAnswer, body, "token")


_READS: tuple[tuple[Template, Callable[[Mapping[str, object]], object]], ...] = (
    (_ORDERS, _history),
    (template({**_OK, "output": _PRICE}), _quote),
    (template({**_OK, "output1": {}, "output2": [_BAR, _BAR]}), _bars),
    (
        template({**_OK, "output": {"nrcvb_buy_amt": "753947", "nrcvb_buy_qty": "21"}}),
        _power,
    ),
    (template({**_OK, "output": {"ord_psbl_qty": "7"}}), _sellable),
    (template({**_OK, "output": [{"bass_dt": "20261102", "opnd_yn": "Y"}]}), _holiday),
    (
        template(
            {
                "access_token": "eyJ0.abc.def",
                "token_type": "Bearer",
                "expires_in": 86400,
                "access_token_token_expired": "2026-11-03 08:00:00",
            }
        ),
        _token,
    ),
)


def reads(dice: random.Random) -> str:
    """A damaged answer to a read gives a value or a BrokerError."""
    answer, reader = pick(dice, _READS)
    text = answer.damaged(dice)
    status = pick(dice, _STATUSES)
    try:
        body = read_json(encoded(text))
        if reader is not _token:
            raise_for(status, body)
        reader(body)
    except BrokerError:
        return ""
    return ""


def balances(dice: random.Random) -> str:
    """A damaged balance never reads as an account without holdings."""
    return balance(_BALANCE.damaged(dice), _balance, rows="output1", quantity="hldg_qty")


def _balance(content: bytes) -> AccountSnapshot:
    body = read_json(content)
    raise_for(200, body)
    return _account(body)


def posts(dice: random.Random) -> str:
    """A damaged answer to a post is Accepted only when it is a success with a number."""
    return post(dice, _POSTS, _STATUSES, _outcome, _truly_accepted)


def _outcome(status: int, content: bytes) -> SubmitOutcome:
    return classify(RawAnswer(status, content), DAY)


def _truly_accepted(status: int, text: str) -> bool:
    body = json.loads(text)
    number = body["output"].get("ODNO")
    return status == 200 and is_order_number(number) and body.get("rt_cd", "").strip() == "0"

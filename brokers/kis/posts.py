"""Orders and cancels: what is sent, and what the answer proves. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from http import HTTPStatus

from brokers.kis.account import KisAccount
from brokers.kis.errors import (
    PROVEN_REFUSALS,
    code_of,
    said_no,
    said_ok,
    text_of,
)
from brokers.kis.fields import OrderAnswer
from brokers.wire.bodies import read_json
from brokers.wire.clients import RawAnswer
from brokers.wire.fields import read_row
from core.domain.krx import KST
from core.domain.orders import (
    Accepted,
    BrokerOrderRef,
    OrderRequest,
    OrderType,
    Rejected,
    SubmitOutcome,
    Unresolved,
)
from core.errors import BrokerProtocolError

LIMIT_CODE = "00"
MARKET_CODE = "01"
EXCHANGE = "KRX"  # ETFs are not listed on NXT
_CANCEL = "02"
_WIRE_DIGITS = 10
_TIME_DIGITS = 6


def order_document(account: KisAccount, request: OrderRequest) -> dict[str, str]:
    """Return the body of order-cash. The side is in the transaction id, not in the body."""
    return account.account_fields | {
        "PDNO": request.symbol,
        "ORD_DVSN": order_type_code(request.order_type),
        "ORD_QTY": str(request.quantity),
        "ORD_UNPR": str(request.price_won or 0),
        "EXCG_ID_DVSN_CD": EXCHANGE,
    }


def cancel_document(account: KisAccount, ref: BrokerOrderRef) -> dict[str, str]:
    """Return the body of order-rvsecncl that cancels all that remains."""
    return account.account_fields | {
        "KRX_FWDG_ORD_ORGNO": ref.branch,
        "ORGN_ODNO": ref.number.zfill(_WIRE_DIGITS),
        "ORD_DVSN": LIMIT_CODE,
        "RVSE_CNCL_DVSN_CD": _CANCEL,
        "ORD_QTY": "0",
        "ORD_UNPR": "0",
        "QTY_ALL_ORD_YN": "Y",
        "EXCG_ID_DVSN_CD": EXCHANGE,
    }


def order_type_code(order_type: OrderType) -> str:
    """Return the wire code of an order type."""
    return LIMIT_CODE if order_type is OrderType.LIMIT else MARKET_CODE


def shown(account: KisAccount, document: Mapping[str, str]) -> dict[str, str]:
    """Return what the journal may show of a body: all but the account."""
    return {name: text for name, text in document.items() if name not in account.account_fields}


def classify(answer: RawAnswer, day: date) -> SubmitOutcome:
    """Return what the answer to a post proves; anything not proven is Unresolved."""
    try:
        body = read_json(answer.content)
    except BrokerProtocolError as error:
        return Unresolved(reason=f"HTTP {answer.status}: {error}")
    code, text = code_of(body), text_of(body)
    if said_no(body) and code in PROVEN_REFUSALS and not body.get("output"):
        return Rejected(code=code, text=text)
    if not said_ok(body) or answer.status != HTTPStatus.OK or code in PROVEN_REFUSALS:
        return Unresolved(reason=f"HTTP {answer.status} {code} {text}".strip())
    try:
        row = read_row(OrderAnswer, body.get("output"), "order answer")
    except BrokerProtocolError as error:
        return Unresolved(reason=f"accepted without a usable number: {error}")
    ref = BrokerOrderRef(number=row.ODNO, branch=row.KRX_FWDG_ORD_ORGNO)
    return Accepted(ref=ref, accepted_at=_instant(day, row.ORD_TMD), code=code)


def _instant(day: date, hhmmss: str) -> datetime | None:
    if len(hhmmss) != _TIME_DIGITS or not (hhmmss.isascii() and hhmmss.isdigit()):
        return None
    try:
        moment = time(int(hhmmss[:2]), int(hhmmss[2:4]), int(hhmmss[4:]))
    except ValueError:
        return None
    return datetime.combine(day, moment, tzinfo=KST)

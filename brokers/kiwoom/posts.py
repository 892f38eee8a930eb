"""Orders and cancels: what is sent, and what the answer proves. Pure functions."""

from __future__ import annotations

from http import HTTPStatus

from brokers.kiwoom.errors import (
    PROVEN_REFUSALS,
    code_of,
    said_no,
    said_ok,
    text_of,
)
from brokers.kiwoom.fields import OrderAnswer
from brokers.wire.bodies import read_json
from brokers.wire.clients import RawAnswer
from brokers.wire.fields import bare, read_row
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

EXCHANGE = "KRX"  # ETFs are not listed on NXT, and 모의투자 knows nothing else
_LIMIT_CODE = "0"
_MARKET_CODE = "3"
_WIRE_DIGITS = 7
_ALL_THAT_REMAINS = "0"


def order_document(request: OrderRequest) -> dict[str, str]:
    """Return the body of kt10000 and kt10001. The side is the api-id; a market order has no price."""
    is_limit = request.order_type is OrderType.LIMIT
    return {
        "dmst_stex_tp": EXCHANGE,
        "stk_cd": request.symbol,
        "ord_qty": str(request.quantity),
        "ord_uv": str(request.price_won) if is_limit else "",
        "trde_tp": _LIMIT_CODE if is_limit else _MARKET_CODE,
        "cond_uv": "",
    }


def cancel_document(ref: BrokerOrderRef) -> dict[str, str]:
    """Return the body of kt10003 that cancels all that remains; the call needs the stock as well."""
    return {
        "dmst_stex_tp": EXCHANGE,
        "orig_ord_no": ref.number.zfill(_WIRE_DIGITS),
        "stk_cd": ref.branch,
        "cncl_qty": _ALL_THAT_REMAINS,
    }


def classify(answer: RawAnswer, symbol: str) -> SubmitOutcome:
    """Return what the answer to a post proves; anything not proven is Unresolved."""
    try:
        body = read_json(answer.content)
    except BrokerProtocolError as error:
        return Unresolved(reason=f"HTTP {answer.status}: {error}")
    code, text = code_of(body), text_of(body)
    if said_no(body) and code in PROVEN_REFUSALS and bare(body.get("ord_no")) is None:
        return Rejected(code=code, text=text)
    if not said_ok(body) or answer.status != HTTPStatus.OK or code in PROVEN_REFUSALS:
        return Unresolved(reason=f"HTTP {answer.status} {text}".strip())
    try:
        row = read_row(OrderAnswer, body, "order answer")
    except BrokerProtocolError as error:
        return Unresolved(reason=f"accepted without a usable number: {error}")
    return Accepted(ref=BrokerOrderRef(number=row.ord_no, branch=symbol), accepted_at=None)

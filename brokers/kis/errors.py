"""What a KIS message code means for us: one table for reads, one list for posts.

A post is Rejected only by a code on `PROVEN_REFUSALS`: codes after which no order can exist. All
else is Unresolved, unknown codes included; a code is added by hand when its meaning is proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from core.errors import (
    BrokerError,
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    LedgerLimited,
    NotOfferedHere,
    RateLimited,
    TokenRejected,
)

TOKEN_CODES = frozenset({"EGW00121", "EGW00122", "EGW00123"})
SPEED_CODES = frozenset({"EGW00201", "EGW00133"})
# The ledger counts orders, balances and their lists once more, by itself.
LEDGER_SPEED_CODES = frozenset({"EGW00215"})
NOT_OFFERED_CODES = frozenset({"EGW02006", "EGW00213"})
# Nobody behind the gateway answered; a read may ask again. After an order they prove nothing:
# EGW00301/00302 say themselves that the last transaction must be looked up.
PASSING_CODES = frozenset(
    {
        "EGW00001",
        "EGW00002",
        "EGW00202",
        "EGW00203",
        "EGW00300",
        "EGW00301",
        "EGW00302",
        "OPSQ1002",
        "90020000",
    }
)

_REFUSED_BY_THE_GATEWAY = frozenset(
    {
        "EGW00103",  # app key
        "EGW00105",  # app secret
        "EGW00131",  # hashkey
        "EGW00132",  # content type
        "EGW00201",  # calls a second
        "EGW00205",  # credentials
        "EGW00206",  # permission
        "EGW00207",  # address
        "EGW00208",  # customer type
        "EGW00213",  # not a 모의투자 transaction
        "EGW00215",  # ledger calls a second
        "EGW00304",  # app secret
        "EGW02004",  # 모의투자 key on the real host
        "EGW02006",  # not a 모의투자 transaction
        "OPSQ0002",  # no such service
        "OPSQ2000",  # account
        "OPSQ2001",  # input field
        "OPSQ2002",  # field length
        "IGW00002",  # account of somebody else
        "IGW00009",  # not offered in 모의투자
    }
)
_REFUSED_BY_THE_LEDGER = frozenset(
    {
        "APAC0489",  # account type
        "APBK0400",  # more than can be sold or cancelled
        "APBK0506",  # off the tick
        "APBK0656",  # no such symbol
        "APBK0918",  # outside hours
        "APBK0919",  # outside hours or days
        "APBK0927",  # nothing left to cancel
        "APBK0952",  # more than can be paid
        "APBK0963",  # order type
        "APBK1943",  # no market orders
        "APBK3013",  # no market orders in this session
    }
)
# 40600000 ("모의투자 매수주문이 완료") and its like are successes and stay out.
_REFUSED_BY_VTS = frozenset(
    {
        "40070000",
        "40100000",  # no business day
        "40240000",  # no holding
        "40250000",  # more than can be paid (seen in the order logs of two public projects)
        "40310000",  # quantity or price
        "40330000",
        "40570000",  # before the open
        "40580000",  # after the close
        "40910000",  # account not enrolled
    }
)
PROVEN_REFUSALS = TOKEN_CODES | _REFUSED_BY_THE_GATEWAY | _REFUSED_BY_THE_LEDGER | _REFUSED_BY_VTS

_TEXT_MAX = 200


def code_of(body: Mapping[str, object]) -> str:
    """Return the message code, of either envelope (tokenP answers error_code)."""
    return _plain(body.get("msg_cd")) or _plain(body.get("error_code"))


def text_of(body: Mapping[str, object]) -> str:
    """Return the message text, of either envelope, without its padding."""
    return (_plain(body.get("msg1")) or _plain(body.get("error_description")))[:_TEXT_MAX]


def said_ok(body: Mapping[str, object]) -> bool:
    """Whether the envelope says success."""
    return _plain(body.get("rt_cd")) == "0"


def said_no(body: Mapping[str, object]) -> bool:
    """Whether the envelope says failure: an rt_cd other than 0, or the error_code envelope."""
    result = _plain(body.get("rt_cd"))
    return (bool(result) and result != "0") or (not result and bool(_plain(body.get("error_code"))))


def fault_of(code: str) -> type[BrokerError] | None:
    """Return TokenRejected, RateLimited or LedgerLimited when `code` stands for it, else None."""
    if code in TOKEN_CODES:
        return TokenRejected
    if code in LEDGER_SPEED_CODES:
        return LedgerLimited
    return RateLimited if code in SPEED_CODES else None


def raise_for(status: int, body: Mapping[str, object]) -> None:
    """Raise what the answer to a read means, or return when it is a success."""
    code, text = code_of(body), text_of(body)
    if said_ok(body) and status == HTTPStatus.OK:
        return
    fault = fault_of(code)
    if fault is not None:
        raise fault(f"{code} {text}".strip())
    if code in NOT_OFFERED_CODES:
        raise NotOfferedHere(f"{code} {text}".strip())
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(f"HTTP 429 {code} {text}".strip())
    # An outage answers HTTP 500 with blanks in every field.
    if code in PASSING_CODES or (not code and status >= HTTPStatus.INTERNAL_SERVER_ERROR):
        raise BrokerUnavailable(f"HTTP {status} {code} {text}".strip())
    if said_no(body) and code:
        raise BrokerRefused(code, text)
    raise BrokerProtocolError(f"HTTP {status} without a usable result code")


def _plain(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""

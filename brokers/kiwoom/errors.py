"""What a Kiwoom answer means for us: one table for reads, one list for posts.

`return_code` is a class only (0 ok, 3 keys or token, 5 quota, 20 a business refusal); the code that
says what happened stands in `return_msg`: `[8005:…]`, or behind `[2000]` in parentheses,
`(RC4058:…)` or `(800033:…)`. A post is Rejected only by a code on `PROVEN_REFUSALS`: codes after
which no order can exist. All else is Unresolved, unknown codes included; a code is added by hand
when its meaning is proven.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from core.errors import (
    BrokerError,
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    NotOfferedHere,
    RateLimited,
    TokenRejected,
)

# A new token mends these; 8001, 8010, 8030, 8050 (keys, address, mode, device) it does not.
TOKEN_CODES = frozenset({"8003", "8005", "8031", "8103"})
SPEED_CODES = frozenset({"1700", "1701", "1702"})
NOT_OFFERED_CODES = frozenset({"RC9000", "8104"})
# 모의투자 was seen to answer kt00010 with this; the deposit says the same amount.
NO_ORDERABLE_CODE = "RC7006"
_PASSING_CODES = frozenset({"1999"})

_REFUSED_BY_THE_GATEWAY = frozenset(
    {
        "1501",  # api-id empty
        "1504",  # not at this address
        "1505",  # no such api-id
        "1511",  # input missing
        "1512",  # header
        "1513",  # authorization missing
        "1514",  # authorization malformed
        "1515",  # grant type
        "1516",  # token missing
        "1517",  # input format
        "1700",  # calls of this api-id a second
        "1901",  # no such market
        "1902",  # no such stock
        "8001",  # app key
        "8002",  # app secret
        "8003",  # token lookup
        "8005",  # token
        "8010",  # token of another address
        "8030",  # key of the other mode
        "8031",  # token of the other mode
        "8040",  # device
        "8050",  # device
        "8103",  # token or device
    }
)
# Seen in order logs of public projects, each with its text.
_REFUSED_BY_THE_LEDGER = frozenset(
    {
        "800033",  # more than can be sold
        "RC4003",  # off the tick
        "RC4007",  # not tradeable
        "RC4025",  # more than can be paid
        "RC4027",  # beyond the day's limits
        "RC4033",  # nothing left to amend or cancel
        "RC4057",  # before the open
        "RC4058",  # after the close
        "RC4091",  # 모의투자 account expired
        "RC5006",  # 모의투자 account restricted
        "RC9000",  # not offered in 모의투자
    }
)
PROVEN_REFUSALS = _REFUSED_BY_THE_GATEWAY | _REFUSED_BY_THE_LEDGER

_INNER = re.compile(r"\(((?:RC[0-9]{4})|[0-9]{6})\b")
_BRACKETED = re.compile(r"\[([0-9]{4})\b")
_PLAIN_CODE = re.compile(r"-?[0-9]{1,6}")
_KEYS_OR_ACCESS = "3"
_QUOTA = "5"
# Wrong keys, a wrong address or the other mode: no new token mends that.
_KEY_CODES = frozenset({"8001", "8002", "8010", "8020", "8030", "8040", "8050"})
_TEXT_MAX = 200


def result_of(body: Mapping[str, object]) -> str:
    """Return `return_code` as text, "" when there is none: it comes as a number or as digits."""
    value = body.get("return_code")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and _PLAIN_CODE.fullmatch(value.strip()):
        return str(int(value))
    return ""


def text_of(body: Mapping[str, object]) -> str:
    """Return the message, without its padding."""
    value = body.get("return_msg")
    return value.strip()[:_TEXT_MAX] if isinstance(value, str) else ""


def code_of(body: Mapping[str, object]) -> str:
    """Return the code that says what happened, else the class code, else ""."""
    text = text_of(body)
    for pattern in (_INNER, _BRACKETED):
        found = pattern.search(text)
        if found:
            return found[1]
    return result_of(body)


def said_ok(body: Mapping[str, object]) -> bool:
    """Whether the envelope says success."""
    return result_of(body) == "0"


def said_no(body: Mapping[str, object]) -> bool:
    """Whether the envelope says failure."""
    return result_of(body) not in {"", "0"}


def fault_of(code: str) -> type[BrokerError] | None:
    """Return TokenRejected or RateLimited when `code` stands for it, else None."""
    if code in TOKEN_CODES:
        return TokenRejected
    return RateLimited if code in SPEED_CODES else None


def raise_for(status: int, body: Mapping[str, object]) -> None:
    """Raise what the answer to a read means, or return when it is a success."""
    if said_ok(body) and status == HTTPStatus.OK:
        return
    code, text = code_of(body), text_of(body)
    fault = fault_of(code) or _by_class(status, result_of(body), code)
    if fault is not None:
        raise fault(f"HTTP {status} {text}".strip())
    if said_no(body):
        raise BrokerRefused(code, text)
    raise BrokerProtocolError(f"HTTP {status} without a usable result code")


def _by_class(status: int, result: str, code: str) -> type[BrokerError] | None:
    """Return the fault that the class code or the HTTP status stands for."""
    if code in NOT_OFFERED_CODES:
        return NotOfferedHere
    if code in _KEY_CODES:
        return None
    if code == result == _KEYS_OR_ACCESS or status == HTTPStatus.UNAUTHORIZED:
        return TokenRejected
    if code == result == _QUOTA or status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited
    if code in _PASSING_CODES or (not result and status >= HTTPStatus.INTERNAL_SERVER_ERROR):
        return BrokerUnavailable
    return None

"""Bodies: the exact bytes that leave, what arrives as JSON, and what of both may be kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import NoReturn

import httpx

from brokers.wire.clients import RawAnswer
from core.domain.orders import NotSent, SubmitOutcome, Unresolved, WireRecord
from core.errors import BrokerProtocolError, BrokerUnavailable, RateLimited

_HALF_A_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_CLOCKS_AGREE = timedelta(seconds=2)
_ANSWER_CHARS_MAX = 2_000
_ANSWER_BYTES_MAX = 4 * _ANSWER_CHARS_MAX


def encode(document: Mapping[str, str]) -> bytes:
    """Return the exact bytes of a body: what is signed or hashed is what is sent."""
    return json.dumps(document, separators=(",", ":")).encode()


def read_json(content: bytes) -> Mapping[str, object]:
    """Return an answer's JSON object. Raises BrokerProtocolError for anything else."""
    if not content.strip():
        raise BrokerProtocolError("empty answer")
    try:
        body = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        # ArithmeticError: a number such as 1e99999999999999999999 is beyond even Decimal.
        raise BrokerProtocolError("answer is not JSON") from None
    if not isinstance(body, dict):
        raise BrokerProtocolError("answer is not a JSON object")
    if _HALF_A_CHARACTER.search(content) and not _is_text(body):
        raise BrokerProtocolError("answer holds half a character")
    return body


def _is_text(body: object) -> bool:
    """Whether all of it can be written anywhere: JSON may escape half a character (a surrogate)."""
    try:
        json.dumps(body, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def raise_unread(status: int) -> NoReturn:
    """Raise what an unreadable answer to a read means by its HTTP status."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited("HTTP 429")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise BrokerUnavailable(f"HTTP {status}, no readable answer")
    raise BrokerProtocolError(f"HTTP {status}, no readable answer")


def believe(
    response: httpx.Response, raise_for: Callable[[int, Mapping[str, object]], None]
) -> Mapping[str, object]:
    """Return the body of a read that succeeded; `raise_for` is the broker's table of reactions.

    Raises BrokerError.
    """
    try:
        body = read_json(response.content)
    except BrokerProtocolError:
        raise_unread(response.status_code)
    raise_for(response.status_code, body)
    return body


def redacted_request(path: str, shown: Mapping[str, str]) -> str:
    """Return what was posted as a text for the journal; `shown` names no account, key or token."""
    return f"POST {path} {json.dumps(shown, separators=(',', ':'))}"


def redacted_answer(answer: RawAnswer, secrets: Iterable[str]) -> str:
    """Return status and body of an answer, bounded; what names the account or opens it is hidden."""
    text = answer.content[:_ANSWER_BYTES_MAX].decode("utf-8", "replace")
    for secret in secrets:
        text = text.replace(secret, "***")
    return f"HTTP {answer.status} {text}"[:_ANSWER_CHARS_MAX]


def recorded(
    answer: RawAnswer | NotSent | Unresolved,
    asked: str,
    classify: Callable[[RawAnswer], SubmitOutcome],
    secrets: Iterable[str],
) -> SubmitOutcome:
    """Return what became of an order POST together with the record of it that is kept."""
    if isinstance(answer, NotSent | Unresolved):
        return replace(answer, wire=WireRecord(request=asked))
    said = redacted_answer(answer, secrets)
    return replace(classify(answer), wire=WireRecord(request=asked, answer=said))


def server_ahead(header: str, asked_at: datetime, received_at: datetime) -> timedelta | None:
    """Return how far the server's clock runs before ours by its Date header; None when it says none.

    The header names a whole second somewhere between question and answer. Within two seconds of
    that span nothing is known but that the clocks agree.
    """
    stated = _instant(header)
    if stated is None:
        return None
    if stated > received_at + _CLOCKS_AGREE:
        return stated - received_at
    if stated < asked_at - _CLOCKS_AGREE:
        return stated - asked_at
    return timedelta(0)


@lru_cache(maxsize=16)
def _instant(header: str) -> datetime | None:
    """Return a Date header as an instant, None where it is none; the answers of a second share it."""
    try:
        stated = parsedate_to_datetime(header)
    except ValueError:
        return None
    return None if stated.tzinfo is None else stated

"""Envelopes, and how the server reads what a call carries.

The class code is `return_code`; the code that says what happened stands inside `return_msg`. Error
bodies put `return_msg` first, answers put both last, as they were seen on the wire.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sandbox.kis.wire import Reply, Request

from .state import KiwoomState

JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json;charset=UTF-8"}
DONE = "정상적으로 처리되었습니다"
READ = "조회가 완료되었습니다"

_DIGITS_MAX = 12


class Refused(Exception):
    """What the server answers instead: a class code, a message, an HTTP status."""

    def __init__(self, result: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.result = result
        self.message = message
        self.status = status

    @property
    def reply(self) -> Reply:
        """The answer."""
        body = {"return_msg": self.message, "return_code": self.result}
        return Reply(self.status, body, JSON_HEADERS)


@dataclass(frozen=True, slots=True)
class Visit:
    """One admitted call: who serves it, what it carries, when."""

    state: KiwoomState
    request: Request
    now: datetime
    api_id: str
    fields: Mapping[str, str]

    def need(self, name: str) -> str:
        """Return a field that must be given and not blank."""
        value = self.fields.get(name, "").strip()
        if not value:
            raise missing(name)
        return value

    def maybe(self, name: str) -> str:
        """Return a field that may be left out."""
        return self.fields.get(name, "").strip()

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """Return a field that must be one of `allowed`."""
        value = self.need(name)
        if value not in allowed:
            raise malformed(name)
        return value

    def whole(self, name: str) -> int:
        """Return a field of digits."""
        text = self.need(name)
        if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
            raise malformed(name)
        return int(text)

    def day(self, name: str) -> date:
        """Return a YYYYMMDD field; blank is today."""
        text = self.maybe(name)
        if not text:
            return self.now.date()
        try:
            return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            raise malformed(name) from None


def missing(name: str) -> Refused:
    """A required field is not there."""
    return Refused(2, f"입력 값 오류입니다[1511:필수 입력 값이 없습니다. 필수입력 파라미터={name}]")


def malformed(name: str) -> Refused:
    """A field's value is not allowed."""
    return Refused(2, f"입력 값 오류입니다[1517:입력 값 형식이 올바르지 않습니다. 파라미터={name}]")


def business(code: str, text: str) -> Refused:
    """The ledger refuses."""
    return Refused(20, f"[2000]({code}:{text})")


def unauthorised(code: str, text: str) -> Refused:
    """Keys or token are refused, with HTTP 200 as the real server does."""
    return Refused(3, f"인증에 실패했습니다[{code}:{text}]")


def answer(
    visit: Visit, fields: Mapping[str, object], message: str = READ, *, next_key: str = ""
) -> Reply:
    """Return a success with the headers of the real server."""
    headers = {
        **JSON_HEADERS,
        "api-id": visit.api_id,
        "cont-yn": "Y" if next_key else "N",
        "next-key": next_key,
    }
    return Reply(200, {**fields, "return_code": 0, "return_msg": message}, headers)


def padded(value: int, width: int) -> str:
    """Return a number as account answers write it: a minus takes the place of one digit."""
    return f"-{-value:0{width - 1}d}" if value < 0 else f"{value:0{width}d}"


def directed(price: int | Decimal, base: int | Decimal) -> str:
    """Return a price as quotes write it: its sign says which way it moved since the last close.

    0 is no price, so it moved nowhere.
    """
    sign = "+" if price > base else "-" if price < base else ""
    return f"{sign if price else ''}{price}"


def signed(value: int | Decimal) -> str:
    """Return a difference with its own sign."""
    return f"{value:+}" if value else f"{value}"


def percent(part: int, whole: int) -> str:
    """Return part ÷ whole in percent with two decimals and its sign."""
    ratio = round(100 * part / whole, 2) if whole else 0.0
    return f"{ratio:+.2f}" if ratio else "0.00"


def sign_code(difference: int) -> str:
    """Return 대비기호: 2 up, 3 unchanged, 5 down."""
    if not difference:
        return "3"
    return "2" if difference > 0 else "5"

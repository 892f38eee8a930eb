"""Envelopes, and how the server reads what a call carries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from .profiles import Call
from .state import KisState
from .wire import Reply, Request

_MESSAGE_BYTES = 80
_CURSOR_WIDTH = 100
JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json; charset=utf-8"}


class InputRefused(Exception):
    """A field is missing or wrong; `text` is the msg1 of OPSQ2001."""

    def __init__(self, text: str, code: str = "OPSQ2001") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


@dataclass(frozen=True, slots=True)
class Visit:
    """One admitted call: who serves it, what it carries, when."""

    state: KisState
    request: Request
    now: datetime
    call: Call
    tr_id: str
    fields: Mapping[str, str]

    def need(self, name: str) -> str:
        """Return a field that must be present, even if empty."""
        if name not in self.fields:
            raise InputRefused(f"ERROR : INPUT_FIELD_NAME {name}")
        return self.fields[name]

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """Return a field that must be one of `allowed`."""
        value = self.need(name)
        if value not in allowed:
            raise invalid(name)
        return value

    def day(self, name: str) -> date:
        """Return a YYYYMMDD field."""
        text = self.need(name).strip()
        try:
            return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            raise invalid(name) from None

    def whole(self, name: str) -> int:
        """Return a field of digits."""
        text = self.need(name)
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise invalid(name)
        return int(text)

    def account(self) -> None:
        """Refuse any account but ours."""
        given = (self.need("CANO"), self.need("ACNT_PRDT_CD"))
        if given != (self.state.account, self.state.product):
            raise InputRefused("ERROR : INPUT INVALID_CHECK_ACNO", code="OPSQ2000")


def invalid(name: str) -> InputRefused:
    """The refusal of a field whose value is not allowed."""
    return InputRefused(f"ERROR : INPUT INVALID_CHECK_{name}")


def padded(text: str) -> str:
    """Pad to 80 bytes of CP949, as account inquiries do."""
    return text + " " * (_MESSAGE_BYTES - len(text.encode("cp949")))


def cursor(text: str) -> str:
    """Pad a ctx_area value to its 100 columns."""
    return text.ljust(_CURSOR_WIDTH)


def answer(visit: Visit, payload: Mapping[str, object], *, cont: str = "") -> Reply:
    """Return a 200 answer with the headers of the real server."""
    headers = {
        **JSON_HEADERS,
        "tr_id": visit.tr_id,
        "tr_cont": cont,
        "gt_uid": f"SANDBOX{len(visit.state.requests):025d}",
    }
    return Reply(200, payload, headers)


def envelope(code: str, text: str, *, rt: str = "0") -> dict[str, object]:
    """Return the three keys that every answer carries."""
    return {"rt_cd": rt, "msg_cd": code, "msg1": text}


def quotation(visit: Visit, outputs: Mapping[str, object]) -> Reply:
    """Return a quotation answer."""
    return answer(visit, {**outputs, **envelope("MCA00000", "정상처리 되었습니다.")})


def inquiry(visit: Visit, kind: str, outputs: Mapping[str, object], *, cont: str = "") -> Reply:
    """Return an account inquiry's answer: `kind` chooses code and text by mode."""
    code, text = visit.state.profile.inquiry[kind]
    return answer(visit, {**outputs, **envelope(code, padded(text))}, cont=cont)


def gateway_error(code: str, text: str, *, status: int = 500) -> Reply:
    """Return an error of the gateway: HTTP 500 with the usual envelope."""
    return Reply(status, envelope(code, text, rt="1"), JSON_HEADERS)


def auth_error(code: str, text: str) -> Reply:
    """Return an error of the issuing endpoints: HTTP 403 and an envelope of their own."""
    return Reply(403, {"error_description": text, "error_code": code}, JSON_HEADERS)


def sign(difference: int) -> str:
    """Return prdy_vrss_sign: 2 up, 3 unchanged, 5 down."""
    if difference == 0:
        return "3"
    return "2" if difference > 0 else "5"


def percent(part: int, whole: int, digits: int = 2) -> str:
    """Return part ÷ whole in percent with fixed decimals ("0.00" when whole is 0)."""
    ratio = 100 * part / whole if whole else 0.0
    return f"{ratio:.{digits}f}"

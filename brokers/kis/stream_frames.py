"""Messages of the KIS WebSocket, taken apart without a socket.

A message that begins with 0 or 1 is data, `enc|tr_id|count|payload`; its records lie back to back
in the payload, fields between carets. Anything else is JSON: an answer to a registration, or
PINGPONG. What cannot be read raises BrokerProtocolError, and nothing of it is believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from brokers.wire.bodies import read_json
from core.errors import BrokerProtocolError

PINGPONG = "PINGPONG"
RECORDS_MAX = 999
_DATA = ("0|", "1|")
# How a count is written: three digits, and whatever is plainly the same number.
_COUNTS = {
    text: number
    for number in range(1, RECORDS_MAX + 1)
    for text in (f"{number:03d}", f"{number:02d}", str(number))
}
_LOUD_MAX = 80
_CODE = re.compile(r"[0-9A-Z]{6,7}")


class Data(NamedTuple):
    """One data message; `payload` holds `record_count` records, in base64 when encrypted."""

    is_encrypted: bool
    tr_id: str
    record_count: int
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server says to a registration, or unasked. Empty texts where it states nothing.

    `iv` and `key` come with every registration that succeeded.
    """

    tr_id: str
    tr_key: str = field(repr=False)
    code: str
    text: str
    succeeded: bool
    iv: str = field(default="", repr=False)
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Ping:
    """PINGPONG: the server closes the connection of whoever does not send it back."""

    text: str


def read_message(message: str) -> Data | Answer | Ping:
    """Take one text message apart. Raises BrokerProtocolError."""
    if message.startswith(_DATA):
        return _data(message)
    if not message.startswith("{"):
        raise BrokerProtocolError(f"stream: neither data nor JSON: {message[:_LOUD_MAX]!r}")
    return _control(message)


def _data(message: str) -> Data:
    try:
        encrypted, tr_id, number, payload = message.split("|", 3)
        return Data(encrypted == "1", tr_id, _COUNTS[number], payload)
    except (ValueError, KeyError):
        raise BrokerProtocolError(f"stream: malformed head: {message[:_LOUD_MAX]!r}") from None


def _control(message: str) -> Answer | Ping:
    document = read_json(message.encode(errors="replace"))
    header = _object(document, "header")
    tr_id = _text(header, "tr_id")
    if tr_id == PINGPONG:
        return Ping(message)
    body = _object(document, "body")
    output = body.get("output")
    keys: Mapping[str, object] = output if isinstance(output, Mapping) else {}
    return Answer(
        tr_id="" if tr_id == "(null)" else tr_id,
        tr_key=_text(header, "tr_key"),
        code=_text(body, "msg_cd"),
        text=_text(body, "msg1"),
        succeeded=_text(body, "rt_cd") == "0",
        iv=_text(keys, "iv"),
        key=_text(keys, "key"),
    )


def _object(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = document.get(name)
    if not isinstance(value, Mapping):
        raise BrokerProtocolError(f"stream: {name} missing")
    return value


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    return value.strip() if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the fields that we read lie in a record of one transaction id.

    The first place is that of the instrument's code; `width_min` counts the fields that a record
    has at least.
    """

    tr_id: str
    width_min: int
    places: tuple[int, ...]


def records(payload: str, count: int, layout: Layout) -> list[tuple[str, ...]]:
    """Return of each of the `count` records of a payload the fields that `layout` places.

    Fields added to every record, or once after the last one, are passed over; records shorter than
    they should be, or without a code where one belongs, are a layout that we do not know. Raises
    BrokerProtocolError.
    """
    fields = payload.split("^")
    width = len(fields) // count
    if count > 1 and (width * count != len(fields) or not _fits(fields, count, width, layout)):
        fitting = [
            narrower
            for narrower in range(layout.width_min, width + 1)
            if _fits(fields, count, narrower, layout)
        ]
        width = fitting[0] if len(fitting) == 1 else 0
    if width < layout.width_min:
        raise BrokerProtocolError(
            f"stream: {layout.tr_id} with {len(fields)} fields in {count} records"
        )
    return [pick(fields) for pick in _picks(width, count, layout)]


@lru_cache(maxsize=256)
def _picks(
    width: int, count: int, layout: Layout
) -> tuple[Callable[[list[str]], tuple[str, ...]], ...]:
    """Return what takes the fields of each record straight out of those of all."""
    starts = range(0, width * count, width)
    return tuple(itemgetter(*[start + place for place in layout.places]) for start in starts)


def _fits(fields: list[str], count: int, width: int, layout: Layout) -> bool:
    """Whether records of `width` fields all have a code where one belongs."""
    place = layout.places[0]
    codes = fields[place : width * count : width] if width > place else []
    if len(codes) != count:
        return False
    if codes.count(codes[0]) == count:  # nearly always it is the same one
        return _is_code(codes[0])
    return all(map(_is_code, codes))


@lru_cache(maxsize=1024)
def _is_code(text: str) -> bool:
    return _CODE.fullmatch(text) is not None

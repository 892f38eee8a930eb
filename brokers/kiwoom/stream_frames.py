"""Frames of the Kiwoom WebSocket, taken apart and put together without a socket. All are JSON.

LOGIN comes first and REG only after its answer; PING is sent back as it came; REAL carries one or
several entries at once. What cannot be read raises BrokerProtocolError, and nothing of it is
believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from brokers.kiwoom.errors import TOKEN_CODES, result_of, said_ok, text_of
from brokers.wire.bodies import read_json
from core.errors import BrokerProtocolError

GROUP = "1"
LOGIN, REG, REMOVE = "LOGIN", "REG", "REMOVE"
# What SYSTEM says to the session that another one on the same app key ends.
KICKED_CODE = "R10001"
_NUMBER = re.compile(r"\b[0-9]{4}\b")
_LOUD_MAX = 80


@dataclass(frozen=True, slots=True)
class Ping:
    """The server closes the connection of whoever does not send it back."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says to LOGIN, REG or REMOVE."""

    kind: str
    succeeded: bool
    text: str
    code: str = ""

    @property
    def is_dead_token(self) -> bool:
        """Whether a refused LOGIN asks for another token.

        The code stands by itself, or in the text as `[CODE=8005, MESSAGE=…]`.
        """
        told = {self.code, *_NUMBER.findall(self.text)}
        return not self.succeeded and not told.isdisjoint(TOKEN_CODES)


@dataclass(frozen=True, slots=True)
class Kicked:
    """Another connection with the same app key took over, and this one is closed."""

    text: str


@dataclass(frozen=True, slots=True)
class System:
    """Anything else that the server says unasked."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a REAL frame: values by FID."""

    kind: str
    item: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Real:
    """Realtime data; entries that cannot be read are counted, the others stand."""

    entries: tuple[Entry, ...]
    unread: int = 0


def login(token: str) -> str:
    """Return the first frame."""
    return json.dumps({"trnm": LOGIN, "token": token})


def register(items: Sequence[str], kind: str) -> str:
    """Return the frame that adds registrations of one type and keeps the others."""
    data = [{"item": list(items), "type": [kind]}]
    return json.dumps({"trnm": REG, "grp_no": GROUP, "refresh": "1", "data": data})


def remove(items: Sequence[str], kind: str) -> str:
    """Return the frame that takes registrations of one type back."""
    data = [{"item": list(items), "type": [kind]}]
    return json.dumps({"trnm": REMOVE, "grp_no": GROUP, "data": data})


def read_frame(frame: str) -> Ping | Answer | Kicked | System | Real:
    """Take one frame apart. Raises BrokerProtocolError."""
    if frame.strip() == "PING":
        return Ping(frame)
    body = read_json(frame.encode(errors="replace"))
    kind = body.get("trnm")
    if kind == "PING":
        return Ping(frame)
    if kind == "REAL":
        return _real(body.get("data"))
    if kind == "SYSTEM":
        code, text = (str(body.get(name, ""))[:_LOUD_MAX] for name in ("code", "message"))
        return Kicked(text) if code == KICKED_CODE else System(code, text)
    if kind in (LOGIN, REG, REMOVE):  # a list of it has no hash, so no set here
        return Answer(str(kind), said_ok(body), text_of(body), result_of(body))
    raise BrokerProtocolError(f"stream: no such frame: {frame[:_LOUD_MAX]!r}")


def _real(data: object) -> Real:
    if not isinstance(data, list):
        raise BrokerProtocolError("stream: REAL without a list")
    entries = tuple(_entries(data))
    return Real(entries, len(data) - len(entries))


def _entries(data: Iterable[object]) -> Iterable[Entry]:
    for one in data:
        if not isinstance(one, Mapping):
            continue
        kind, item, values = one.get("type"), one.get("item", ""), one.get("values")
        if isinstance(kind, str) and isinstance(item, str) and isinstance(values, Mapping):
            yield Entry(kind, item, values)

"""What crosses the socket: a request, an answer, or a fault that the shell carries out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are lower case; `body` is what the client sent, unread."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return a header, or "" when the client did not send it."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer. `payload` None is a body without JSON: `raw`, or nothing."""

    status: int
    payload: Mapping[str, object] | None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""

    @property
    def content(self) -> bytes:
        """The body as the server writes it: UTF-8 JSON, Korean unescaped, or raw bytes."""
        if self.payload is None:
            return self.raw
        return json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode()

    def dated(self, now: datetime) -> Reply:
        """Return this answer with the server's clock in its header, as every web server sends it.

        It is the clock that orders are dated by.
        """
        date = format_datetime(now.astimezone(UTC), usegmt=True)
        return replace(self, headers={**self.headers, "Date": date})


class FaultKind(Enum):
    """Ways in which an answer fails to arrive whole."""

    DROP = "drop"
    """The connection closes without a byte; the request may or may not have had its effect."""
    DELAY = "delay"
    """The answer arrives after `seconds` of host time."""
    TRUNCATE = "truncate"
    """Half of the body arrives, then the connection closes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An injected failure. `reply` is what the server would have said (None: never handled)."""

    kind: FaultKind
    reply: Reply | None = None
    seconds: float = 0.0

"""The values that cross the sandbox's edge: one request, one reply, one refusal, one instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal, Protocol

Json = dict[str, Any]

KST = timezone(timedelta(hours=9), "KST")
DISCORD_EPOCH_MS = 1_420_070_400_000

EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_EMBEDS = 1 << 2
SUPPRESS_NOTIFICATIONS = 1 << 12
COMPONENTS_V2 = 1 << 15
# What a bot may set, by whether the message was there: an edit rings nowhere anyway.
SETTABLE_FLAGS = {
    False: SUPPRESS_EMBEDS | COMPONENTS_V2 | SUPPRESS_NOTIFICATIONS,
    True: SUPPRESS_EMBEDS | COMPONENTS_V2,
}


class HasNow(Protocol):
    """The one thing this sandbox asks of a clock."""

    def now(self) -> datetime:
        """Return the current business instant, aware."""


class World(Protocol):
    """The loopback world that this server lives in."""

    @property
    def clock(self) -> HasNow:
        """The business clock: snowflakes, timestamps and token life follow it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks: `business` is aware, `host` counts monotonic seconds."""

    business: datetime
    host: float


@dataclass(frozen=True, slots=True)
class Upload:
    """One file part of a multipart body; `index` is the n of ``files[n]``."""

    index: int
    filename: str
    data: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Request:
    """A request with its body read. `path` starts after ``/api/v10``."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    authorization: str = ""
    body: Any = None
    files: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `fate` other than "answer" tells the socket shell to break the connection."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    fate: Literal["answer", "cut", "hang"] = "answer"


class Refusal(Exception):
    """Discord's own error answer: HTTP status, JSON error code, text, and the paths at fault."""

    def __init__(self, status: int, code: int, text: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {text}")
        self.status = status
        self.code = code
        self.text = text
        self.errors = errors

    def body(self) -> Json:
        """Return the JSON body."""
        body: Json = {"message": self.text, "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body


def iso(instant: datetime) -> str:
    """Return the wire form of an instant: UTC with microseconds and an offset."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def milliseconds(instant: datetime) -> int:
    """Return Unix milliseconds."""
    return int(instant.timestamp() * 1000)

"""What the streams of both brokers have in common: acts, faults on the way out, pings, newcomers.

No socket and no clock. Market data follow business time; pings, the limit for their answer and what
a delay holds back follow host seconds, because they are about the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from brokers.sim.values import ExchangeOrder, Execution

from .kis.state import Market
from .stream_faults import StreamFaults

PING_EVERY = timedelta(seconds=10)
PING_HOST_SECONDS_MIN = 0.2
GOING_AWAY = 1001
DONE = 1000


@dataclass(frozen=True, slots=True)
class Send:
    """A text message to send, once `after_seconds` of host time have passed."""

    text: str
    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the connection: with a closing frame of this code, or with 0 without a word."""

    code: int = 0


Act = Send | HangUp


class Connection(Protocol):
    """One client's connection as the server sees it."""

    def said(self, message: str, now: datetime, host: float) -> list[Act]:
        """Answer one text message."""

    def ponged(self, payload: str) -> None:
        """Take a PONG control frame."""

    def pump(self, now: datetime, host: float) -> list[Act]:
        """Return what is due at an instant."""


class Hub(Protocol):
    """The server's side of all connections."""

    def connect(self, now: datetime, host: float) -> Connection:
        """Return a new connection."""

    def gone(self, connection: Connection, host: float) -> None:
        """Note that a connection ended."""


class WayOut:
    """The way of one connection's data: faults happen here, and a delay holds back what follows."""

    def __init__(self, faults: StreamFaults) -> None:
        """Nothing is late yet."""
        self._faults = faults
        self._late_until = 0.0

    def carry(self, message: str, host: float) -> list[Act]:
        """Return what becomes of one message of data."""
        late = max(self._late_until - host, 0.0)
        fault = self._faults.take()
        kind = fault.kind if fault is not None else ""
        if kind in {"drop", "close"}:
            return [HangUp(GOING_AWAY if kind == "close" else 0)]
        if kind == "swallow":
            return []
        if fault is not None and kind == "delay":
            late = max(late, fault.seconds)
            self._late_until = host + late
        if kind == "truncate":
            message = message[: len(message) * 2 // 3]
        copies = 2 if kind == "duplicate" else 1
        return [Send(message, late)] * copies


class Pings:
    """When a connection is pinged, and whether it has answered."""

    def __init__(self, now: datetime, host: float) -> None:
        """Count from here."""
        self._pinged_at, self._pinged_host = now, host
        self._unanswered: tuple[str, float] | None = None

    def is_due(self, now: datetime, host: float) -> bool:
        """Whether ten seconds of either clock have passed."""
        since_host = host - self._pinged_host
        is_due = now - self._pinged_at >= PING_EVERY and since_host >= PING_HOST_SECONDS_MIN
        return is_due or since_host >= PING_EVERY.total_seconds()

    def send(self, message: str, now: datetime, host: float) -> Send:
        """Return the ping to send; the oldest one without an answer counts."""
        self._pinged_at, self._pinged_host = now, host
        if self._unanswered is None:
            self._unanswered = (message, host)
        return Send(message)

    def answered(self, text: str | None = None) -> None:
        """Take an answer; one with a text counts only when it is the ping's own."""
        if self._unanswered is not None and text in {None, self._unanswered[0]}:
            self._unanswered = None

    def is_overdue(self, host: float, within: float) -> bool:
        """Whether an answer has been missing for longer than `within` host seconds."""
        return self._unanswered is not None and host - self._unanswered[1] > within


class Busy:
    """How many more messages than the market's own are due, when a market is to be busy."""

    def __init__(self, host: float) -> None:
        """Count from here."""
        self._until = host

    def due(self, per_second: float, host: float) -> int:
        """Return how many have become due since the last call; what is left over counts on.

        A pause of more than a second makes no avalanche: it counts as one second.
        """
        if per_second <= 0:
            self._until = host
            return 0
        self._until = max(self._until, host - 1.0)
        count = int((host - self._until) * per_second)
        self._until += count / per_second
        return count


class Newcomers:
    """The orders and fills of the day that one listener has not been told of."""

    def __init__(self, now: datetime) -> None:
        """Begin with an empty day; `catch_up` passes over what has been before."""
        self._seen: tuple[date, int, int] = (now.date(), 0, 0)

    def catch_up(self, exchange: Market, now: datetime) -> None:
        """Take everything so far as told."""
        day = now.date()
        self._seen = day, len(exchange.orders(day)), len(exchange.executions(day))

    def take(
        self, exchange: Market, now: datetime
    ) -> tuple[list[ExchangeOrder], list[tuple[ExchangeOrder, Execution]]]:
        """Return new orders, and new fills with their orders."""
        day, orders, fills = self._seen
        if day != now.date():
            orders = fills = 0
        told = exchange.orders(now.date())
        by_number = {order.number: order for order in told}
        filled = exchange.executions(now.date())[fills:]
        self.catch_up(exchange, now)
        return told[orders:], [(by_number[fill.number], fill) for fill in filled]

"""What waits for one channel: which notices it takes, when, and how many.

A channel that fails or hangs keeps its own letters back and nobody else's. What waits is sent as
one message, so that a bad minute is one message and not twenty.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from core.domain.conditions import (
    Condition,
    Lasting,
    Notice,
    Severity,
    Standing,
    Turn,
    notice_of,
)
from core.domain.quiet_hours import QuietHours
from core.ports.alerting import AlertChannel

_LOG = structlog.get_logger(__name__)
RATE_WINDOW = timedelta(hours=1)
# A channel that failed is left alone for a while, longer each time.
RESTS = (timedelta(seconds=20), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a channel takes: critical only or warnings too, its quiet hours, attempts in an hour.

    Critical passes quiet hours and the rate.
    """

    takes_warnings: bool
    quiet: QuietHours | None
    rate: int


class Letterbox:
    """The notices that one channel has not delivered yet: at most one of each condition."""

    def __init__(
        self,
        channel: AlertChannel,
        terms: Terms,
        *,
        without: Collection[Condition] = (),
    ) -> None:
        """Start empty. Of `without` people hear there by other ways."""
        self.channel = channel
        self._without = without
        self._terms = terms
        self._waiting: deque[Notice] = deque()
        self._tried: deque[datetime] = deque()
        self._heard: dict[Condition, datetime] = {}
        self._handed: set[Condition] = set()
        self._failures = 0
        self._rests_until: datetime | None = None

    @property
    def waiting(self) -> tuple[Notice, ...]:
        """What is not delivered yet, oldest first."""
        return tuple(self._waiting)

    @property
    def heard(self) -> Mapping[Condition, datetime]:
        """Of which conditions the channel proved delivery, by their beginning; not yet of their end."""
        return dict(self._heard)

    def restore(
        self, heard: Mapping[Condition, datetime], standing: Standing, now: datetime
    ) -> None:
        """Take up what an earlier process delivered; what it did not get to waits again."""
        self._heard = dict(heard)
        for known in standing.values():
            if heard.get(known.condition) != known.since:
                self.put(notice_of(known, Turn.BEGAN, now))
        for condition, since in heard.items():
            if condition not in standing:
                gone = Lasting(condition=condition, since=since, text="", told_at=since)
                self.put(notice_of(gone, Turn.ENDED, now))

    def put(self, notice: Notice) -> None:
        """Take a notice, if the channel takes its kind.

        The end of what nobody here was told of is no news, and neither is its beginning any more.
        What is being sent, or was sent without proof, may have been heard: its end is told.
        """
        if notice.condition in self._without:
            return
        if notice.severity is Severity.WARNING and not self._terms.takes_warnings:
            return
        same = [one for one in self._waiting if one.condition is notice.condition]
        for one in same:
            self._waiting.remove(one)
        was_heard = notice.condition in self._heard or notice.condition in self._handed
        if notice.turn is Turn.ENDED and not was_heard:
            return
        began = [one for one in same if one.turn is Turn.BEGAN]
        self._waiting.append(began[0] if notice.turn is Turn.LASTS and began else notice)

    def due(self, now: datetime) -> tuple[Notice, ...]:
        """Return what may be sent now, oldest first."""
        if self._rests_until is not None and now < self._rests_until:
            return ()
        while self._tried and now - self._tried[0] >= RATE_WINDOW:
            self._tried.popleft()
        quiet = self._terms.quiet
        if len(self._tried) >= self._terms.rate or (quiet is not None and quiet.cover(now)):
            return tuple(one for one in self._waiting if one.severity is Severity.CRITICAL)
        return tuple(self._waiting)

    def handed(self, due: tuple[Notice, ...]) -> None:
        """Note what goes to the channel now: from here on people may have heard of it."""
        self._handed.update(one.condition for one in due if one.turn is not Turn.ENDED)

    def delivered(self, sent: tuple[Notice, ...], now: datetime) -> None:
        """Forget what people can see now, but not that they heard of it."""
        for one in sent:
            if one in self._waiting:
                self._waiting.remove(one)
            self._handed.discard(one.condition)
            if one.turn is Turn.ENDED:
                self._heard.pop(one.condition, None)
            else:
                self._heard[one.condition] = one.since
        self._tried.append(now)
        self._failures, self._rests_until = 0, None

    def failed(self, now: datetime) -> None:
        """Leave the channel alone for a while; the attempt counts in the rate, it may have arrived."""
        self._tried.append(now)
        rest = RESTS[min(self._failures, len(RESTS) - 1)]
        self._failures += 1
        self._rests_until = now + rest
        _LOG.warning(
            "an alert channel takes nothing",
            channel=self.channel.name,
            failures=self._failures,
            again_at=self._rests_until.isoformat(),
        )

"""How much is written of somebody who is refused again and again.

Whoever is refused decides how often that is, and must not decide how much is written: every line
of the journal is a durable transaction, and orders wait for the same writer.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# Refusals with less than this between one and the next are one series.
WITHIN = timedelta(minutes=10)
# So many of one series have a line each; then one each time they doubled.
SINGLES = 10
# So many of everybody's within one span, then as above. By spans, because a series of everybody's
# would never end while two people press now and then, and hide all others.
SINGLES_OF_ALL = 100
SPAN_OF_ALL = timedelta(hours=1)
# More people than this: the oldest are forgotten, and begin anew.
PEOPLE_MAX = 1_000


@dataclass(slots=True)
class RefusalSeries:
    """The refusals of one person, or of all, with less than `within` between one and the next."""

    singles: int = SINGLES
    within: timedelta = WITHIN
    times: int = 0
    last: datetime | None = None
    _told: int = 0

    def add(self, now: datetime) -> bool:
        """Count one more; return whether it begins a series."""
        begins = self.last is None or now - self.last > self.within
        if begins:
            self.times = self._told = 0
        self.times += 1
        self.last = now
        return begins

    def is_to_be_told(self) -> bool:
        """Whether the newest is one of the first, or the series has doubled since one was told."""
        if self.times > self.singles and self.times < 2 * self._told:
            return False
        self._told = self.times
        return True


@dataclass(slots=True)
class Refusals:
    """The series of each person, and all together by the hour; how many of each are told singly."""

    singles: int = SINGLES
    singles_of_all: int = SINGLES_OF_ALL
    _people: dict[Hashable, RefusalSeries] = field(default_factory=dict)
    _all: RefusalSeries = field(default_factory=RefusalSeries)
    _all_since: datetime | None = None

    def to_be_written(self, person: Hashable, now: datetime) -> int | None:
        """Count a refusal; return the person's number of them, or None where no line is written."""
        series = self._people.pop(person, None) or RefusalSeries(self.singles)
        self._people[person] = series
        while len(self._people) > PEOPLE_MAX:
            del self._people[next(iter(self._people))]
        series.add(now)
        if not series.is_to_be_told():
            return None
        if self._all_since is None or not now - self._all_since < SPAN_OF_ALL:
            self._all = RefusalSeries(self.singles_of_all, within=SPAN_OF_ALL)
            self._all_since = now
        self._all.add(now)
        return series.times if self._all.is_to_be_told() else None

"""The trading calendar: which days have a session, and when it opens and closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from core.domain.krx import SessionHours, first_session_hours, regular_hours
from core.domain.krx_days import TABLE_ENDS, TABLE_STARTS
from core.domain.special_days import SPECIAL_DAYS

_DAY = timedelta(days=1)
SEARCH_DAYS_MAX = 30
REGULAR = "regular"
MOVED = "rule"
WEEKEND = "weekend"


class CalendarUnknown(ValueError):
    """The day lies outside the table; without a table there is no trading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a day is at run time, in place of the table. `hours` None means closed."""

    hours: SessionHours | None
    source: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """What the calendar knows of one day, and by whom."""

    day: date
    hours: SessionHours | None
    source: str
    as_of: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TradingCalendar:
    """KRX sessions from the committed table, and what was ruled beside it while running.

    `rulings` may be the read-only view of a mapping that changes: every question asks it anew.
    """

    rulings: Mapping[date, Ruling] = field(default_factory=lambda: MappingProxyType({}))

    def describe(self, day: date) -> CalendarDay:
        """Return what is known of `day`. Raises CalendarUnknown outside the table."""
        ruling = self.rulings.get(day)
        if ruling is not None:
            return CalendarDay(
                day=day, hours=ruling.hours, source=ruling.source, reason=ruling.reason
            )
        if day.weekday() >= 5:
            return CalendarDay(day=day, hours=None, source=WEEKEND)
        if not TABLE_STARTS <= day <= TABLE_ENDS:
            raise CalendarUnknown(f"{day} is outside the trading calendar")
        row = SPECIAL_DAYS.get(day)
        if row is not None:
            return CalendarDay(
                day=day, hours=row.hours, source=row.source, as_of=row.as_of, reason=row.reason
            )
        if self._became_first_of_year(day):
            return CalendarDay(day=day, hours=first_session_hours(day), source=MOVED)
        return CalendarDay(day=day, hours=regular_hours(day), source=REGULAR)

    def hours(self, day: date) -> SessionHours | None:
        """Return the session of `day`, or None when the exchange is closed.

        Raises CalendarUnknown outside the table.
        """
        return self.describe(day).hours

    def known_hours(self, day: date) -> SessionHours | None:
        """Return the session of `day`; None when closed, and on a day outside the table."""
        try:
            return self.hours(day)
        except CalendarUnknown:
            return None

    def is_session(self, day: date) -> bool:
        """Whether the exchange opens on `day`. Raises CalendarUnknown outside the table.

        As `hours` tells it, without working them out: a backtest asks this of every day of ten years.
        """
        if day.weekday() >= 5 and day not in self.rulings:
            return False
        if not (TABLE_STARTS <= day <= TABLE_ENDS or day in self.rulings):
            raise CalendarUnknown(f"{day} is outside the trading calendar")
        return self._is_open(day)

    def previous_session(self, day: date) -> date:
        """Return the last session strictly before `day`."""
        return self._search(day, -_DAY)

    def next_session(self, day: date) -> date:
        """Return the first session strictly after `day`."""
        return self._search(day, _DAY)

    def is_first_session_of_month(self, day: date) -> bool:
        """Whether `day` is a session and the previous one lies in another month."""
        return self.is_session(day) and self.previous_session(day).month != day.month

    def _became_first_of_year(self, day: date) -> bool:
        """Whether every earlier weekday of the year is closed, the table's first session too."""
        if day.month != 1:
            return False
        earlier = (date(day.year, 1, number) for number in range(1, day.day))
        return not any(self._is_open(probe) for probe in earlier if probe.weekday() < 5)

    def _is_open(self, day: date) -> bool:
        ruling = self.rulings.get(day)
        if ruling is not None:
            return ruling.hours is not None
        row = SPECIAL_DAYS.get(day)
        return row is None or row.hours is not None

    def _search(self, day: date, step: timedelta) -> date:
        probe = day + step
        for _ in range(SEARCH_DAYS_MAX):
            if self.is_session(probe):
                return probe
            probe += step
        raise CalendarUnknown(f"no session within {SEARCH_DAYS_MAX} days of {day}")

"""The trading calendar: which days have a session, and when it opens and closes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time, timedelta

from core.domain.krx import SessionHours, hours_between, regular_hours
from core.domain.krx_closures import CLOSURES, CSAT_DAYS, TABLE_ENDS, TABLE_STARTS

_DAY = timedelta(days=1)
SEARCH_DAYS_MAX = 30


class CalendarUnknown(ValueError):
    """The day lies outside the table; without a table there is no trading."""


@dataclass(frozen=True, slots=True)
class TradingCalendar:
    """KRX sessions from the committed table. `extra_closures` only ever close more days."""

    extra_closures: frozenset[date] = field(default_factory=frozenset)

    def hours(self, day: date) -> SessionHours | None:
        """Return the session of `day`, or None when the exchange is closed.

        Raises CalendarUnknown outside the table.
        """
        if not TABLE_STARTS <= day <= TABLE_ENDS:
            raise CalendarUnknown(f"{day} is outside the trading calendar")
        if day.weekday() >= 5 or day in CLOSURES or day in self.extra_closures:
            return None
        if day in CSAT_DAYS:
            return hours_between(day, time(10, 0), time(16, 30))
        if self._is_first_of_year(day):
            return hours_between(day, time(10, 0), time(15, 30))
        return regular_hours(day)

    def is_session(self, day: date) -> bool:
        """Whether the exchange opens on `day`."""
        return self.hours(day) is not None

    def previous_session(self, day: date) -> date:
        """Return the last session strictly before `day`."""
        return self._search(day, -_DAY)

    def next_session(self, day: date) -> date:
        """Return the first session strictly after `day`."""
        return self._search(day, _DAY)

    def is_first_session_of_month(self, day: date) -> bool:
        """Whether `day` is a session and the previous one lies in another month."""
        return self.is_session(day) and self.previous_session(day).month != day.month

    def _is_first_of_year(self, day: date) -> bool:
        probe = date(day.year, 1, 1)
        while probe < day:
            if probe.weekday() < 5 and probe not in CLOSURES | self.extra_closures:
                return False
            probe += _DAY
        return True

    def _search(self, day: date, step: timedelta) -> date:
        probe = day + step
        for _ in range(SEARCH_DAYS_MAX):
            if self.is_session(probe):
                return probe
            probe += step
        raise CalendarUnknown(f"no session within {SEARCH_DAYS_MAX} days of {day}")

"""Calendar months that are looked back on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.domain.krx import KST

# Before KRX listed its first ETFs (October 2002).
_YEAR_MIN = 2002
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar, in Korea. Raises ValueError for one that does not exist."""

    year: int
    number: int

    def __post_init__(self) -> None:
        date(self.year, self.number, 1)

    def __str__(self) -> str:
        """As ``2026-10``."""
        return f"{self.year:04}-{self.number:02}"

    @property
    def first_day(self) -> date:
        """The first day."""
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        """The last day."""
        return (self.ends - timedelta(days=1)).date()

    @property
    def starts(self) -> datetime:
        """The first instant, in Korea."""
        return datetime.combine(self.first_day, time(), tzinfo=KST)

    @property
    def ends(self) -> datetime:
        """The first instant after it."""
        # No month has 32 days, and none fewer than 28.
        return (self.starts + timedelta(days=32)).replace(day=1)

    @property
    def before(self) -> Month:
        """The month before it."""
        return month_of(self.first_day - timedelta(days=1))


def month_of(day: date) -> Month:
    """Return the month that `day` is in."""
    return Month(day.year, day.month)


def parse_month(text: str) -> Month | None:
    """Return the month of ``YYYY-MM``, or None when it is none that somebody can have traded in."""
    match = _MONTH.fullmatch(text)
    if match is None or int(match[1]) < _YEAR_MIN:
        return None
    try:
        return Month(int(match[1]), int(match[2]))
    except ValueError:
        return None


def last_month(now: datetime) -> Month:
    """Return the newest month that is over in Korea."""
    return month_of(now.astimezone(KST).date()).before

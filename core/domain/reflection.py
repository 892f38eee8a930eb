"""Weeks that are looked back on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.domain.krx import KST

# Sunday evening: the week is over, and the next has not begun.
REFLECT_AT = time(18, 0)
_WEEK = re.compile(r"(\d{4})-W(\d{2})")


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week (ISO 8601: Monday to Sunday; the year is that of its Thursday)."""

    year: int
    number: int

    def __post_init__(self) -> None:
        date.fromisocalendar(self.year, self.number, 1)

    def __str__(self) -> str:
        """As ``2024-W10``."""
        return f"{self.year:04}-W{self.number:02}"

    @property
    def monday(self) -> date:
        """The first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        """The last day."""
        return self.monday + timedelta(days=6)

    @property
    def starts(self) -> datetime:
        """The first instant, in Korea."""
        return datetime.combine(self.monday, time(), tzinfo=KST)

    @property
    def ends(self) -> datetime:
        """The first instant after it."""
        return self.starts + timedelta(days=7)


def week_of(day: date) -> Week:
    """Return the week that `day` is in."""
    year, number, _ = day.isocalendar()
    return Week(year, number)


def parse_week(text: str) -> Week | None:
    """Return the week of ``YYYY-Www``, or None when it is none."""
    match = _WEEK.fullmatch(text)
    if match is None:
        return None
    try:
        return Week(int(match[1]), int(match[2]))
    except ValueError:
        return None


def last_week(now: datetime) -> Week:
    """Return the newest week that may be looked back on: from its Sunday 18:00 on."""
    korean = now.astimezone(KST)
    this = week_of(korean.date())
    if korean.date() == this.sunday and korean.time() >= REFLECT_AT:
        return this
    return week_of(this.monday - timedelta(days=1))

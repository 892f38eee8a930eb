"""Weeks that are looked back on, and the numbers of a week (M1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from core.domain.instrument import Symbol
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleLine:
    """One sale of the week, as it is shown."""

    symbol: Symbol
    name: str
    sold_on: date
    shares: int
    gross_won: int
    net_won: int
    days_held: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekNumbers:
    """M1. Rates are parts of one to a millionth; None is unknown, or nothing to count.

    `nav_start_won` is of the last snapshot before the week, or of the first in it. `waiting` counts
    the week's legs whose outcome is due and missing, by the value of `Unmeasured`.
    `unchecked` are sold symbols whose bars do not reach back to the purchase: a split would not show.
    """

    week: str
    first_day: date
    last_day: date
    nav_start_won: int | None
    nav_end_won: int | None
    paid_in_won: int
    time_weighted: Decimal | None
    benchmark: Decimal | None
    doing_nothing: Decimal | None
    proposed: int
    filled: int
    sales: int
    realised_gross_won: int
    realised_net_won: int
    unmatched_shares: int
    win_rate: Decimal | None
    days_held: Decimal | None
    slippage_won: int | None
    slippage_bps: Decimal | None
    fees_won: int
    tax_won: int
    best: tuple[SaleLine, ...]
    worst: tuple[SaleLine, ...]
    waiting: tuple[tuple[str, int], ...]
    unchecked: tuple[str, ...]

    @property
    def says_nothing(self) -> bool:
        """Whether nothing was proposed, traded or valued."""
        return not (self.proposed or self.sales or self.nav_end_won is not None)

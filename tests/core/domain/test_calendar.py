from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import exchange_calendars
import holidays
import pytest

from core.domain.calendar import CalendarUnknown, Ruling, TradingCalendar
from core.domain.krx import hours_between
from core.domain.krx_days import TABLE_ENDS, TABLE_STARTS
from core.domain.special_days import SPECIAL_DAYS, hours_of

OBSERVED = Path(__file__).parents[4] / "shared/data/krx/sessions_observed_2014_2023.csv"
KST = ZoneInfo("Asia/Seoul")
CALENDAR = TradingCalendar()
CLOSED = Ruling(hours=None, source="override")
Hours = tuple[str, str] | None


def days(start: date, end: date) -> Iterator[date]:
    day = start
    while day <= end:
        yield day
        day += timedelta(days=1)


def ours(day: date, calendar: TradingCalendar = CALENDAR) -> Hours:
    hours = calendar.hours(day)
    return (f"{hours.opens:%H:%M}", f"{hours.closes:%H:%M}") if hours else None


def test_every_session_that_happened_is_one_and_no_other() -> None:
    if not OBSERVED.exists():
        pytest.skip(f"observed sessions are not here: {OBSERVED.name}")
    with OBSERVED.open(encoding="utf-8") as lines:
        seen = {date.fromisoformat(row["session"]) for row in csv.DictReader(lines)}
    found = {day for day in days(min(seen), max(seen)) if CALENDAR.is_session(day)}
    assert found == seen


@pytest.mark.parametrize("year", range(2014, 2028))
def test_table_agrees_with_the_holidays_package(year: int) -> None:
    theirs = {
        day
        for day in holidays.financial_holidays("XKRX", years=year)
        if day.weekday() < 5 and day.year == year
    }
    closed = {day for day, row in SPECIAL_DAYS.items() if row.hours is None}
    assert {day for day in closed if day.year == year} == theirs


# Where exchange_calendars 4.13.2 differs, and why we are right.
REGULAR, EXAMINATION = ("09:00", "15:30"), ("10:00", "16:30")
DIFFERENCES: dict[str, tuple[Hours, Hours]] = {
    # Its list of examination days ends in 2020; the exchange moved its hours every year.
    "2021-11-18": (EXAMINATION, REGULAR),
    "2022-11-17": (EXAMINATION, REGULAR),
    "2023-11-16": (EXAMINATION, REGULAR),
    "2024-11-14": (EXAMINATION, REGULAR),
    "2025-11-13": (EXAMINATION, REGULAR),
    "2026-11-19": (EXAMINATION, REGULAR),
    "2027-11-18": (EXAMINATION, REGULAR),
    # Local elections, observed closed.
    "2026-06-03": (None, REGULAR),
    # Constitution Day is a holiday again from 2026 on (observed closed), with a substitute in 2027.
    "2026-07-17": (None, REGULAR),
    "2027-07-19": (None, REGULAR),
    # Labour Day 2027 falls on a Saturday: the substitute is new in its later versions too.
    "2027-05-03": (None, REGULAR),
}


@pytest.mark.filterwarnings("ignore:Series.values")
@pytest.mark.untraced
def test_table_agrees_with_exchange_calendars_but_for_what_is_explained() -> None:
    schedule = exchange_calendars.get_calendar(
        "XKRX", start=TABLE_STARTS.isoformat(), end=TABLE_ENDS.isoformat()
    ).schedule
    theirs: dict[date, Hours] = {
        day.date(): (f"{opens.astimezone(KST):%H:%M}", f"{closes.astimezone(KST):%H:%M}")
        for day, opens, closes in zip(
            schedule.index, schedule["open"], schedule["close"], strict=True
        )
    }
    found = {
        day.isoformat(): (ours(day), theirs.get(day))
        for day in days(TABLE_STARTS, TABLE_ENDS)
        if ours(day) != theirs.get(day)
    }
    assert found == DIFFERENCES


def test_2026_has_244_sessions_and_2027_has_245() -> None:
    for year, sessions in ((2026, 244), (2027, 245)):
        year_days = days(date(year, 1, 1), date(year, 12, 31))
        assert sum(CALENDAR.is_session(day) for day in year_days) == sessions


CLOSURES = {
    2026: "01-01 02-16 02-17 02-18 03-02 05-01 05-05 05-25 06-03 07-17 08-17 09-24 09-25 10-05 "
    "10-09 12-25 12-31",
    2027: "01-01 02-08 02-09 03-01 05-03 05-05 05-13 07-19 08-16 09-14 09-15 09-16 10-04 10-11 "
    "12-27 12-31",
}


@pytest.mark.parametrize("year", CLOSURES)
def test_closed_weekdays_are_the_ones_that_are_known(year: int) -> None:
    closed = [
        f"{day:%m-%d}"
        for day in days(date(year, 1, 1), date(year, 12, 31))
        if day.weekday() < 5 and not CALENDAR.is_session(day)
    ]
    assert closed == CLOSURES[year].split()


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        (date(2026, 1, 2), "10:00", "15:30"),
        (date(2027, 1, 4), "10:00", "15:30"),
        (date(2026, 11, 19), "10:00", "16:30"),
        (date(2025, 11, 13), "10:00", "16:30"),
        (date(2026, 11, 20), "09:00", "15:30"),
        (date(2016, 7, 29), "09:00", "15:00"),
        (date(2016, 8, 1), "09:00", "15:30"),
        (date(2016, 1, 4), "10:00", "15:00"),
        (date(2015, 11, 12), "10:00", "16:00"),
        (date(2017, 11, 16), "10:00", "16:30"),
        (date(2017, 11, 23), "10:00", "16:30"),
    ],
)
def test_hours(day: date, opens: str, closes: str) -> None:
    assert ours(day) == (opens, closes)


def test_every_special_day_says_who_knows_it_and_since_when() -> None:
    for day, row in SPECIAL_DAYS.items():
        assert day.weekday() < 5
        assert row.source.startswith("holidays-") or row.source in {"rule", "notice", "expected"}
        assert row.as_of >= date(2026, 11, 26)
        assert row.reason
    known = CALENDAR.describe(date(2026, 6, 3))
    assert (known.hours, known.source, known.reason) == (None, "holidays-0.108", "지방선거일")
    assert CALENDAR.describe(date(2026, 11, 20)).source == "regular"
    assert CALENDAR.describe(date(2026, 11, 21)).source == "weekend"


@pytest.mark.parametrize("text", ["10:00", "16:30-10:00", "25:00-26:00", "open", ""])
def test_hours_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        hours_of(date(2026, 11, 20), text)


def test_a_ruling_stands_in_place_of_the_table_at_once() -> None:
    rulings: dict[date, Ruling] = {}
    calendar = TradingCalendar(rulings)
    day = date(2026, 11, 20)
    assert calendar.is_session(day)
    rulings[day] = CLOSED
    assert ours(day, calendar) is None
    assert calendar.describe(day).source == "override"
    later = hours_between(day, time(10, 0), time(16, 30))
    rulings[day] = Ruling(hours=later, source="override", reason="시험")
    assert ours(day, calendar) == ("10:00", "16:30")


def test_the_first_session_of_a_year_moves_with_a_closure() -> None:
    calendar = TradingCalendar({date(2026, 1, 2): CLOSED})
    assert ours(date(2026, 1, 5), calendar) == ("10:00", "15:30")
    assert calendar.describe(date(2026, 1, 5)).source == "rule"
    assert ours(date(2026, 1, 6), calendar) == ("09:00", "15:30")
    opened = {date(2026, 1, 1): Ruling(hours=hours_of(date(2026, 1, 1), "10:00-15:30"), source="x")}
    assert ours(date(2026, 1, 5), TradingCalendar(opened)) == ("09:00", "15:30")


def test_neighbours_and_months() -> None:
    assert CALENDAR.previous_session(date(2026, 11, 23)) == date(2026, 11, 20)
    assert CALENDAR.next_session(date(2026, 9, 23)) == date(2026, 9, 28)
    assert CALENDAR.is_first_session_of_month(date(2026, 11, 2))
    assert not CALENDAR.is_first_session_of_month(date(2026, 11, 3))
    assert not CALENDAR.is_first_session_of_month(date(2026, 11, 1))


def test_beyond_the_table_nothing_is_known_but_weekends_and_rulings() -> None:
    monday = date(2028, 1, 3)
    with pytest.raises(CalendarUnknown):
        CALENDAR.hours(monday)
    for outside in (TABLE_STARTS - timedelta(days=1), monday):
        with pytest.raises(CalendarUnknown):
            CALENDAR.hours(outside)
        with pytest.raises(CalendarUnknown):
            CALENDAR.is_session(outside)
    assert CALENDAR.known_hours(monday) is None
    assert CALENDAR.hours(date(2028, 1, 1)) is None
    ruled = TradingCalendar(
        {monday: Ruling(hours=hours_of(monday, "10:00-15:30"), source="answer")}
    )
    assert ruled.is_session(monday)
    assert ruled.known_hours(monday) == hours_of(monday, "10:00-15:30")
    assert ruled.previous_session(monday) == date(2027, 12, 30)


def test_a_session_is_a_day_with_hours() -> None:
    saturday, monday, christmas = date(2026, 11, 21), date(2026, 11, 23), date(2026, 12, 25)
    opened = Ruling(hours=hours_of(saturday, "09:00-15:30"), source="override")
    ruled = TradingCalendar({saturday: opened, monday: CLOSED, christmas: opened})
    for calendar in (CALENDAR, ruled):
        told = {day for day in days(TABLE_STARTS, TABLE_ENDS) if calendar.is_session(day)}
        assert told == {day for day in days(TABLE_STARTS, TABLE_ENDS) if calendar.hours(day)}


def test_a_search_gives_up() -> None:
    closed = dict.fromkeys(days(date(2026, 11, 1), date(2026, 12, 31)), CLOSED)
    with pytest.raises(CalendarUnknown, match="no session within"):
        TradingCalendar(closed).next_session(date(2026, 11, 2))

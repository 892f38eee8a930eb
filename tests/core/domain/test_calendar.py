import csv
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.krx_closures import CLOSURES, TABLE_ENDS

OBSERVED = Path(__file__).parents[4] / "shared/data/krx/sessions_observed_2014_2023.csv"
CALENDAR = TradingCalendar()


def days(start, end):
    day = start
    while day <= end:
        yield day
        day += timedelta(days=1)


def test_every_session_that_happened_is_one_and_no_other():
    if not OBSERVED.exists():
        pytest.skip(f"observed sessions are not here: {OBSERVED.name}")
    with OBSERVED.open(encoding="utf-8") as lines:
        seen = {date.fromisoformat(row["session"]) for row in csv.DictReader(lines)}
    ours = {day for day in days(min(seen), max(seen)) if CALENDAR.is_session(day)}
    assert ours == seen


@pytest.mark.parametrize("year", range(2014, 2028))
def test_table_agrees_with_the_holidays_package(year):
    theirs = {
        day
        for day in holidays.financial_holidays("XKRX", years=year)
        if day.weekday() < 5 and day.year == year
    }
    assert {day for day in CLOSURES if day.year == year} == theirs


def test_2026_has_244_sessions_and_2027_has_245():
    for year, sessions in ((2026, 244), (2027, 245)):
        year_days = days(date(year, 1, 1), date(year, 12, 31))
        assert sum(CALENDAR.is_session(day) for day in year_days) == sessions


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        (date(2026, 1, 2), "10:00", "15:30"),
        (date(2027, 1, 4), "10:00", "15:30"),
        (date(2026, 11, 19), "10:00", "16:30"),
        (date(2025, 11, 13), "10:00", "16:30"),
        (date(2026, 11, 20), "09:00", "15:30"),
    ],
)
def test_special_hours(day, opens, closes):
    hours = CALENDAR.hours(day)
    assert hours is not None
    assert (f"{hours.opens:%H:%M}", f"{hours.closes:%H:%M}") == (opens, closes)


@pytest.mark.parametrize("day", [date(2026, 6, 3), date(2026, 7, 17), date(2026, 11, 21)])
def test_closed_days(day):
    assert CALENDAR.hours(day) is None


def test_extra_closures_only_close():
    closed = TradingCalendar(frozenset({date(2026, 11, 20), date(2026, 1, 2)}))
    assert closed.hours(date(2026, 11, 20)) is None
    first = closed.hours(date(2026, 1, 5))
    assert first is not None
    assert f"{first.opens:%H:%M}" == "10:00"


def test_neighbours_and_months():
    assert CALENDAR.previous_session(date(2026, 11, 23)) == date(2026, 11, 20)
    assert CALENDAR.next_session(date(2026, 9, 23)) == date(2026, 9, 28)
    assert CALENDAR.is_first_session_of_month(date(2026, 11, 2))
    assert not CALENDAR.is_first_session_of_month(date(2026, 11, 3))
    assert not CALENDAR.is_first_session_of_month(date(2026, 11, 1))


def test_beyond_the_table_nothing_is_known():
    with pytest.raises(CalendarUnknown):
        CALENDAR.hours(TABLE_ENDS + timedelta(days=1))


def test_a_search_gives_up():
    november = frozenset(days(date(2026, 11, 1), date(2026, 12, 31)))
    with pytest.raises(CalendarUnknown, match="no session within"):
        TradingCalendar(november).next_session(date(2026, 11, 2))

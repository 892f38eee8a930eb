from __future__ import annotations

from datetime import date, datetime

import pytest

from core.domain.krx import KST
from core.domain.reflection import Week, last_week, parse_week, week_of


def test_a_week_is_from_monday_to_sunday_in_korea():
    week = Week(2024, 10)
    assert str(week) == "2024-W10"
    assert (week.monday, week.sunday) == (date(2024, 3, 4), date(2024, 3, 10))
    assert week.starts == datetime(2024, 3, 4, tzinfo=KST)
    assert week.ends == datetime(2024, 3, 11, tzinfo=KST)
    # The year of a week is that of its Thursday.
    assert week_of(date(2024, 12, 30)) == Week(2025, 1)


@pytest.mark.parametrize(
    "text", ["2024-W54", "2023-W53", "2024-W00", "2024-10", "24-W10", "0000-W01"]
)
def test_what_is_no_week(text):
    assert parse_week(text) is None


def test_a_week_is_read_as_it_is_written():
    assert parse_week("2026-W53") == Week(2026, 53)


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (datetime(2024, 3, 10, 17, 59, tzinfo=KST), Week(2024, 9)),
        (datetime(2024, 3, 10, 18, 0, tzinfo=KST), Week(2024, 10)),
        (datetime(2024, 3, 11, 9, 0, tzinfo=KST), Week(2024, 10)),
        (datetime(2024, 3, 15, 19, 0, tzinfo=KST), Week(2024, 10)),
    ],
)
def test_the_last_week_is_over_on_sunday_evening(now, week):
    assert last_week(now) == week

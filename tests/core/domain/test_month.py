from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from core.domain.krx import KST
from core.domain.month import Month, last_month, month_of, parse_month


@pytest.mark.parametrize(
    ("month", "days"), [(Month(2026, 2), 28), (Month(2028, 2), 29), (Month(2026, 12), 31)]
)
def test_a_month_has_its_days_and_meets_the_next(month: Month, days: int) -> None:
    assert month.ends - month.starts == timedelta(days=days)
    assert month.last_day.day == days
    assert month_of(month.ends.date()).before == month
    assert month.starts.tzinfo is KST


def test_months_are_read_as_they_are_written() -> None:
    assert parse_month("2026-10") == Month(2026, 10)
    assert str(Month(2026, 1)) == "2026-01"
    assert Month(2026, 1).before == Month(2025, 12)
    for text in (
        "2026-13",
        "2026-00",
        "0000-01",
        "0001-01",
        "2001-12",
        "26-1",
        "2026-1",
        "2026-10-01",
        "",
    ):
        assert parse_month(text) is None, text
    with pytest.raises(ValueError, match="month"):
        Month(2026, 13)


def test_the_last_month_is_over_by_the_clock_of_korea() -> None:
    # 15:00 UTC is midnight in Korea.
    before = datetime.fromisoformat("2026-10-31T14:59:59+00:00")
    assert last_month(before) == Month(2026, 9)
    assert last_month(before + timedelta(seconds=1)) == Month(2026, 10)
    assert Month(2026, 10).first_day == date(2026, 10, 1)

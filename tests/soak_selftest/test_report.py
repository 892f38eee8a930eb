from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.soak_day.books import DayBooks
from tests.soak_day.report import DayFigures, growth, misses, quantile

BOOKS = DayBooks(sent=8, filled=8, in_doubt=0, lost=(), doubled=(), unlike=())
DAY = DayFigures(
    day=date(2026, 11, 2),
    seconds=200.0,
    frames_per_second=2000.0,
    clicks=10_000,
    unanswered=0,
    late=0,
    answer_p50=0.01,
    answer_p99=0.03,
    answer_worst=0.2,
    memory_mib=170.0,
    books=BOOKS,
)


def test_a_good_week_misses_nothing():
    assert misses([DAY] * 5) == []


def test_growth_is_counted_from_the_second_day_on():
    days = [replace(DAY, memory_mib=100.0), DAY, replace(DAY, memory_mib=187.0)]

    assert growth(days[:2]) is None
    assert growth(days) == 187.0 / 170.0 - 1
    assert "memory grew by 10.0%" in misses(days)[0]


def test_lost_doubled_unlike_and_unanswered_are_named():
    bad = replace(
        DAY, unanswered=2, books=replace(BOOKS, lost=("a",), doubled=("b",), unlike=("c",))
    )

    assert misses([bad]) == ["a", "b", "c", "2026-11-02: 2 clicks without an answer"]


def test_days_without_an_order_show_nothing():
    assert misses([replace(DAY, books=replace(BOOKS, sent=0))]) == [
        "not one order was sent: nothing is shown"
    ]


def test_a_quantile_is_one_of_the_values():
    assert quantile([], 0.5) == 0.0
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert quantile([1.0, 2.0], 1.0) == 2.0

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from core.domain.closes import Close
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.strategy.passages import begin, take_in

AT = datetime(2023, 3, 2, 8, tzinfo=KST)
DAY = date(2023, 3, 2)


def closes(*pairs: tuple[int, int]) -> list[Close]:
    """Return closes of days in a row, from `DAY` on, as (raw, adjusted)."""
    return [Close(DAY + timedelta(days=place), *pair) for place, pair in enumerate(pairs)]


def plain(*prices: int) -> list[Close]:
    return closes(*((price, price) for price in prices))


def test_the_first_close_is_that_of_the_first_day() -> None:
    early = Close(DAY - timedelta(days=1), 9_000, 9_000)
    found = take_in(begin(Symbol("069500"), DAY, AT), [early, *plain(1_000, 1_200, 1_100)], AT)
    assert (found.peak_won, found.seen_through) == (1_200, DAY + timedelta(days=2))
    assert (found.begun_on, found.half_sold) == (DAY, False)


def test_looking_daily_late_or_twice_is_the_same() -> None:
    series = plain(1_000, 1_300, 1_250, 1_100)
    late = take_in(begin(Symbol("069500"), DAY, AT), series, AT)
    daily = begin(Symbol("069500"), DAY, AT)
    for count in range(1, 5):
        for _ in range(2):
            daily = take_in(daily, series[:count], AT)
    assert daily == late
    assert take_in(late, series, AT) is late
    assert take_in(late, [], AT) is late


@pytest.mark.parametrize("looked_before", [False, True])
def test_a_split_divides_what_was_before_and_rounds_down(looked_before: bool) -> None:
    # 1 becomes 3 after the second day; the adjusted series says so backwards.
    series = closes((30_005, 10_002), (29_000, 9_667), (9_500, 9_500))
    found = begin(Symbol("069500"), DAY, AT)
    if looked_before:
        found = take_in(found, plain(30_005, 29_000), AT)
        assert found.peak_won == 30_005
    assert take_in(found, series, AT).peak_won == 10_001


def test_shares_put_together_multiply_what_was_before() -> None:
    before = take_in(begin(Symbol("069500"), DAY, AT), plain(1_003), AT)
    found = take_in(before, closes((1_003, 5_015), (5_100, 5_100)), AT)
    assert found.peak_won == 5_100
    assert take_in(before, closes((1_003, 5_015), (5_000, 5_000)), AT).peak_won == 5_015


def test_a_distribution_leaves_the_peak_as_it_was_traded() -> None:
    series = closes((10_000, 9_800), (9_700, 9_700))
    before = take_in(begin(Symbol("069500"), DAY, AT), plain(10_000), AT)
    assert take_in(before, series, AT).peak_won == 10_000
    assert take_in(begin(Symbol("069500"), DAY, AT), series, AT).peak_won == 10_000


def test_where_the_last_seen_close_is_missing_the_oldest_speaks_for_it() -> None:
    before = take_in(begin(Symbol("069500"), DAY, AT), plain(10_000), AT)
    later = [
        Close(DAY + timedelta(days=9), 10_100, 5_050),
        Close(DAY + timedelta(days=10), 5_000, 5_000),
    ]
    assert take_in(before, later, AT).peak_won == 5_050

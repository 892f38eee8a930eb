from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.domain.instrument import Symbol
from core.domain.market import Bar
from core.services.market.checking import (
    ActionKind,
    CorporateAction,
    beyond_limits,
    corporate_actions,
)
from tests.fakes.flat_bar import flat_bar

FIRST = date(2023, 3, 2)


def bars(*closes: int, volume: int = 7) -> list[Bar]:
    return [
        flat_bar(Symbol("069500"), FIRST + timedelta(days=number), close, volume)
        for number, close in enumerate(closes)
    ]


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@pytest.mark.parametrize(
    ("raw", "adjusted", "expected"),
    [
        # Nothing happened, and rounding is nothing.
        ((10_000, 10_100), (10_000, 10_100), ()),
        ((10_003, 10_107, 10_211), (9_003, 9_096, 9_190), ()),
        ((95, 101), (94, 101), ()),
        # One for ten: the price fell by 90 %.
        ((100_000, 10_000), (10_000, 10_000), ((1, ActionKind.SPLIT, 9_000),)),
        # Ten into one.
        ((1_000, 10_000), (10_000, 10_000), ((1, ActionKind.SPLIT, -90_000),)),
        # A distribution of 2 %.
        ((10_000, 9_800), (9_800, 9_800), ((1, ActionKind.DISTRIBUTION, 200),)),
        ((10_000, 10_100, 9_900), (9_800, 9_898, 9_900), ((2, ActionKind.DISTRIBUTION, 200),)),
    ],
)
def test_where_raw_and_adjusted_part_something_happened(
    raw: tuple[int, ...], adjusted: tuple[int, ...], expected: tuple
) -> None:
    found = corporate_actions(bars(*raw), bars(*adjusted))
    assert found == tuple(CorporateAction(day(number), *rest) for number, *rest in expected)


def test_days_of_one_series_only_are_passed_over() -> None:
    raw, adjusted = bars(10_000, 5_000, 9_800), bars(9_800, 9_800, 9_800)
    del adjusted[1]
    assert corporate_actions(raw, adjusted) == (
        CorporateAction(day(2), ActionKind.DISTRIBUTION, 200),
    )
    assert corporate_actions([], adjusted) == ()


def test_a_day_beyond_the_price_limits_is_named() -> None:
    assert beyond_limits(bars(10_000, 13_000, 9_200, 12_000)) == ()
    assert beyond_limits(bars(10_000, 13_200)) == (day(1),)
    assert beyond_limits(bars(10_000, 6_800)) == (day(1),)
    assert beyond_limits(bars(100_000, 10_000)) == (day(1),)
    # Twice the index may move twice as far.
    assert beyond_limits(bars(10_000, 14_680), multiple=2) == ()
    assert beyond_limits(bars(10_000, 14_680), multiple=-2) == ()


def test_days_without_trades_neither_break_a_limit_nor_set_one() -> None:
    quiet = bars(10_000, 20_000, 10_100)
    quiet[1] = bars(0, 20_000, volume=0)[1]
    assert beyond_limits(quiet) == ()

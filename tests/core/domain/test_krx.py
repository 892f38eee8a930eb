from datetime import date, datetime

import pytest

from core.domain.krx import (
    KST,
    etf_tick_won,
    is_on_tick,
    next_tick_down,
    next_tick_up,
    price_band,
    regular_hours,
    round_down_to_tick,
)

NEW = date(2024, 1, 2)
OLD = date(2023, 12, 8)


@pytest.mark.parametrize(
    ("price", "day", "tick"),
    [
        (1_999, NEW, 1),
        (2_000, NEW, 5),
        (101_915, NEW, 5),
        (1_999, OLD, 5),
        (1_999, date(2023, 12, 11), 1),
        (1_999, date(2023, 12, 10), 5),
    ],
)
def test_tick(price, day, tick):
    assert etf_tick_won(price, day) == tick


def test_price_must_be_positive():
    with pytest.raises(ValueError, match="positive"):
        etf_tick_won(0, NEW)
    assert not is_on_tick(0, NEW)


def test_on_tick():
    assert is_on_tick(35_150, NEW)
    assert not is_on_tick(35_152, NEW)
    assert is_on_tick(1_997, NEW)
    assert not is_on_tick(1_997, OLD)


def test_steps_cross_the_boundary():
    assert next_tick_up(1_999, NEW) == 2_000
    assert next_tick_up(2_000, NEW) == 2_005
    assert next_tick_down(2_000, NEW) == 1_999
    assert next_tick_down(2_005, NEW) == 2_000
    assert round_down_to_tick(35_154, NEW) == 35_150


@pytest.mark.parametrize(
    ("base", "multiple", "band"),
    [
        (35_000, 1, (24_500, 45_500)),
        (35_005, 1, (24_505, 45_505)),  # 10501.5 wide: both limits lie inside
        (10_000, 2, (4_000, 16_000)),
        (10_000, -1, (7_000, 13_000)),
        (1_501, 1, (1_051, 1_951)),
    ],
)
def test_band(base, multiple, band):
    assert price_band(base, multiple, NEW) == band


def test_band_of_a_tiny_price_stays_positive():
    assert price_band(1, 4, NEW)[0] == 1


def test_regular_session():
    hours = regular_hours(date(2026, 11, 20))

    def at(hour, minute):
        return datetime(2026, 11, 20, hour, minute, tzinfo=KST)

    assert (hours.opens, hours.closes) == (at(9, 0), at(15, 30))
    assert hours.auction_opens == at(8, 30)
    assert hours.closing_auction == at(15, 20)
    assert hours.execution_window() == (at(9, 5), at(15, 15))

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.sim.dice import Dice
from brokers.sim.intraday import DayPath, quiet_day
from brokers.sim.values import DayBar

DAY = date(2024, 6, 3)


def path(o: int, h: int, low: int, c: int, volume: int = 390_000, base: int = 0) -> DayPath:
    return DayPath(DayBar(DAY, o, h, low, c, volume), base or o, 390, Dice("t", o, h, low, c))


ticks = st.integers(1_600, 2_000).map(lambda n: n * 5)


@settings(max_examples=60, deadline=None)
@given(st.lists(ticks, min_size=4, max_size=4), st.integers(1, 5_000_000))
def test_a_path_keeps_the_promise_of_its_bar(prices, volume):
    low, opened, closed, high = min(prices), prices[0], prices[1], max(prices)
    day = path(opened, high, low, closed, volume)
    minutes = [day.at(index) for index in range(391)]
    lasts = [minute.last for minute in minutes]
    assert (lasts[0], lasts[390]) == (opened, closed)
    assert (max(lasts), min(lasts)) == (high, low)
    assert (max(lasts[:380]), min(lasts[:380])) == (high, low)  # before the closing auction
    assert all(last % 5 == 0 for last in lasts)
    assert sum(minute.volume for minute in minutes) == volume == minutes[390].cumulative_volume
    assert (minutes[390].day_open, minutes[390].day_high, minutes[390].day_low) == (
        opened,
        high,
        low,
    )
    for minute in minutes[:380]:
        assert minute.ask - minute.bid == 5
        assert minute.last in {minute.bid, minute.ask}


def test_the_closing_auction_has_no_book_and_no_trades():
    day = path(10_000, 10_200, 9_900, 10_100)
    for index in range(380, 390):
        minute = day.at(index)
        assert (minute.bid, minute.ask, minute.volume) == (0, 0, 0)
    close = day.at(390)
    assert (close.bid, close.ask, close.last) == (0, 0, 10_100)
    assert close.volume > 0
    assert day.at(9_999) == close
    assert day.at(-1) == day.at(0)


def test_at_the_limits_one_side_of_the_book_is_empty():
    top = path(13_000, 13_000, 13_000, 13_000, base=10_000)
    bottom = path(7_000, 7_000, 7_000, 7_000, base=10_000)
    asks = {top.at(index).ask for index in range(380)}
    bids = {bottom.at(index).bid for index in range(380)}
    assert asks <= {0, 13_000}
    assert bids <= {0, 7_000}
    assert 0 in asks
    assert 0 in bids


def test_prices_off_the_tick_are_put_on_it():
    day = path(20_847, 20_903, 20_677, 20_681)
    assert all(day.at(index).last % 5 == 0 for index in range(391))
    assert day.at(390).last == 20_680


def test_a_bar_whose_high_lies_inside_its_close_still_has_a_path():
    day = path(100, 99, 98, 101)
    assert (day.at(0).last, day.at(390).last, day.at(390).day_high) == (100, 101, 101)


def test_a_quiet_day_shows_the_old_price_only():
    minute = quiet_day(9_995)
    assert (minute.last, minute.bid, minute.ask, minute.volume) == (9_995, 0, 0, 0)


@pytest.mark.parametrize("key", [("a",), ("a", 1), (1, "a")])
def test_dice_are_the_same_for_the_same_key_only(key):
    first, again, other = Dice(*key), Dice(*key), Dice(*key, "x")
    drawn = [first.number() for _ in range(50)]
    assert drawn == [again.number() for _ in range(50)]
    assert drawn != [other.number() for _ in range(50)]


def test_the_bell_is_centred_and_as_wide_as_asked():
    dice = Dice("bell")
    draws = [dice.bell(1_000) for _ in range(20_000)]
    mean = sum(draws) / len(draws)
    deviation = (sum((d - mean) ** 2 for d in draws) / len(draws)) ** 0.5
    assert abs(mean) < 30
    assert 970 < deviation < 1_030


def test_between_reaches_both_ends():
    dice = Dice("ends")
    assert {dice.between(-2, 2) for _ in range(200)} == {-2, -1, 0, 1, 2}

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from brokers.sim import rules
from core.domain import krx
from core.domain.calendar import TradingCalendar
from core.domain.krx_days import TABLE_ENDS, TABLE_STARTS
from tests.brokers.sim.worlds import read_sessions

SHARED = Path(__file__).parents[3] / ".." / "shared" / "data" / "krx"
OLD, NEW = date(2023, 12, 8), date(2023, 12, 11)


@pytest.mark.parametrize(
    ("price", "day", "tick"),
    [
        (1_995, OLD, 5),
        (2_000, OLD, 5),
        (2_005, OLD, 5),
        (1_995, NEW, 1),
        (1_999, NEW, 1),
        (2_000, NEW, 5),
        (2_005, NEW, 5),
        (101_915, NEW, 5),
        (1, NEW, 1),
    ],
)
def test_ticks(price, day, tick):
    assert rules.etf_tick(price, day) == tick


@pytest.mark.parametrize("price", [0, -5])
def test_no_tick_without_a_price(price):
    with pytest.raises(ValueError, match="no tick"):
        rules.etf_tick(price, NEW)


@pytest.mark.parametrize(
    ("price", "day", "legal"),
    [
        (1_997, OLD, False),
        (1_997, NEW, True),
        (2_001, NEW, False),
        (2_005, NEW, True),
        (0, NEW, False),
    ],
)
def test_legal_prices(price, day, legal):
    assert rules.is_on_tick(price, day) is legal


@pytest.mark.parametrize(
    ("price", "up", "down"),
    [(1_999, 2_000, 1_998), (2_000, 2_005, 1_999), (2_005, 2_010, 2_000), (1, 2, 0)],
)
def test_neighbours_across_the_border_of_the_fine_tick(price, up, down):
    assert (rules.tick_up(price, NEW), rules.tick_down(price, NEW)) == (up, down)


@pytest.mark.parametrize(
    ("base", "day", "limits"),
    [
        (10_000, NEW, (7_000, 13_000)),
        (35_155, NEW, (24_610, 45_700)),  # 24,609 and 45,701 rounded inward
        (1_540, NEW, (1_078, 2_000)),  # 2,002 lies between ticks
        (2_850, NEW, (1_995, 3_705)),
        (2_850, OLD, (1_995, 3_705)),
        (1_999, OLD, (1_400, 2_595)),
        (2_001, OLD, (1_405, 2_600)),
    ],
)
def test_limits_are_thirty_percent_rounded_inward(base, day, limits):
    lower, upper = rules.price_limits(base, day)
    assert (lower, upper) == limits
    assert base * 0.7 <= lower
    assert upper <= base * 1.3


@pytest.mark.parametrize("day", [OLD, NEW])
def test_both_sides_of_the_wire_agree_on_ticks_and_limits(day):
    # The client keeps its own copy; where the two differ an order would be refused.
    for price in [*range(1, 3_000), 9_999, 10_000, 35_155, 101_915, 999_995]:
        assert rules.etf_tick(price, day) == krx.etf_tick_won(price, day)
        assert rules.is_on_tick(price, day) == krx.is_on_tick(price, day)
        if price >= 20:
            assert rules.price_limits(price, day) == krx.price_band(price, 1, day)


def test_both_sides_agree_on_every_session_and_its_hours():
    calendar, day = TradingCalendar(), TABLE_STARTS
    while day <= TABLE_ENDS:
        hours = calendar.hours(day)
        assert rules.is_session(day) is (hours is not None)
        if hours:
            assert rules.session_hours(day) == (hours.opens, hours.closes)
        day += timedelta(days=1)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 6, 3),
        date(2026, 7, 17),
        date(2026, 9, 24),
        date(2026, 12, 31),
        date(2027, 5, 3),
        date(2027, 7, 19),
        date(2026, 11, 21),
        date(2013, 12, 30),
        date(2028, 1, 4),
    ],
)
def test_closed_days(day):
    assert not rules.is_session(day)


def test_2026_has_244_sessions():
    days = (date(2026, 1, 1) + timedelta(days=offset) for offset in range(365))
    assert sum(rules.is_session(day) for day in days) == 244
    assert rules.is_session(date(2026, 6, 8))


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        (date(2026, 1, 2), 10, "15:30"),
        (date(2027, 1, 4), 10, "15:30"),
        (date(2026, 11, 19), 10, "16:30"),
        (date(2020, 12, 3), 10, "16:30"),
        (date(2026, 11, 20), 9, "15:30"),
        (date(2012, 1, 2), 10, "15:00"),
        (date(2016, 7, 29), 9, "15:00"),
        (date(2017, 11, 16), 10, "16:30"),
    ],
)
def test_hours(day, opens, closes):
    start, end = rules.session_hours(day)
    assert (start.hour, f"{end:%H:%M}") == (opens, closes)
    assert start.utcoffset() == timedelta(hours=9)


def test_the_table_agrees_with_the_sessions_that_happened():
    path = SHARED / "sessions_observed_2014_2023.csv"
    if not path.exists():
        pytest.skip("the observed sessions are not on this machine")
    observed = set(read_sessions(path))
    day, last = min(observed), max(observed)
    while day <= last:
        assert rules.is_session(day) is (day in observed), day
        day += timedelta(days=1)


def test_the_closing_auction_is_the_last_ten_minutes():
    opens, closes = rules.session_hours(date(2026, 11, 20))
    length = rules.minutes_between(opens, closes)
    assert length == 390
    quiet = [m for m in range(length + 1) if rules.in_closing_auction(m, length)]
    assert (quiet[0], quiet[-1]) == (380, 389)
    assert opens + 380 * rules.MINUTE == datetime(2026, 11, 20, 15, 20, tzinfo=rules.KST)

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

import pytest

from core.domain.alerts import (
    ALERT_TERMS,
    AlertDefaults,
    AlertKind,
    AlertRule,
    Direction,
    Repeat,
    Severity,
    WatchFacts,
    applies,
    as_written,
    reached,
    threshold_of,
)
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.quiet_hours import QuietHours, clock_time, quiet_hours

AT = datetime(2026, 11, 16, 10, 0, tzinfo=KST)
KODEX, TIGER = Symbol("069500"), Symbol("102110")
FACTS = WatchFacts(
    symbol=KODEX,
    at=AT,
    last_won=35_000,
    change_bps=0,
    volume_shares=1_000,
    mean_shares=1_000,
    premium_bps=0,
    profit_bps=0,
)


def rule(kind: AlertKind, threshold: int, **changes: object) -> AlertRule:
    made = AlertRule(
        rule_id="R", symbol=KODEX, kind=kind, threshold=threshold, created_at=AT, created_by=1
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "threshold", "facts", "expected"),
    [
        (AlertKind.PRICE_ABOVE, 35_000, {}, (Direction.NONE, 35_000)),
        (AlertKind.PRICE_ABOVE, 35_005, {}, None),
        (AlertKind.PRICE_BELOW, 35_000, {}, (Direction.NONE, 35_000)),
        (AlertKind.PRICE_BELOW, 34_995, {}, None),
        (AlertKind.DAY_CHANGE, 500, {"change_bps": 500}, (Direction.UP, 500)),
        (AlertKind.DAY_CHANGE, 500, {"change_bps": -500}, (Direction.DOWN, -500)),
        (AlertKind.DAY_CHANGE, 500, {"change_bps": 499}, None),
        (AlertKind.VOLUME_SURGE, 300, {"volume_shares": 3_001}, (Direction.NONE, 300)),
        (AlertKind.VOLUME_SURGE, 300, {"volume_shares": 3_000}, None),
        (AlertKind.VOLUME_SURGE, 300, {"volume_shares": 9_000, "mean_shares": None}, None),
        (AlertKind.VOLUME_SURGE, 300, {"volume_shares": 9_000, "mean_shares": 0}, None),
        (AlertKind.VOLUME_SHARES, 999, {}, (Direction.NONE, 1_000)),
        (AlertKind.VOLUME_SHARES, 1_000, {}, None),
        (AlertKind.PREMIUM, 200, {"premium_bps": 200}, (Direction.UP, 200)),
        (AlertKind.PREMIUM, 200, {"premium_bps": -250}, (Direction.DOWN, -250)),
        (AlertKind.PREMIUM, 200, {"premium_bps": None}, None),
        (AlertKind.PROFIT, 1_500, {"profit_bps": 1_500}, (Direction.NONE, 1_500)),
        (AlertKind.PROFIT, 1_500, {"profit_bps": 1_499}, None),
        (AlertKind.PROFIT, 1_500, {"profit_bps": None}, None),
        (AlertKind.LOSS, 700, {"profit_bps": -700}, (Direction.NONE, -700)),
        (AlertKind.LOSS, 700, {"profit_bps": -699}, None),
        (AlertKind.LOSS, 700, {"profit_bps": None}, None),
    ],
)
def test_a_rule_speaks_at_its_threshold(kind, threshold, facts, expected) -> None:
    found = reached(rule(kind, threshold), replace(FACTS, **facts))
    assert (found and (found.direction, found.value)) == expected


@pytest.mark.parametrize(
    ("low", "high", "profit", "counts"),
    [
        (None, None, None, True),
        (-300, None, -300, True),
        (-300, None, -301, False),
        (None, -300, -300, True),
        (None, -300, -299, False),
        (100, 200, 150, True),
        (100, 200, 201, False),
        (100, None, None, False),
    ],
)
def test_a_condition_on_the_profit_must_hold_too(low, high, profit, counts) -> None:
    made = rule(AlertKind.PRICE_BELOW, 35_000, profit_min_bps=low, profit_max_bps=high)
    assert (reached(made, replace(FACTS, profit_bps=profit)) is not None) is counts


def test_an_occasion_is_a_session_and_a_direction_or_for_ever() -> None:
    day = date(2026, 11, 16)
    price = reached(rule(AlertKind.PRICE_ABOVE, 1), FACTS)
    once = reached(rule(AlertKind.PRICE_ABOVE, 1, repeat=Repeat.ONCE), FACTS)
    fall = reached(rule(AlertKind.DAY_CHANGE, 500), replace(FACTS, change_bps=-600))
    assert price is not None
    assert once is not None
    assert fall is not None
    assert price.occasion(day) == "2026-11-16"
    assert once.occasion(day) == "once"
    assert fall.occasion(day) == "2026-11-16:down"


@pytest.mark.parametrize(
    ("kind", "number", "stored"),
    [
        (AlertKind.PRICE_BELOW, "33000", 33_000),
        (AlertKind.PRICE_BELOW, "33000.5", None),
        (AlertKind.PRICE_BELOW, "0", None),
        (AlertKind.DAY_CHANGE, "2.5", 250),
        (AlertKind.DAY_CHANGE, "0.05", None),
        (AlertKind.DAY_CHANGE, "61", None),
        (AlertKind.DAY_CHANGE, "2.505", None),
        (AlertKind.VOLUME_SURGE, "3", 300),
        (AlertKind.VOLUME_SHARES, "1000000", 1_000_000),
        (AlertKind.LOSS, "NaN", None),
        (AlertKind.LOSS, "-7", None),
        (AlertKind.LOSS, "7", 700),
    ],
)
def test_a_threshold_is_stored_whole_or_refused(kind, number, stored) -> None:
    assert threshold_of(kind, Decimal(number)) == stored
    if stored is not None:
        assert as_written(kind, stored) == Decimal(number)


def test_every_kind_has_a_term_whose_lowest_is_storable() -> None:
    assert set(ALERT_TERMS) == set(AlertKind)
    assert all(1 <= term.lowest < term.highest for term in ALERT_TERMS.values())
    assert Severity.URGENT not in {term.severity for term in ALERT_TERMS.values()}


def test_defaults_are_rules_unless_switched_off() -> None:
    made = AlertDefaults(volume_shares=1_000_000, premium_bps=0).rules(AT)
    assert [(item.kind, item.threshold) for item in made] == [
        (AlertKind.DAY_CHANGE, 500),
        (AlertKind.VOLUME_SURGE, 300),
        (AlertKind.VOLUME_SHARES, 1_000_000),
    ]
    assert {item.rule_id for item in made} == {"day_change", "volume_surge", "volume_shares"}


def test_a_rule_of_the_same_kind_takes_the_place_of_the_default() -> None:
    default = AlertDefaults().rules(AT)[0]
    own = rule(AlertKind.DAY_CHANGE, 300)
    other = rule(AlertKind.PRICE_ABOVE, 1)
    assert not applies(default, KODEX, (other, own))
    assert applies(default, TIGER, (own,))
    assert not applies(default, TIGER, (replace(own, symbol=None),))
    assert applies(default, KODEX, (other,))


@pytest.mark.parametrize(
    ("text", "hour", "covered"),
    [
        ("22:00-08:00", 23, True),
        ("22:00-08:00", 7, True),
        ("22:00-08:00", 8, False),
        ("12:00-13:00", 12, True),
        ("12:00-13:00", 13, False),
        ("12:00-13:00", 11, False),
    ],
)
def test_quiet_hours_cover_their_hours_over_midnight_too(text, hour, covered) -> None:
    found = quiet_hours(text)
    assert found is not None
    assert str(found) == text
    assert found.cover(datetime(2026, 11, 16, hour, 0, tzinfo=KST)) is covered


@pytest.mark.parametrize("text", [None, "", "22:00", "22:00-25:00", "x-08:00", "08:00-08:00"])
def test_what_nobody_can_read_is_no_quiet_hours(text) -> None:
    assert quiet_hours(text) is None


def test_quiet_hours_end_at_another_time_than_they_begin() -> None:
    with pytest.raises(ValueError, match="another time"):
        QuietHours(time(8), time(8))
    assert clock_time(" 9:05 ") == time(9, 5)
    assert clock_time("24:00") is None

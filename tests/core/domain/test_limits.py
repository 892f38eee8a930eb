from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.domain.limits import LIMIT_TERMS, LimitLine, is_tighter, tightened, value_of
from core.domain.risk import PositionCap, RiskLimits

LIMITS = RiskLimits()


def test_every_term_is_a_field_with_a_sensible_lowest_value():
    names = {item.name for item in fields(RiskLimits)}
    assert set(LIMIT_TERMS) < names
    for name, term in LIMIT_TERMS.items():
        assert value_of(LIMITS, name) >= term.lowest


@pytest.mark.parametrize("name", LIMIT_TERMS)
def test_only_tighter_values_count(name):
    now = value_of(LIMITS, name)
    step = 1 if LIMIT_TERMS[name].more_is_tighter else -1
    assert is_tighter(name, now + step, now)
    assert not is_tighter(name, now, now)
    assert not is_tighter(name, now - step, now)
    assert value_of(tightened(LIMITS, {name: now + step}), name) == now + step
    assert tightened(LIMITS, {name: now - step}) == LIMITS


def test_what_is_left_of_a_limit():
    line = LimitLine(name="day_count", unit="orders", hard=10, in_force=3, next_start=3, used=2)
    assert line.left == 1
    assert replace(line, used=7).left == 0
    assert replace(line, used=None).left is None


def test_the_tight_cap_is_used_where_it_buys_a_share_of_each():
    cap = LIMITS.position_cap(1_000_000)
    assert cap == PositionCap(nav_won=1_000_000, tight_percent=10, wide_percent=40)
    assert cap.percent_for([100_000, 5_000]) == 10
    assert cap.percent_for([100_001, 5_000]) == 40
    assert cap.percent_for([]) == 10
    assert (cap.won(10), cap.won(40)) == (100_000, 400_000)
    assert LIMITS.position_cap(9_000_000).nav_won == 1_000_000
    assert LIMITS.position_cap(-1).won(10) == 0


_PERCENT = some.integers(1, 100)


@given(
    some.integers(0, 2_000_000),
    some.lists(some.integers(1, 500_000), max_size=5),
    _PERCENT,
    _PERCENT,
    _PERCENT,
)
def test_lowering_the_wide_cap_never_allows_more(nav, prices, tight, wide, lower):
    before = replace(LIMITS, position_weight_percent=wide, position_tight_percent=tight)
    after = replace(before, position_weight_percent=min(lower, wide))
    wider = before.position_cap(nav).percent_for(prices)
    assert after.position_cap(nav).percent_for(prices) <= wider <= wide

"""A rule is taken on only where it is tighter than what stands, adds something, and leaves a way in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.domain.rule_facts import Fact
from core.domain.rule_gate import (
    RULES_MAX,
    GateFault,
    StandingBounds,
    gate_faults,
)
from core.domain.rules import RuleState
from tests.core.domain.rule_cases import comparison, rule, terms

BOUNDS = StandingBounds(stop_bps=-700, weight_bps=4_000, order_won=400_000)
EXIT: dict[str, Any] = {"category": "exit_criteria", "action": "propose_exit"}
SIZE: dict[str, Any] = {"category": "position_sizing"}


def faults(new, *active):
    return gate_faults(new, active, BOUNDS)


def on(fact: Fact, operator: str, number: int, **changes: object):
    return terms(condition=[comparison(fact, operator, number)], **changes)


@pytest.mark.parametrize(
    ("new", "is_tighter"),
    [
        (on(Fact.WEIGHT_AFTER_BPS, ">", 3_999), True),
        (on(Fact.WEIGHT_AFTER_BPS, ">", 4_000), False),
        (on(Fact.ORDER_AMOUNT_WON, ">", 399_999), True),
        (on(Fact.ORDER_AMOUNT_WON, ">=", 400_000), False),
        (on(Fact.GAIN_BPS, "<=", -500, **EXIT), True),
        # The stop stands at −7 %: −10 % would only be said later.
        (on(Fact.GAIN_BPS, "<=", -700, **EXIT), False),
        (on(Fact.GAIN_BPS, "<=", -1_000, **EXIT), False),
        (on(Fact.GAIN_BPS, "<=", -99, **EXIT), False),
        (on(Fact.GAIN_BPS, ">=", 100, **EXIT), True),
        (on(Fact.GAIN_BPS, ">=", 99, **EXIT), False),
        (on(Fact.VOLUME_PERCENT, "<", 150), True),
    ],
)
def test_it_is_tighter_than_the_settings(new, is_tighter: bool) -> None:
    assert faults(new) == (() if is_tighter else (GateFault.NOT_TIGHTER,))


def test_what_a_standing_rule_does_already_adds_nothing() -> None:
    standing = rule(condition=[comparison(Fact.VOLUME_PERCENT, "<", 150)])
    adds = (GateFault.ADDS_NOTHING,)
    assert faults(on(Fact.VOLUME_PERCENT, "<", 150), standing) == adds
    assert faults(on(Fact.VOLUME_PERCENT, "<", 100), standing) == adds
    assert faults(on(Fact.VOLUME_PERCENT, "<", 151), standing) == ()
    assert faults(on(Fact.ATR_BPS, "<", 100), standing) == ()
    half = on(Fact.VOLUME_PERCENT, "<", 100, action="shrink_to_50_percent", **SIZE)
    assert faults(half, standing) == adds
    both = [comparison(Fact.VOLUME_PERCENT, "<", 100), comparison(Fact.ATR_BPS, ">", 300)]
    assert faults(terms(condition=both), standing) == adds
    assert (
        faults(on(Fact.VOLUME_PERCENT, "<", 150), replace(standing, state=RuleState.DISABLED)) == ()
    )


def test_a_weaker_rule_does_not_cover_a_stronger_one() -> None:
    half = rule(action="shrink_to_50_percent", **SIZE)
    assert faults(on(Fact.VOLUME_PERCENT, "<", 100), half) == ()
    quarter = on(Fact.VOLUME_PERCENT, "<", 100, action="shrink_to_25_percent", **SIZE)
    most = on(Fact.VOLUME_PERCENT, "<", 100, action="shrink_to_75_percent", **SIZE)
    assert faults(quarter, half) == ()
    assert faults(most, half) == (GateFault.ADDS_NOTHING,)
    held = [comparison(Fact.ATR_BPS, ">", 300)]
    leaving = rule("R2", condition=held, **EXIT)
    assert faults(terms(condition=held), leaving) == ()


def test_rules_may_not_refuse_every_purchase_together() -> None:
    low = rule(condition=[comparison(Fact.VOLUME_PERCENT, "<", 150)])
    blocks = (GateFault.BLOCKS_ALL,)
    assert faults(on(Fact.VOLUME_PERCENT, ">=", 150), low) == blocks
    assert faults(on(Fact.VOLUME_PERCENT, ">", 100), low) == blocks
    # A rule that leaves exactly 150 % of the usual volume leaves nothing that anybody meets.
    assert faults(on(Fact.VOLUME_PERCENT, ">", 150), low) == blocks
    assert faults(on(Fact.VOLUME_PERCENT, ">", 250), low) == ()
    assert faults(on(Fact.ATR_BPS, ">", 300), low) == ()
    high = rule("R2", condition=[comparison(Fact.VOLUME_PERCENT, ">", 300)])
    middle = [
        comparison(Fact.VOLUME_PERCENT, ">=", 150),
        comparison(Fact.VOLUME_PERCENT, "<=", 300),
    ]
    assert faults(terms(condition=middle), low, high) == blocks


def test_there_may_be_no_more_than_can_be_read() -> None:
    many = [
        rule(f"R{number}", condition=[comparison(Fact.MEAN_VALUE_WON, "<", number * 1_000)])
        for number in range(1, RULES_MAX + 1)
    ]
    assert faults(on(Fact.ATR_BPS, ">", 400), *many) == (GateFault.TOO_MANY,)
    assert faults(on(Fact.ATR_BPS, ">", 400), *many[1:]) == ()

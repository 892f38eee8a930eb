"""The user's own rules among the guard's: only purchases, only fewer shares, and said by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.domain.costs import CostModel
from core.domain.money import Won
from core.domain.orders import Side
from core.domain.risk import RiskLimits, Rule
from core.domain.rule_effects import RuleSight
from core.domain.rule_facts import Fact
from core.services.risk.guard import affordable, assess
from tests.core.domain.rule_cases import comparison, rule
from tests.core.services.risk.test_guard import ACCOUNT, FACTS, LIMITS, NO_FEE, asked

SIZING: dict[str, Any] = {"category": "position_sizing"}
HALF = rule("R3", action="shrink_to_50_percent", **SIZING)
LIGHT = rule(
    "R4",
    action="shrink_to_fit",
    condition=[comparison(Fact.WEIGHT_AFTER_BPS, ">", 500)],
    **SIZING,
)
RICH = rule("R5", condition=[comparison(Fact.CASH_AFTER_BPS, "<", 9_000)])
SMALL = rule("R6", condition=[comparison(Fact.ORDER_AMOUNT_WON, ">=", 50_000)])


def under(*rules, volume=90, **changes):
    return replace(FACTS, ruled=RuleSight(rules, {Fact.VOLUME_PERCENT: volume}), **changes)


def found(request, facts, limits: RiskLimits = LIMITS):
    return [
        (item.rule, item.limit, item.value, item.because)
        for item in assess(request, facts, limits, NO_FEE)
    ]


def test_a_rule_refuses_a_purchase_and_leaves_a_sale_alone():
    assert found(asked(3), under(rule())) == [(Rule.RULE_BLOCKS, 0, 3, "R1")]
    assert found(asked(3), under(rule(), volume=150)) == []
    assert found(asked(3, side=Side.SELL), under(rule())) == []


def test_a_rule_makes_a_purchase_smaller():
    assert found(asked(3), under(HALF)) == [(Rule.RULE_SHRINKS, 1, 3, "R3")]
    assert affordable(asked(3), under(HALF), LIMITS, NO_FEE) == 1
    assert affordable(asked(3), under(HALF, rule()), LIMITS, NO_FEE) == 0


def test_what_was_asked_first_is_what_a_rule_takes_its_part_of():
    # Three were asked, one was shown: the same rule takes nothing more off.
    assert found(asked(1), under(HALF, asked=3)) == []
    assert found(asked(2), under(HALF, asked=3)) == [(Rule.RULE_SHRINKS, 1, 2, "R3")]
    # What was asked is never less than what is judged.
    assert found(asked(3), under(HALF, asked=1)) == [(Rule.RULE_SHRINKS, 1, 3, "R3")]


def test_the_smaller_of_limit_and_rule_counts():
    tight = replace(LIMITS, order_amount_won=Won(20_000))
    assert affordable(asked(9), under(HALF), tight, NO_FEE) == 2
    assert affordable(asked(9), under(HALF), LIMITS, NO_FEE) == 4


def test_facts_of_the_order_itself():
    assert found(asked(6), under(LIGHT)) == [(Rule.RULE_SHRINKS, 5, 6, "R4")]
    assert found(asked(3), under(LIGHT, holding_won=30_000)) == [(Rule.RULE_SHRINKS, 2, 3, "R4")]
    assert found(asked(5), under(SMALL)) == [(Rule.RULE_BLOCKS, 0, 5, "R6")]
    assert found(asked(4), under(SMALL)) == []
    assert found(asked(10), under(RICH)) == []
    assert found(asked(11), under(RICH)) == [(Rule.RULE_BLOCKS, 0, 11, "R5")]
    fee = CostModel(Decimal("0.001"))
    assert [item.rule for item in assess(asked(10), under(RICH), LIMITS, fee)] == [Rule.RULE_BLOCKS]


def test_what_is_unknown_refuses():
    assert found(asked(1), replace(FACTS, ruled=RuleSight((rule(),)))) == [
        (Rule.RULE_BLOCKS, 0, 1, "R1")
    ]
    nobody = under(LIGHT, account=None)
    assert (Rule.RULE_BLOCKS, 0, 1, "R4") in found(asked(1), nobody)
    broke = under(LIGHT, account=replace(ACCOUNT, nav_won=0))
    assert (Rule.RULE_BLOCKS, 0, 1, "R4") in found(asked(1), broke)
    assert (Rule.RULE_BLOCKS, 0, 1, "R5") in found(asked(1), under(RICH, cash_won=None))


def test_without_a_quote_the_quote_is_what_is_missing():
    assert [rule for rule, *_ in found(asked(1), under(rule(), quote=None))] == [Rule.FACTS_MISSING]


def test_all_rules_that_leave_the_least_are_named():
    assert found(asked(3), under(HALF, rule(), SMALL)) == [(Rule.RULE_BLOCKS, 0, 3, "R1")]
    assert found(asked(6), under(HALF, rule(), SMALL)) == [(Rule.RULE_BLOCKS, 0, 6, "R1, R6")]

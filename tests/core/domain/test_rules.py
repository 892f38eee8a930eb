"""What a rule says is judged as it is written, and what is unknown counts against a purchase."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.domain.rule_facts import FACT_TERMS, MEASURED_TERMS, Fact, FactUse, Measured
from core.domain.rules import (
    CATEGORY_ACTIONS,
    RULE_TRANSITIONS,
    Comparison,
    Judgement,
    RuleAction,
    RuleCategory,
    RuleOperator,
    RuleOrigin,
    RuleState,
    in_order,
    is_expired,
    is_falsified,
    judge,
    missing_facts,
    takes_effect,
)
from tests.core.domain.rule_cases import TODAY, comparison, rule

CALM = Comparison(Fact.ATR_BPS, RuleOperator.LESS, 100)
BUSY = Comparison(Fact.VOLUME_PERCENT, RuleOperator.AT_LEAST, 150)


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [
        (RuleOperator.MORE, False, False, True),
        (RuleOperator.AT_LEAST, False, True, True),
        (RuleOperator.LESS, True, False, False),
        (RuleOperator.AT_MOST, True, True, False),
    ],
)
def test_a_comparison_at_its_number(
    operator: RuleOperator, below: bool, equal: bool, above: bool
) -> None:
    item = Comparison(Fact.GAIN_BPS, operator, -700)
    assert (item.holds(-701), item.holds(-700), item.holds(-699)) == (below, equal, above)
    assert operator.is_upward is above


@pytest.mark.parametrize(
    ("atr", "volume", "found"),
    [
        (99, 150, Judgement.HOLDS),
        (100, 150, Judgement.FAILS),
        (99, None, Judgement.UNKNOWN),
        (None, 150, Judgement.UNKNOWN),
        # What is known to fail settles it, wherever the unknown stands.
        (100, None, Judgement.FAILS),
        (None, 149, Judgement.FAILS),
    ],
)
def test_all_comparisons_must_hold(atr: int | None, volume: int | None, found: Judgement) -> None:
    values = {Fact.ATR_BPS: atr, Fact.VOLUME_PERCENT: volume}
    assert judge((CALM, BUSY), values) is found
    known = {fact: value for fact, value in values.items() if value is not None}
    assert judge((CALM, BUSY), known) is found
    assert missing_facts((CALM, BUSY, BUSY), known) == tuple(
        fact for fact, value in values.items() if value is None
    )


def test_the_unknown_blocks_a_purchase_and_sells_nothing() -> None:
    entry = rule()
    leaving = rule(
        category="exit_criteria",
        action="propose_exit",
        condition=[comparison(Fact.HOLDING_DAYS, ">", 90)],
    )
    assert takes_effect(entry, {})
    assert not takes_effect(leaving, {})
    assert takes_effect(entry, {Fact.VOLUME_PERCENT: 149})
    assert not takes_effect(entry, {Fact.VOLUME_PERCENT: 150})
    assert takes_effect(leaving, {Fact.HOLDING_DAYS: 91})


def test_only_an_active_rule_that_nothing_else_enforces_is_obeyed() -> None:
    obeyed = [state for state in RuleState if rule(state=state).is_obeyed]
    assert obeyed == [RuleState.ACTIVE]
    assert not replace(rule(), enforced_by="POSITION_LIMIT_PERCENT").is_obeyed


def test_the_order_is_priority_first_then_id() -> None:
    rules = [rule("R2", priority=3), rule("R1", priority=3), rule("R3", priority=9)]
    assert [item.rule_id for item in in_order(rules)] == ["R3", "R1", "R2"]


def test_a_falsifier_needs_everything_measured() -> None:
    measured: dict[Measured, int | None] = {Measured.AVOIDED_COUNT: 30}
    assert not is_falsified(rule(), measured)
    assert not is_falsified(rule(), {**measured, Measured.AVOIDED_MEAN_30_BPS: 0})
    assert is_falsified(rule(), {**measured, Measured.AVOIDED_MEAN_30_BPS: 1})
    shipped = replace(rule().terms, falsifier=())
    assert not is_falsified(replace(rule(), terms=shipped), measured)


def test_a_rule_stands_on_its_last_day() -> None:
    last = date(2026, 9, 1)
    assert not is_expired(rule(), last)
    assert is_expired(rule(), last + timedelta(days=1))
    endless = replace(rule(), terms=replace(rule().terms, expires_on=None))
    assert not is_expired(endless, TODAY + timedelta(days=9_999))


def test_the_tables_are_complete_and_no_action_adds_anything() -> None:
    assert set(FACT_TERMS) == set(Fact)
    assert set(MEASURED_TERMS) == set(Measured)
    assert set(CATEGORY_ACTIONS) == set(RuleCategory)
    assert set(RULE_TRANSITIONS) == set(RuleState)
    assert all(0 <= action.percent < 100 for action in RuleAction)
    assert {action.use for action in CATEGORY_ACTIONS[RuleCategory.EXIT_CRITERIA]} == {
        FactUse.HOLDING
    }
    assert [origin.letter for origin in RuleOrigin] == ["S", "H", "R"]

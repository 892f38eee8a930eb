"""Whatever is not a rule is refused, with what is wrong; whatever is one reads as written."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.rule_facts import FACT_TERMS, Fact, Grows
from core.domain.rule_reading import (
    RATIONALE_MAX,
    RuleFault,
    RuleProblem,
    UnreadableRule,
    bounds_of,
    read_terms,
)
from core.domain.rule_schema import rule_schema
from core.domain.rules import Comparison, RuleOperator, RuleTerms
from tests.core.domain.rule_cases import TODAY, compared, comparison, terms, written

VOLUME = Fact.VOLUME_PERCENT
FALSIFIER = {"fact": "avoided_count", "operator": ">", "number": 30}


def faults(content: object) -> set[tuple[RuleFault, str]]:
    found = read_terms(content, TODAY)
    assert isinstance(found, UnreadableRule)
    assert all(isinstance(item, RuleProblem) for item in found.problems)
    return {(item.fault, item.where) for item in found.problems}


def test_a_rule_reads_as_it_is_written() -> None:
    found = terms()
    assert found.condition == (Comparison(VOLUME, RuleOperator.LESS, 150),)
    assert [compared(item) for item in found.condition] == written()["condition"]
    assert len(found.falsifier) == 2
    assert str(found.expires_on) == "2026-09-01"


@pytest.mark.parametrize("content", [None, 3, "rule", [], [written()], True])
def test_what_is_no_mapping_is_no_rule(content: object) -> None:
    assert faults(content) == {(RuleFault.SHAPE, "rule")}


def test_every_key_and_no_other() -> None:
    assert faults({**written(), "code": "import os"}) == {(RuleFault.KEYS, "rule")}
    assert faults({}) == {(RuleFault.KEYS, "rule")}
    for key in written():
        assert faults({name: part for name, part in written().items() if name != key})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"category": "loosen"}, (RuleFault.CHOICE, "category")),
        ({"category": ["entry_criteria"]}, (RuleFault.CHOICE, "category")),
        ({"action": "raise_limit"}, (RuleFault.CHOICE, "action")),
        ({"priority": 0}, (RuleFault.RANGE, "priority")),
        ({"priority": 11}, (RuleFault.RANGE, "priority")),
        ({"priority": True}, (RuleFault.NUMBER, "priority")),
        ({"priority": 5.0}, (RuleFault.NUMBER, "priority")),
        ({"priority": "5"}, (RuleFault.NUMBER, "priority")),
        ({"text": ""}, (RuleFault.TEXT, "text")),
        ({"text": "   "}, (RuleFault.TEXT, "text")),
        ({"text": 7}, (RuleFault.TEXT, "text")),
        ({"text": "`rm -rf`"}, (RuleFault.TEXT, "text")),
        ({"text": "__import__('os')"}, (RuleFault.TEXT, "text")),
        ({"text": "{owner}"}, (RuleFault.TEXT, "text")),
        ({"text": "두 줄\n규칙"}, (RuleFault.TEXT, "text")),
        ({"text": "뒤\u202e집기"}, (RuleFault.TEXT, "text")),
        ({"text": "빈\u3164글자"}, (RuleFault.TEXT, "text")),
        ({"text": "https://x.example 로"}, (RuleFault.TEXT, "text")),
        ({"rationale": "가" * (RATIONALE_MAX + 1)}, (RuleFault.TEXT, "rationale")),
        ({"condition": "volume < 150"}, (RuleFault.SHAPE, "condition")),
        ({"condition": []}, (RuleFault.COUNT, "condition")),
        ({"condition": [comparison(VOLUME, "<", 150)] * 5}, (RuleFault.COUNT, "condition")),
        ({"condition": ["volume < 150"]}, (RuleFault.SHAPE, "condition[1]")),
        ({"condition": [{"fact": "volume_percent"}]}, (RuleFault.KEYS, "condition[1]")),
        (
            {"condition": [{"fact": "vix", "operator": ">", "number": 25}]},
            (RuleFault.CHOICE, "condition[1].fact"),
        ),
        (
            {"condition": [comparison(VOLUME, "==", 150)]},
            (RuleFault.CHOICE, "condition[1].operator"),
        ),
        (
            {"condition": [comparison(Fact.DAY_LOSS_BPS, ">", 100)]},
            (RuleFault.CHOICE, "condition[1].fact"),
        ),
        (
            {"condition": [comparison(VOLUME, "<", 10**9)]},
            (RuleFault.RANGE, "condition[1].number"),
        ),
        ({"falsifier": []}, (RuleFault.COUNT, "falsifier")),
        (
            {"falsifier": [comparison(VOLUME, "<", 150)]},
            (RuleFault.CHOICE, "falsifier[1].fact"),
        ),
        ({"expires_on": "2026-03-02"}, (RuleFault.EXPIRY, "expires_on")),
        ({"expires_on": "2027-03-08"}, (RuleFault.EXPIRY, "expires_on")),
        ({"expires_on": "2026-02-30"}, (RuleFault.EXPIRY, "expires_on")),
        ({"expires_on": "20260901"}, (RuleFault.EXPIRY, "expires_on")),
        ({"expires_on": None}, (RuleFault.EXPIRY, "expires_on")),
    ],
)
def test_one_wrong_part_is_named(
    changes: dict[str, object], expected: tuple[RuleFault, str]
) -> None:
    assert faults(written(**changes)) == {expected}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ([("<", 150), ("<", 100)], RuleFault.REPEATED),
        ([("<", 100), (">", 100)], RuleFault.CONTRADICTORY),
        ([(">=", 101), ("<=", 100)], RuleFault.CONTRADICTORY),
        ([(">", 99), ("<", 100)], RuleFault.CONTRADICTORY),
        ([(">=", 0)], RuleFault.ALWAYS_TRUE),
        ([("<=", 2_000), (">=", 0)], RuleFault.ALWAYS_TRUE),
    ],
)
def test_a_condition_must_be_able_to_hold_and_to_fail(
    condition: list[tuple[str, int]], expected: RuleFault
) -> None:
    items = [comparison(VOLUME, operator, number) for operator, number in condition]
    assert faults(written(condition=items)) == {(expected, "condition")}


def test_a_falsifier_must_be_able_to_come_true() -> None:
    never = [FALSIFIER, {**FALSIFIER, "operator": "<", "number": 20}]
    assert faults(written(falsifier=never)) == {(RuleFault.CONTRADICTORY, "falsifier")}


def test_both_bounds_of_one_fact_may_be_given() -> None:
    items = [comparison(VOLUME, ">", 50), comparison(VOLUME, "<=", 150)]
    found = terms(condition=items)
    assert bounds_of(found.condition, VOLUME, 0, 2_000) == (51, 150)
    assert bounds_of(found.condition, Fact.ATR_BPS, 1, 3_000) == (1, 3_000)


def test_facts_fit_what_the_rule_does() -> None:
    held = [comparison(Fact.HOLDING_DAYS, ">", 30)]
    bought = [comparison(Fact.ORDER_AMOUNT_WON, ">", 100_000)]
    exit_rule = {"category": "exit_criteria", "action": "propose_exit"}
    where = "condition[1].fact"
    assert faults(written(condition=held)) == {(RuleFault.WRONG_USE, where)}
    assert faults(written(condition=bought, **exit_rule)) == {(RuleFault.WRONG_USE, where)}
    assert terms(condition=held, **exit_rule).condition[0].fact is Fact.HOLDING_DAYS


def test_an_action_fits_its_category() -> None:
    held = [comparison(Fact.HOLDING_DAYS, ">", 30)]
    half = {"category": "exit_criteria", "action": "propose_half_exit", "condition": held}
    assert faults(written(**half)) == {(RuleFault.CATEGORY, "action")}
    assert faults(written(action="propose_exit")) == {(RuleFault.CATEGORY, "action")}
    assert faults(written(category="position_sizing")) == {(RuleFault.CATEGORY, "action")}


@pytest.mark.parametrize(
    ("fact", "tight", "loose"),
    [
        (Fact.ORDER_AMOUNT_WON, ">", "<"),
        (Fact.WEIGHT_AFTER_BPS, ">=", "<="),
        (Fact.CASH_AFTER_BPS, "<", ">"),
    ],
)
def test_a_rule_never_asks_for_a_larger_order(fact: Fact, tight: str, loose: str) -> None:
    number = FACT_TERMS[fact].highest // 2
    wrong = written(condition=[comparison(fact, loose, number)])
    assert faults(wrong) == {(RuleFault.WRONG_WAY, "condition[1].operator")}
    assert terms(condition=[comparison(fact, tight, number)]).condition[0].number == number


def test_shrinking_to_fit_needs_something_that_fits() -> None:
    sizing = {"category": "position_sizing", "action": "shrink_to_fit"}
    assert faults(written(**sizing)) == {(RuleFault.WRONG_USE, "action")}
    heavy = [comparison(Fact.WEIGHT_AFTER_BPS, ">", 800)]
    assert terms(condition=heavy, **sizing).condition[0].number == 800


def test_the_schema_offers_exactly_what_the_reading_takes() -> None:
    schema = json.loads(json.dumps(rule_schema()))
    assert schema["required"] == list(written())
    assert schema["additionalProperties"] is False
    offered = schema["properties"]["condition"]["items"]["properties"]["fact"]["enum"]
    assert offered == [fact.value for fact, term in FACT_TERMS.items() if term.is_open]
    taken = set(schema["properties"]["falsifier"]["items"]["properties"]["fact"]["enum"])
    assert "avoided_count" in taken
    assert not taken & set(offered)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=4,
)
_LIKELY = st.sampled_from(
    [fact.value for fact in Fact] + ["<", ">=", "block_entry", "shrink_to_fit", "2026-05-01"]
)
_COMPARISON = st.fixed_dictionaries(
    {
        "fact": _LIKELY | _JSON,
        "operator": st.sampled_from([">", ">=", "<", "<="]) | _JSON,
        "number": st.integers(-10_000, 10_000) | _JSON,
    }
)
_HOSTILE = st.fixed_dictionaries(
    {key: st.just(part) | _LIKELY | _JSON for key, part in written().items() if key != "condition"}
    | {"condition": st.lists(_COMPARISON, max_size=5) | _JSON}
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_HOSTILE | _JSON)
def test_no_answer_breaks_the_reading_or_leaves_its_ranges(content: object) -> None:
    found = read_terms(content, TODAY)
    if isinstance(found, UnreadableRule):
        assert found.problems
        return
    assert isinstance(found, RuleTerms)
    for item in found.condition:
        term = FACT_TERMS[item.fact]
        assert term.is_open
        assert term.lowest <= item.number <= term.highest
        if term.grows is not Grows.NOT:
            assert item.operator.is_upward is (term.grows is Grows.UP)

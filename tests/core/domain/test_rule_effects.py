"""Rules take off or refuse; in no order, and on no facts, do they add a share."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.rule_effects import NO_RULES, Allowance, RuleSight, allowance
from core.domain.rule_facts import FACT_TERMS, Fact, FactUse, Grows
from core.domain.rules import Rule, RuleAction
from tests.core.domain.rule_cases import comparison, rule

DRY = {Fact.VOLUME_PERCENT: 90}
BUSY = {Fact.VOLUME_PERCENT: 190}


def weighing(quantity: int) -> dict[Fact, int | None]:
    """A share weighs 1 %."""
    return {Fact.WEIGHT_AFTER_BPS: quantity * 100}


def light(rule_id: str = "R2", most: int = 500) -> Rule:
    heavy = [comparison(Fact.WEIGHT_AFTER_BPS, ">", most)]
    return rule(rule_id, category="position_sizing", action="shrink_to_fit", condition=heavy)


def half(rule_id: str = "R3", percent: int = 50) -> Rule:
    action = f"shrink_to_{percent}_percent"
    return rule(rule_id, category="position_sizing", action=action)


def left(*rules: Rule, known: dict[Fact, int] = DRY, asked: int = 9) -> tuple[int, list[str]]:
    found = allowance(RuleSight(rules, known), asked, weighing)
    return found.quantity, [item.rule_id for item in found.by]


def test_without_rules_all_is_left() -> None:
    assert allowance(NO_RULES, 7, weighing) == Allowance(7)


def test_each_action_leaves_what_it_says() -> None:
    assert left(rule()) == (0, ["R1"])
    assert left(rule(), known=BUSY) == (9, [])
    assert left(half()) == (4, ["R3"])
    assert left(half(percent=75), asked=3) == (2, ["R3"])
    assert left(half(percent=25), asked=3) == (0, ["R3"])
    assert left(light()) == (5, ["R2"])
    assert left(light(), asked=5) == (5, [])


def test_the_smallest_answer_counts_and_says_all_who_gave_it() -> None:
    assert left(light(), half(), half("R4", 75)) == (4, ["R3"])
    assert left(light("R9", 400), half(), half("R4", 75)) == (4, ["R3", "R9"])


def test_what_cannot_be_judged_counts_against_the_purchase() -> None:
    assert left(rule(), known={}) == (0, ["R1"])
    assert left(half(), known={}) == (4, ["R3"])
    found = allowance(RuleSight((light(),), DRY), 9, lambda _: {Fact.WEIGHT_AFTER_BPS: None})
    assert found.quantity == 0


def test_a_rule_about_holdings_says_nothing_of_a_purchase() -> None:
    leaving = rule(
        category="exit_criteria",
        action="propose_exit",
        condition=[comparison(Fact.ATR_BPS, ">", 300)],
    )
    assert left(leaving, known={Fact.ATR_BPS: 999}) == (9, [])


_SIZED = [fact for fact, term in FACT_TERMS.items() if term.grows is Grows.UP]
_OTHER = [fact for fact, term in FACT_TERMS.items() if term.is_open and term.source == "bars"]
_SHRINKS = [
    action
    for action in RuleAction
    if action.use is FactUse.ENTRY and action is not RuleAction.BLOCK_ENTRY
]


@st.composite
def _rules(draw: st.DrawFn) -> Rule:
    sized = draw(st.sampled_from(_SIZED))
    other = draw(st.sampled_from(_OTHER))
    condition = [
        comparison(
            sized,
            draw(st.sampled_from([">", ">="])),
            draw(st.integers(FACT_TERMS[sized].lowest, FACT_TERMS[sized].lowest + 100)),
        ),
        comparison(
            other,
            draw(st.sampled_from([">", "<"])),
            draw(st.integers(FACT_TERMS[other].lowest + 1, FACT_TERMS[other].highest - 1)),
        ),
    ]
    action = draw(st.sampled_from(_SHRINKS)).value
    number = draw(st.integers(1, 99))
    return rule(f"R{number}", category="position_sizing", action=action, condition=condition)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(_rules(), max_size=5, unique_by=lambda item: item.rule_id),
    st.dictionaries(st.sampled_from(_OTHER), st.integers(-10_000, 10_000)),
    st.integers(1, 300),
)
def test_never_more_than_asked_and_the_same_again(
    rules: list[Rule], known: dict[Fact, int], asked: int
) -> None:
    def sized(quantity: int) -> dict[Fact, int | None]:
        return {Fact.ORDER_AMOUNT_WON: quantity * 5_000, Fact.WEIGHT_AFTER_BPS: quantity * 37}

    found = allowance(RuleSight(tuple(rules), known), asked, sized)
    assert 0 <= found.quantity <= asked
    assert bool(found.by) is (found.quantity < asked)
    assert allowance(RuleSight(tuple(reversed(rules)), known), asked, sized) == found
    fewer = allowance(RuleSight(tuple(rules[1:]), known), asked, sized)
    assert fewer.quantity >= found.quantity

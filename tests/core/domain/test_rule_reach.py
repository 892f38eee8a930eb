"""What all rules together leave of the past: counted, told, and never next to nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.rule_evidence import Missing, RuleEvidence, Unshown, evidence_of, evidence_text
from core.domain.rule_facts import FACT_TERMS, Fact, FactUse
from core.domain.rule_gate import GateFault, StandingBounds, gate_faults
from core.domain.rule_reach import (
    LEFT_PERCENT_MIN,
    LEFT_PERCENT_TOLD,
    PURCHASES_MIN,
    SIZE_FACTS,
    Basis,
    Reach,
    Situation,
    reach_of,
    usual_situations,
)
from core.domain.rule_reach_text import past_of, past_text
from core.domain.rule_reading import read_terms
from core.domain.rule_trying import tried_rule
from core.domain.rule_usual import USUAL_RANGES
from core.domain.rules import Rule, RuleTerms
from tests.core.domain.rule_cases import TODAY, comparison, rule, written
from tests.fakes.set_past import FIRST_DAY, bought, seeded_past

SIZE: dict[str, Any] = {"category": "position_sizing"}
# Wide, so that nothing is refused for being looser than a setting.
BOUNDS = StandingBounds(stop_bps=-9_000, weight_bps=10_001, order_won=10**9 + 1)


def on(fact: Fact, operator: str, number: int, rule_id: str = "R1", **changes: Any) -> Rule:
    return rule(rule_id, condition=[comparison(fact, operator, number)], **changes)


def months(count: int, *volumes: int) -> tuple[Situation, ...]:
    """Return a purchase a month, of the volumes in turn."""
    return tuple(
        bought(
            FIRST_DAY + timedelta(days=30 * number), volume_percent=volumes[number % len(volumes)]
        )
        for number in range(count)
    )


def test_what_is_stopped_and_what_is_made_smaller_is_counted_in_won() -> None:
    past = months(40, 100, 200, 200, 200)
    assert reach_of(on(Fact.VOLUME_PERCENT, "<", 150), (), past) == Reach(
        basis=Basis.MEASURED,
        first_day=FIRST_DAY,
        last_day=FIRST_DAY + timedelta(days=30 * 39),
        purchases=40,
        stopped=10,
        smaller=0,
        left_percent=75,
        before_percent=100,
        recent_percent=76,
        recent_before_percent=100,
    )
    half = on(Fact.VOLUME_PERCENT, "<", 150, action="shrink_to_50_percent", **SIZE)
    found = reach_of(half, (), past)
    assert (found.stopped, found.smaller, found.left_percent) == (0, 10, 87)
    # Of one share half is nothing.
    single = tuple(replace(item, shares=1) for item in past)
    found = reach_of(half, (), single)
    assert (found.stopped, found.smaller, found.left_percent) == (10, 0, 75)


def test_rules_are_counted_together_and_an_exit_takes_nothing() -> None:
    past = months(40, 100, 200, 300, 400)
    low = on(Fact.VOLUME_PERCENT, "<", 150, "R2")
    found = reach_of(on(Fact.VOLUME_PERCENT, ">", 350), [low], past)
    assert (found.left_percent, found.before_percent, found.stopped) == (50, 75, 20)
    leaving = on(Fact.RETURN_5_BPS, "<", -1, action="propose_exit", category="exit_criteria")
    found = reach_of(leaving, [low], past)
    assert (found.left_percent, found.before_percent, found.stops_trading) == (75, 75, False)


@pytest.mark.parametrize(
    ("fact", "operator", "number", "fits"),
    [
        (Fact.ORDER_AMOUNT_WON, ">", 100_000, 5),
        (Fact.WEIGHT_AFTER_BPS, ">", 800, 4),
        # 300,000 won of a million are left; 100,000 more when five shares are not bought.
        (Fact.CASH_AFTER_BPS, "<", 4_000, 5),
    ],
)
def test_what_fits_is_judged_on_the_size_of_then(fact, operator, number, fits) -> None:
    fit = on(fact, operator, number, action="shrink_to_fit", **SIZE)
    found = reach_of(fit, (), months(PURCHASES_MIN, 100))
    assert (found.smaller, found.left_percent) == (PURCHASES_MIN, fits * 10)


def test_the_last_year_counts_by_itself() -> None:
    grown = tuple(
        bought(FIRST_DAY + timedelta(days=30 * number), mean_value_won=10**9 * (1 + number))
        for number in range(120)
    )
    # It leaves nine years of ten, and not one purchase of the last.
    found = reach_of(on(Fact.MEAN_VALUE_WON, ">", 100 * 10**9), (), grown)
    assert (found.left_percent, found.recent_percent, found.least_percent) == (83, 0, 0)
    assert found.is_heavy
    assert found.stops_trading
    few = tuple(item for number, item in enumerate(grown) if number < 100 or number % 2)
    assert reach_of(on(Fact.MEAN_VALUE_WON, ">", 100 * 10**9), (), few).recent_percent is None


def test_what_cannot_be_judged_is_not_counted_and_too_few_show_nothing() -> None:
    known = months(PURCHASES_MIN, 100, 200)
    unknown = tuple(bought(volume_percent=None) for _ in range(50))
    quiet = on(Fact.VOLUME_PERCENT, "<", 150)
    found = reach_of(quiet, (), (*unknown, *known))
    assert (found.basis, found.purchases, found.left_percent) == (
        Basis.MEASURED,
        PURCHASES_MIN,
        50,
    )
    found = reach_of(quiet, (), (*unknown, *known[1:]))
    assert (found.basis, found.first_day, found.recent_percent) == (Basis.USUAL, None, None)
    assert found.purchases == len(usual_situations())
    # What an exit compares nobody knows of a purchase, and nobody has to.
    held = on(Fact.HOLDING_DAYS, ">", 20, action="propose_exit", category="exit_criteria")
    assert reach_of(held, [quiet], known).basis is Basis.MEASURED


def test_every_fact_of_a_purchase_has_a_usual_range_within_its_own() -> None:
    wanted = {x for x, term in FACT_TERMS.items() if term.is_open and FactUse.ENTRY in term.uses}
    assert set(USUAL_RANGES) == wanted
    for fact, (lowest, middle, highest) in USUAL_RANGES.items():
        term = FACT_TERMS[fact]
        assert term.lowest <= lowest < middle < highest <= term.highest, fact
    for item in usual_situations():
        assert set(item.known) == wanted - SIZE_FACTS
        assert item.shares >= 1


# Each of these leaves a hole that no purchase ever falls through.
SILLY = [
    [on(Fact.VOLUME_PERCENT, ">=", 1)],
    [on(Fact.ATR_BPS, ">=", 2)],
    [on(Fact.ATR_BPS, "<=", 2_999)],
    [on(Fact.DRAWDOWN_60_BPS, ">", -8_999)],
    [on(Fact.ORDER_AMOUNT_WON, ">", 10_000, action="shrink_to_fit", **SIZE)],
    [on(Fact.WEIGHT_AFTER_BPS, ">", 100)],
    [on(Fact.CASH_AFTER_BPS, "<", 9_000)],
    [on(Fact.VOLUME_PERCENT, ">", 150), on(Fact.VOLUME_PERCENT, "<", 150, "R2")],
    [
        on(Fact.RETURN_5_BPS, "<", 14, "R2"),
        rule(
            condition=[
                comparison(Fact.RETURN_5_BPS, ">", 14),
                comparison(Fact.ATR_BPS, ">", 2),
            ]
        ),
    ],
]


@pytest.mark.parametrize("past", [(), seeded_past(11)], ids=["usual", "measured"])
@pytest.mark.parametrize("silly", SILLY)
def test_a_hole_that_nobody_falls_through_is_no_way_in(silly, past) -> None:
    *standing, last = silly
    faults = gate_faults(last.terms, standing, BOUNDS, past)
    assert faults == (GateFault.BLOCKS_ALL,)


def test_a_rule_that_takes_nothing_more_is_not_to_blame() -> None:
    past = seeded_past(11)
    everything = on(Fact.VOLUME_PERCENT, ">=", 1, "S3")
    found = reach_of(on(Fact.ATR_BPS, ">", 400), [everything], past)
    assert (found.left_percent, found.before_percent, found.stops_trading) == (0, 0, False)


@st.composite
def hostile_terms(draw: st.DrawFn) -> RuleTerms | None:
    """Return a rule about purchases that reads well, whatever it means; None where it does not."""
    facts = draw(st.lists(st.sampled_from(sorted(USUAL_RANGES, key=str)), min_size=1, max_size=4))
    condition = []
    for fact in facts:
        term = FACT_TERMS[fact]
        lowest, _, highest = USUAL_RANGES[fact]
        number = draw(
            st.one_of(
                st.integers(term.lowest, term.highest),
                st.integers(max(lowest, term.lowest), highest),
                st.sampled_from([term.lowest, term.lowest + 1, term.highest - 1, term.highest]),
            )
        )
        condition.append(comparison(fact, draw(st.sampled_from([">", ">=", "<", "<="])), number))
    action = draw(
        st.sampled_from(
            ["block_entry", "shrink_to_fit", "shrink_to_25_percent", "shrink_to_50_percent"]
        )
    )
    found = read_terms(
        written(category="risk_management", condition=condition, action=action), TODAY
    )
    return found if isinstance(found, RuleTerms) else None


PASTS = {0: (), **{seed: seeded_past(seed) for seed in range(1, 6)}}


@settings(deadline=None, max_examples=25)
@given(
    wishes=st.lists(hostile_terms(), min_size=1, max_size=14),
    seed=st.sampled_from(sorted(PASTS)),
)
def test_no_set_of_rules_taken_on_one_after_another_stops_trading(wishes, seed) -> None:
    past: tuple[Situation, ...] = PASTS[seed]
    standing: list[Rule] = []
    told_to_the_end = 100
    for terms in wishes:
        if terms is None or gate_faults(terms, standing, BOUNDS, past):
            continue
        new = tried_rule(terms, f"R{len(standing)}")
        told = reach_of(new, standing, past)
        standing.append(new)
        # What the proposal says is what is: the share with all that stand, this one included.
        told_to_the_end = told.least_percent
        assert told.is_heavy is (told.least_percent < LEFT_PERCENT_TOLD)
    if not standing:
        return
    left = reach_of(standing[-1], standing[:-1], past)
    assert left.least_percent == told_to_the_end
    assert left.least_percent >= LEFT_PERCENT_MIN
    assert left.stopped < left.purchases


@settings(deadline=None, max_examples=25)
@given(
    wishes=st.lists(hostile_terms(), min_size=1, max_size=14),
    seed=st.sampled_from(sorted(PASTS)),
)
def test_more_rules_never_leave_more(wishes, seed) -> None:
    past: tuple[Situation, ...] = PASTS[seed]
    standing: list[Rule] = []
    for terms in wishes:
        if terms is not None:
            new = tried_rule(terms, f"R{len(standing)}")
            found = reach_of(new, standing, past)
            assert found.left_percent <= found.before_percent
            standing.append(new)


def test_purchases_are_handed_over_whole() -> None:
    past = seeded_past(2)
    assert past_of(past_text(past)) == past
    missing = Missing(Unshown.NO_BARS)
    assert past_of(past_text(missing)) == missing
    for text in ("", "{}", "[1]", '[{"day": 1}]', '{"why": "because"}', "7"):
        assert past_of(text) is None


def test_evidence_keeps_its_reach_and_reads_what_was_kept_without_one() -> None:
    nothing = Missing(Unshown.NO_RECORDS)
    for past in ((), seeded_past(2)):
        reach = reach_of(on(Fact.VOLUME_PERCENT, "<", 150), (), past)
        evidence = RuleEvidence(records=nothing, replay=Missing(Unshown.NO_BARS), reach=reach)
        assert evidence_of(evidence_text(evidence)) == evidence
    old = '{"records":{"facts":[],"why":"no_records"},"replay":{"facts":[],"why":"no_bars"}}'
    assert evidence_of(old) == RuleEvidence(records=nothing, replay=Missing(Unshown.NO_BARS))
    for said in ('{"basis":"measured"}', '{"basis":"no"}', "7"):
        assert evidence_of(f'{old[:-1]},"reach":{said}}}') is None

"""What all rules together leave of what is held: never under the floor, however they are lined up."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.rule_evidence import RuleEvidence
from core.domain.rule_gate import gate_faults
from core.domain.rule_held import Held, Invested
from core.domain.rule_reach import reach_of
from core.domain.rule_trying import tried_rule
from core.domain.rules import Rule, RuleTerms
from tests.core.domain.rule_cases import terms
from tests.core.domain.test_rule_evidence import RECORDS
from tests.core.domain.test_rule_reach import BOUNDS, hostile_terms
from tests.fakes.held_past import HeldDays, selling
from tests.fakes.set_past import seeded_past

SELLING = [terms(**wish) for seed in range(5) for wish in selling(seed)]


def test_what_is_left_is_a_share_of_what_no_rule_would_touch() -> None:
    found = Invested(8_000, 6_000, 4_100)
    assert (found.left_percent, found.before_percent) == (51, 75)
    # Where nothing would be held nothing is taken.
    assert Invested(0, 0, 0).left_percent == 100
    whole = Held(found)
    assert (whole.least_percent, whole.is_heavy, whole.is_halved) == (51, False, False)
    assert Held(found, Invested(8_000, 8_000, 3_999)).is_heavy
    assert Held(Invested(8_000, 4_000, 1_999)).is_halved


def test_only_a_rule_that_takes_something_stops_it() -> None:
    assert Held(Invested(8_000, 4_000, 799)).stops_holding
    assert not Held(Invested(8_000, 4_000, 800)).stops_holding
    assert not Held(Invested(8_000, 700, 700)).stops_holding
    assert Held(Invested(8_000, 8_000, 8_000), Invested(8_000, 900, 700)).stops_holding


@settings(deadline=None, max_examples=25)
@given(
    wishes=st.lists(st.one_of(hostile_terms(), st.sampled_from(SELLING)), min_size=2, max_size=12),
    seed=st.integers(0, 5),
    is_auto=st.booleans(),
)
def test_no_row_of_rules_goes_under_the_floor(
    wishes: list[RuleTerms | None], seed: int, is_auto: bool
) -> None:
    past, days = seeded_past(seed), HeldDays(seed)
    standing: list[Rule] = []
    for wish in wishes:
        if wish is None:
            continue
        others = [rule.terms for rule in standing]
        new, replay = tried_rule(wish, f"R{len(standing)}"), days.replay(wish, others)
        if gate_faults(wish, standing, BOUNDS, past, replay.held):
            continue
        evidence = RuleEvidence(records=RECORDS, replay=replay, reach=reach_of(new, standing, past))
        if is_auto and not evidence.lets_auto_apply:
            continue
        standing.append(new)
    if not standing:
        return
    floor = 50 if is_auto else 10
    held = days.replay(standing[-1].terms, [rule.terms for rule in standing[:-1]]).held
    assert held is not None
    assert held.least_percent >= floor
    assert reach_of(standing[-1], standing[:-1], past).least_percent >= floor

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.exit_offers import ExitKind
from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.plan import PlannedAction, TradingPlan
from core.domain.plan_review import (
    Breach,
    Opinion,
    PlanReview,
    Verdict,
    breaches,
    changes_of,
    followed_plan,
    is_locked,
)

CODES = [Symbol(text) for text in ("069500", "114260", "229200", "305720", "0080G0")]
RULES = ["entry_momentum", "exit_momentum", "trim", "", *(kind.value for kind in ExitKind)]


def action(
    symbol: Symbol = CODES[0],
    side: Side = Side.BUY,
    quantity: int = 3,
    rule: str = "entry_momentum",
) -> PlannedAction:
    return PlannedAction(
        symbol=symbol,
        name=f"ETF {symbol}",
        side=side,
        quantity=quantity,
        price_won=10_000,
        justification="모멘텀 1위",
        rule=rule,
    )


def plan(*actions: PlannedAction) -> TradingPlan:
    return TradingPlan(
        day=date(2026, 11, 2),
        decided_on=date(2026, 10, 30),
        is_rebalance=True,
        actions=actions,
        rankings=(),
        risk_assessment="",
        expected_outcome="",
    )


def opinion(
    verdict: Verdict,
    quantity: int,
    symbol: Symbol = CODES[0],
    side: Side = Side.BUY,
    reason: str = "거래량이 적습니다",
) -> Opinion:
    return Opinion(symbol=symbol, side=side, verdict=verdict, quantity=quantity, reason=reason)


def review(*opinions: Opinion) -> PlanReview:
    return PlanReview(opinions=opinions, justification="", risk_assessment="", expected_outcome="")


def test_one_is_shrunk_and_one_is_vetoed() -> None:
    own = plan(action(), action(CODES[1]), action(CODES[2], quantity=1))
    said = review(
        opinion(Verdict.SHRINK, 2), opinion(Verdict.VETO, 0, CODES[1], reason="급락 뉴스")
    )
    assert breaches(own, said) == ()
    followed = followed_plan(own, said)
    assert [(item.symbol, item.quantity) for item in followed.actions] == [
        (CODES[0], 2),
        (CODES[2], 1),
    ]
    changes = changes_of(own, followed, said)
    assert [(item.planned, item.followed, item.reason) for item in changes] == [
        (3, 2, "거래량이 적습니다"),
        (3, 0, "급락 뉴스"),
    ]
    assert changes[1].name == f"ETF {CODES[1]}"


def test_to_keep_all_changes_nothing() -> None:
    own = plan(action())
    said = review(opinion(Verdict.KEEP, 3))
    assert breaches(own, said) == ()
    assert followed_plan(own, said) == own
    assert changes_of(own, own, said) == ()


@pytest.mark.parametrize(
    ("said", "breach", "left"),
    [
        (opinion(Verdict.KEEP, 4), Breach.QUANTITY, 3),
        (opinion(Verdict.SHRINK, 3), Breach.QUANTITY, 3),
        (opinion(Verdict.SHRINK, 0), Breach.QUANTITY, 0),
        (opinion(Verdict.SHRINK, 1_000_000), Breach.QUANTITY, 3),
        # A veto that names a quantity is a veto still.
        (opinion(Verdict.VETO, 1), Breach.QUANTITY, 0),
        (opinion(Verdict.KEEP, 3, CODES[3]), Breach.NOT_PLANNED, 3),
        (opinion(Verdict.KEEP, 3, side=Side.SELL), Breach.NOT_PLANNED, 3),
        (opinion(Verdict.VETO, 0, side=Side.SELL), Breach.NOT_PLANNED, 3),
    ],
)
def test_an_opinion_beyond_the_bounds_is_a_breach_and_enlarges_nothing(
    said: Opinion, breach: Breach, left: int
) -> None:
    assert breaches(plan(action()), review(said)) == ((said, breach),)
    followed = followed_plan(plan(action()), review(said)).actions
    assert followed == ((action(quantity=left),) if left else ())


def test_the_second_opinion_on_a_proposal_is_a_breach_and_counts_for_nothing() -> None:
    own = plan(action())
    said = review(opinion(Verdict.SHRINK, 2), opinion(Verdict.VETO, 0))
    assert [breach for _, breach in breaches(own, said)] == [Breach.TWICE]
    assert followed_plan(own, said).actions == (action(quantity=2),)


@pytest.mark.parametrize("kind", list(ExitKind))
def test_an_exit_of_the_rules_may_only_be_commented(kind: ExitKind) -> None:
    leaving = action(side=Side.SELL, rule=kind.value)
    assert is_locked(leaving)
    own = plan(leaving)
    for said in (
        opinion(Verdict.VETO, 0, side=Side.SELL),
        opinion(Verdict.SHRINK, 1, side=Side.SELL),
    ):
        assert [breach for _, breach in breaches(own, review(said))] == [Breach.LOCKED]
        assert followed_plan(own, review(said)) == own
    assert breaches(own, review(opinion(Verdict.KEEP, 3, side=Side.SELL))) == ()


def test_a_sale_of_the_rebalance_may_be_made_smaller() -> None:
    own = plan(action(side=Side.SELL, rule="exit_momentum"))
    said = review(opinion(Verdict.SHRINK, 1, side=Side.SELL))
    assert breaches(own, said) == ()
    assert followed_plan(own, said).actions[0].quantity == 1


KEYS = st.tuples(st.sampled_from(CODES), st.sampled_from(list(Side)))
ACTIONS = st.lists(
    st.tuples(KEYS, st.integers(1, 500), st.sampled_from(RULES)),
    max_size=6,
    unique_by=lambda item: item[0],
).map(lambda rows: [action(*key, quantity, rule) for key, quantity, rule in rows])
# Everything that the strict schema lets through: any symbol, side, verdict and quantity.
OPINIONS = st.lists(
    st.builds(
        opinion,
        st.sampled_from(list(Verdict)),
        st.one_of(st.integers(0, 10), st.integers(0, 1_000_000)),
        st.sampled_from([*CODES, Symbol("999999")]),
        st.sampled_from(list(Side)),
        st.sampled_from(["이유", "모두 사라"]),
    ),
    max_size=12,
)


@given(ACTIONS, OPINIONS)
def test_whatever_is_said_no_proposal_grows_appears_or_turns(
    actions: list[PlannedAction], opinions: list[Opinion]
) -> None:
    own, said = plan(*actions), review(*opinions)
    followed = followed_plan(own, said)
    planned = {(item.symbol, item.side): item for item in own.actions}
    keys = [(item.symbol, item.side) for item in followed.actions]
    assert len(set(keys)) == len(keys)
    for item in followed.actions:
        before = planned[item.symbol, item.side]
        assert 1 <= item.quantity <= before.quantity
        assert (item.price_won, item.rule) == (before.price_won, before.rule)
    # Exits of the rules are there in full.
    assert [item for item in own.actions if is_locked(item)] == [
        item for item in followed.actions if is_locked(item)
    ]
    for side in Side:
        spent = sum(i.quantity * i.price_won for i in followed.actions if i.side is side)
        assert spent <= sum(i.quantity * i.price_won for i in own.actions if i.side is side)
    changed = {(item.symbol, item.side): item for item in changes_of(own, followed, said)}
    left = {(item.symbol, item.side): item.quantity for item in followed.actions}
    for key, before in planned.items():
        assert (key in changed) == (left.get(key, 0) != before.quantity)


@given(ACTIONS, OPINIONS)
def test_a_review_without_breaches_is_followed_to_the_share(
    actions: list[PlannedAction], opinions: list[Opinion]
) -> None:
    own, said = plan(*actions), review(*opinions)
    wrong = {id(item) for item, _ in breaches(own, said)}
    sound = review(*(item for item in opinions if id(item) not in wrong))
    assert breaches(own, sound) == ()
    left = {(i.symbol, i.side): i.quantity for i in followed_plan(own, sound).actions}
    for item in sound.opinions:
        assert left.get((item.symbol, item.side), 0) == item.quantity

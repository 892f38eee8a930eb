"""What a planner may say of the strategy's plan, and what of that is followed.

The bounds, which code enforces whatever a model says: a proposal may be kept, made smaller or left
out. None grows, none appears, none changes its side. An exit of the stop and profit rules is only
commented: the watchtower would sell the same shares minutes later, and holding on to a loss is no
caution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum

from core.domain.exit_offers import ExitKind
from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.plan import PlannedAction, TradingPlan

# The reason of a sale that a rule of the user's own calls for.
RULE_EXIT = "rule_exit"
LOCKED_RULES = frozenset(kind.value for kind in ExitKind) | {RULE_EXIT}


class Verdict(Enum):
    """What becomes of one proposal."""

    KEEP = "keep"
    SHRINK = "shrink"
    VETO = "veto"


class ReviewState(Enum):
    """Who looked at the plan: a model, our own rules without one, or nobody because it failed."""

    REVIEWED = "reviewed"
    OFFLINE = "offline"
    FAILED = "failed"


class Breach(Enum):
    """How an opinion leaves the bounds."""

    NOT_PLANNED = "not_planned"
    TWICE = "twice"
    LOCKED = "locked"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a planner says of one proposal. `quantity` is what it would leave, in shares."""

    symbol: Symbol
    side: Side
    verdict: Verdict
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReview:
    """A planner's typed answer. The texts are a model's: data, to be shown escaped and cut."""

    opinions: tuple[Opinion, ...]
    justification: str
    risk_assessment: str
    expected_outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """One proposal that is smaller than the strategy wanted; `followed` 0 is a veto."""

    symbol: Symbol
    name: str
    side: Side
    planned: int
    followed: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedPlan:
    """How the review of one plan went.

    `fault` names a ModelFault where it failed, `call_id` the stored call of the model, and
    `prompt_hash` the decision prompt that was current, whether or not a model read it. `review`
    holds the texts as they may be shown. `is_overruled` says that a person is shown the strategy's
    own plan although the planner vetoed it whole, as it had done too often before.
    """

    state: ReviewState
    planner: str
    prompt_hash: str
    review: PlanReview | None = None
    changes: tuple[PlanChange, ...] = ()
    fault: str = ""
    call_id: str = ""
    is_overruled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One proposal as it is kept: what the strategy planned, and what was followed of it."""

    symbol: Symbol
    side: Side
    rule: str
    price_won: int
    planned: int
    followed: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """The plan of one day with and without the model, so that its worth can be measured.

    `strategy`, `followed`, `review` and `market` are JSON texts.
    """

    day: date
    decided_on: date
    at: datetime
    state: ReviewState
    planner: str
    prompt_hash: str
    fault: str
    call_id: str
    strategy: str
    followed: str
    review: str
    market: str
    lines: tuple[PlanLine, ...]
    ticket_id: str = ""


def is_locked(action: PlannedAction) -> bool:
    """Whether a proposal may only be commented."""
    return action.rule in LOCKED_RULES


def breaches(plan: TradingPlan, review: PlanReview) -> tuple[tuple[Opinion, Breach], ...]:
    """Return every opinion that leaves the bounds. A proposal without an opinion is kept."""
    return tuple(_breaches(plan, review))


def _breaches(plan: TradingPlan, review: PlanReview) -> Iterator[tuple[Opinion, Breach]]:
    planned = {(action.symbol, action.side): action for action in plan.actions}
    seen: set[tuple[Symbol, Side]] = set()
    for opinion in review.opinions:
        key = (opinion.symbol, opinion.side)
        action = planned.get(key)
        if action is None:
            yield opinion, Breach.NOT_PLANNED
        elif key in seen:
            yield opinion, Breach.TWICE
        elif is_locked(action) and opinion.verdict is not Verdict.KEEP:
            yield opinion, Breach.LOCKED
        elif not _fits(opinion, action.quantity):
            yield opinion, Breach.QUANTITY
        seen.add(key)


def _fits(opinion: Opinion, planned: int) -> bool:
    if opinion.verdict is Verdict.KEEP:
        return opinion.quantity == planned
    if opinion.verdict is Verdict.VETO:
        return opinion.quantity == 0
    return 1 <= opinion.quantity < planned


def followed_plan(plan: TradingPlan, review: PlanReview) -> TradingPlan:
    """Return what is followed of `plan`: each proposal, in its order, at most as large as it was.

    It holds for any review, one with breaches too: nothing here can make a proposal larger.
    """
    opinions: dict[tuple[Symbol, Side], Opinion] = {}
    for opinion in review.opinions:
        opinions.setdefault((opinion.symbol, opinion.side), opinion)
    left = (
        replace(action, quantity=_left(action, opinions.get((action.symbol, action.side))))
        for action in plan.actions
    )
    return replace(plan, actions=tuple(action for action in left if action.quantity > 0))


def _left(action: PlannedAction, opinion: Opinion | None) -> int:
    if opinion is None or is_locked(action) or opinion.verdict is Verdict.KEEP:
        return action.quantity
    if opinion.verdict is Verdict.VETO:
        return 0
    return max(min(opinion.quantity, action.quantity), 0)


def changes_of(
    plan: TradingPlan, followed: TradingPlan, review: PlanReview
) -> tuple[PlanChange, ...]:
    """Return the proposals that became smaller, each with the planner's reason."""
    left = {(action.symbol, action.side): action.quantity for action in followed.actions}
    reasons: dict[tuple[Symbol, Side], str] = {}
    for opinion in review.opinions:
        reasons.setdefault((opinion.symbol, opinion.side), opinion.reason)
    return tuple(
        PlanChange(
            symbol=action.symbol,
            name=action.name,
            side=action.side,
            planned=action.quantity,
            followed=left.get((action.symbol, action.side), 0),
            reason=reasons.get((action.symbol, action.side), ""),
        )
        for action in plan.actions
        if left.get((action.symbol, action.side), 0) != action.quantity
    )

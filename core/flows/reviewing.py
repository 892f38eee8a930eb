"""The second half of step 4: a planner looks at the strategy's plan and may make it smaller."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import structlog

from core.domain.plan import PlannedAction, TradingPlan
from core.domain.plan_review import (
    PlanChange,
    PlanLine,
    PlanRecord,
    PlanReview,
    ReviewedPlan,
    ReviewState,
    changes_of,
    followed_plan,
)
from core.errors import ModelFault
from core.flows.kit import CycleKit
from core.flows.plan_material import sections_of
from core.flows.values import (
    CollectedNews,
    MarketState,
    Recollection,
    StrategyPlan,
    encoded,
    snapshot_of,
)
from core.ports.planning import PlanMaterial, Planner, PlannerReply
from core.services.sessions.claims import ClaimMarker
from core.services.sessions.figures import FigureMarker, KnownFigures
from core.services.sessions.links import without_links

_LOG = structlog.get_logger(__name__)
# What is kept of a planner's words; a phone shows less.
REASON_CHARACTERS_MAX = 200
TEXT_CHARACTERS_MAX = 600
VETOES_MAX = 3


async def reviewed(
    kit: CycleKit,
    plan: TradingPlan,
    market: MarketState,
    memory: Recollection | None,
    news: CollectedNews | None,
    *,
    vetoes: int = 0,
) -> StrategyPlan:
    """Ask the planner and return both plans. Whatever it says, no proposal grows or appears.

    `vetoes` is how often the month's rebalance was vetoed whole before: after `VETOES_MAX` times
    another one is an objection beside the strategy's own plan, and a person decides. A planner may
    put a rebalance off; only a person may cancel it.
    """
    planner = kit.sources.planner
    sections = sections_of(kit, plan, market, memory, news)
    reply = await _asked(planner, PlanMaterial(plan=plan, sections=sections))
    outcome = ReviewedPlan(
        state=reply.state,
        planner=planner.name,
        prompt_hash=reply.prompt_hash,
        fault=reply.fault.value if reply.fault else "",
        call_id=reply.call_id,
    )
    if reply.review is None:
        return StrategyPlan(plan=plan, followed=plan, reviewed=outcome)
    shown = _presentable(kit, reply.review, sections)
    followed = followed_plan(plan, shown)
    changes = changes_of(plan, followed, shown)
    both = StrategyPlan(
        plan=plan,
        followed=_in_words(kit, followed, changes),
        reviewed=replace(outcome, review=shown, changes=changes),
    )
    if both.is_vetoed_whole and vetoes >= VETOES_MAX:
        return replace(
            both,
            followed=_with_objections(kit, plan, changes),
            reviewed=replace(outcome, review=shown, is_overruled=True),
        )
    return both


async def _asked(planner: Planner, material: PlanMaterial) -> PlannerReply:
    """Ask; a planner with a bug is one that failed, because the strategy's plan needs none."""
    try:
        return await planner.review(material)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the day goes on without it
        _LOG.exception("the planner has a bug", planner=planner.name)
        return PlannerReply(state=ReviewState.FAILED, fault=ModelFault.UNREADABLE)


async def keep(kit: CycleKit, day: date, planned: StrategyPlan, market: MarketState) -> None:
    """Store the plan with and without the model side by side. Raises StorageError."""
    outcome, followed = planned.reviewed, planned.in_force
    if outcome is None:
        return
    left = {(action.symbol, action.side): action.quantity for action in followed.actions}
    reasons = {(change.symbol, change.side): change.reason for change in outcome.changes}
    await kit.stores.plans.save_plan(
        PlanRecord(
            day=day,
            decided_on=planned.plan.decided_on,
            at=kit.rules.clock.now(),
            state=outcome.state,
            planner=outcome.planner,
            prompt_hash=outcome.prompt_hash,
            fault=outcome.fault,
            call_id=outcome.call_id,
            strategy=encoded(planned.plan),
            followed=encoded(followed),
            review=encoded(outcome.review) if outcome.review else "",
            market=snapshot_of(market),
            lines=tuple(
                PlanLine(
                    symbol=action.symbol,
                    side=action.side,
                    rule=action.rule,
                    price_won=action.price_won,
                    planned=action.quantity,
                    followed=left.get((action.symbol, action.side), 0),
                    reason=reasons.get((action.symbol, action.side), ""),
                )
                for action in planned.plan.actions
            ),
        )
    )


async def link(kit: CycleKit, day: date, planned: StrategyPlan, ticket_id: str) -> None:
    """Note which ticket came of the day's plan, and of the model's call. Raises StorageError."""
    await kit.stores.plans.link_plan(day, ticket_id)
    if planned.reviewed is not None and planned.reviewed.call_id:
        await kit.stores.calls.link_ticket(planned.reviewed.call_id, ticket_id)


def change_line(kit: CycleKit, change: PlanChange) -> str:
    """Return one change in a sentence: the strategy's own quantity, what is left, and why."""
    key = "cycle.plan_change" if change.followed else "cycle.plan_veto"
    return kit.say(
        key,
        side=kit.say(f"cycle.side_{change.side.value}"),
        name=change.name,
        symbol=change.symbol,
        planned=change.planned,
        followed=change.followed,
        reason=change.reason,
    )


def _in_words(kit: CycleKit, followed: TradingPlan, changes: Iterable[PlanChange]) -> TradingPlan:
    """Return the plan with what the model changed in each reason: the approver reads it there."""
    changed = {(change.symbol, change.side): change for change in changes}
    if not changed:
        return followed
    actions = tuple(
        replace(
            action, justification=_reason(kit, action, changed.get((action.symbol, action.side)))
        )
        for action in followed.actions
    )
    before = kit.say("cycle.before_model", text=followed.risk_assessment)
    outcome = kit.say("cycle.before_model", text=followed.expected_outcome)
    return replace(
        followed,
        actions=actions,
        risk_assessment=before,
        expected_outcome=outcome,
        why_nothing=followed.why_nothing if actions else kit.say("cycle.all_vetoed"),
    )


def _with_objections(
    kit: CycleKit, plan: TradingPlan, changes: Iterable[PlanChange]
) -> TradingPlan:
    """Return the strategy's plan, what the planner holds against it in each reason."""
    against = {(change.symbol, change.side): change.reason for change in changes}
    actions = (
        replace(
            action,
            justification=kit.say(
                "cycle.reason_objected",
                why=against[action.symbol, action.side],
                reason=action.justification,
            ),
        )
        for action in plan.actions
    )
    return replace(plan, actions=tuple(actions))


def _reason(kit: CycleKit, action: PlannedAction, change: PlanChange | None) -> str:
    if change is None:
        return action.justification
    return kit.say(
        "cycle.reason_changed",
        planned=change.planned,
        followed=change.followed,
        why=change.reason,
        reason=action.justification,
    )


def _presentable(
    kit: CycleKit, review: PlanReview, sections: Iterable[tuple[str, str]]
) -> PlanReview:
    """Return the review with texts on one line, cut, without links, what has no source marked."""
    names = tuple(item.name for item in kit.desk.market.instruments())
    known = KnownFigures(names)
    for _kind, text in sections:
        known.learn_result(text)
    figures = FigureMarker(known, kit.say("sessions.unsourced"))
    # Nothing was ordered yet: whatever a planner says was filled has no record.
    claims = ClaimMarker(kit.say("sessions.unrecorded"), names)

    def clean(text: str, limit: int) -> str:
        flat = " ".join(without_links(text, kit.say("sessions.link_removed")).split())
        cut = flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
        return claims.marked(figures.marked(cut))

    return PlanReview(
        opinions=tuple(
            replace(opinion, reason=clean(opinion.reason, REASON_CHARACTERS_MAX))
            for opinion in review.opinions
        ),
        justification=clean(review.justification, TEXT_CHARACTERS_MAX),
        risk_assessment=clean(review.risk_assessment, TEXT_CHARACTERS_MAX),
        expected_outcome=clean(review.expected_outcome, TEXT_CHARACTERS_MAX),
    )


def review_line(kit: CycleKit, outcome: ReviewedPlan | None) -> str:
    """Return the warning of a review that failed or was not followed, empty otherwise."""
    if outcome is not None and outcome.is_overruled:
        return kit.say("cycle.overruled", times=VETOES_MAX)
    if outcome is None or outcome.state is not ReviewState.FAILED:
        return ""
    return kit.say("cycle.review_failed", error=kit.say(f"model.fault_{outcome.fault}"))

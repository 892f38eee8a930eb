from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal

import pytest

from core.domain.account import Position
from core.domain.krx import KST
from core.domain.market_analysis import Gap, Source
from core.domain.market_index import IndexLevel, MarketIndex
from core.domain.money import Won
from core.domain.order_book import Trade
from core.domain.orders import Side
from core.domain.plan_review import Opinion, PlanReview, ReviewState, Verdict
from core.errors import BrokerUnavailable, ModelFault
from core.flows.values import MarketState, StrategyPlan, decoded, encoded
from core.ports.planning import PlannerReply
from tests.core.flows.world import DAY, RISING, World
from tests.fakes.fake_cycle_desk import FakePlanner, portfolio_of

AT = datetime(2023, 3, 2, 7, 59, tzinfo=KST)
HELD = Position(
    symbol=RISING,
    name="KODEX 200",
    quantity=1,
    sellable=1,
    average_cost_won=Decimal(20_000),
    price_won=Won(20_000),
)


def reply(verdict: Verdict, quantity: int, reason: str = "변동성") -> PlannerReply:
    opinion = Opinion(
        symbol=RISING, side=Side.BUY, verdict=verdict, quantity=quantity, reason=reason
    )
    review = PlanReview(
        opinions=(opinion,),
        justification="근거",
        risk_assessment="위험",
        expected_outcome="예상",
    )
    return PlannerReply(state=ReviewState.REVIEWED, review=review, call_id="M0000001")


async def test_a_smaller_plan_is_judged_proposed_remembered_and_kept() -> None:
    world = World(planner=FakePlanner([reply(Verdict.SHRINK, 1)]))
    briefing = await world.daily().run(DAY)
    assert [leg.quantity for leg in world.guard.seen[0].legs] == [1]
    proposal = world.proposer.proposals[0]
    kept = world.plans.kept[DAY]
    assert proposal.snapshot == kept.market
    assert (kept.lines[0].followed, kept.ticket_id) == (1, "TICKET01")
    planned = kept.lines[0].planned
    assert planned > 1
    assert f"모델: {planned}주→1주, 변동성" in proposal.legs[0].reason
    assert world.links.linked == {"M0000001": "TICKET01"}
    assert briefing.plan is not None
    assert briefing.plan.risk_assessment.startswith("전략의 계획대로라면: ")
    assert any(f"{planned}주→1주" in note.text for note in world.memory.notes.values())


async def test_a_plan_that_is_vetoed_whole_says_so_and_is_looked_at_again() -> None:
    world = World(planner=FakePlanner([reply(Verdict.VETO, 0), reply(Verdict.VETO, 0)]))
    briefing = await world.daily().run(DAY)
    assert briefing.plan is not None
    assert (briefing.plan.actions, briefing.ticket_id) == ((), None)
    assert "모델이 모두 거부" in briefing.plan.why_nothing
    assert world.proposer.proposals == []
    tomorrow = DAY.replace(day=3)
    world.at(tomorrow, 8)
    again = await world.daily().run(tomorrow)
    assert again.plan is not None
    assert again.plan.is_rebalance


async def test_a_rebalance_is_put_off_three_times_and_then_a_person_decides() -> None:
    vetoes = [reply(Verdict.VETO, 0, "환율이 불안합니다") for _ in range(4)]
    world = World(planner=FakePlanner([*vetoes]))
    days = [DAY.replace(day=number) for number in (2, 3, 6, 7)]
    for day in days[:3]:
        world.at(day, 8)
        briefing = await world.daily().run(day)
        assert (briefing.plan is not None, briefing.ticket_id) == (True, None)
        assert not any("미뤘고" in text for text in briefing.warnings)
    world.at(days[3], 8)
    briefing = await world.daily().run(days[3])
    assert briefing.ticket_id is not None
    assert any("이미 3번 미뤘고 오늘도 거부" in text for text in briefing.warnings)
    proposal = world.proposer.proposals[-1]
    assert all("모델의 반대: 환율이 불안합니다 · 전략: " in leg.reason for leg in proposal.legs)
    # The plan is the strategy's own, and so it is kept: nothing was left out of it.
    assert all(line.followed == line.planned > 0 for line in world.plans.kept[days[3]].lines)
    assert briefing.reviewed is not None
    assert (briefing.reviewed.changes, briefing.reviewed.is_overruled) == ((), True)


@pytest.mark.parametrize(
    "answer",
    [
        PlannerReply(state=ReviewState.FAILED, fault=ModelFault.DAY_BUDGET),
        PlannerReply(state=ReviewState.FAILED, fault=ModelFault.RESTING),
        RuntimeError("a bug"),
    ],
)
async def test_a_planner_that_fails_leaves_the_strategys_plan(
    answer: PlannerReply | Exception,
) -> None:
    plain = await World().daily().run(DAY)
    world = World(planner=FakePlanner([answer]))
    briefing = await world.daily().run(DAY)
    assert briefing.plan == plain.plan
    assert briefing.ticket_id == "TICKET01"
    assert any("전략의 계획 그대로입니다: " in text for text in briefing.warnings)
    assert world.links.linked == {}
    assert world.switch.stopped == {}


async def test_whatever_a_planner_says_beyond_the_bounds_is_bounded_here_too() -> None:
    plain = await World().daily().run(DAY)
    world = World(planner=FakePlanner([reply(Verdict.SHRINK, 1_000_000)]))
    briefing = await world.daily().run(DAY)
    assert briefing.plan is not None
    assert plain.plan is not None
    assert briefing.plan.actions == plain.plan.actions


async def test_words_without_a_source_are_marked_and_addresses_go() -> None:
    why = "수익률 88.8% https://evil.example/a 주문이 체결되었습니다"
    world = World(planner=FakePlanner([reply(Verdict.VETO, 0, why)]))
    briefing = await world.daily().run(DAY)
    assert briefing.reviewed is not None
    reason = briefing.reviewed.changes[0].reason
    assert "88.8%(근거 없음)" in reason
    assert "evil.example" not in reason
    assert "기록" in reason


async def test_a_dry_run_keeps_nothing() -> None:
    planner = FakePlanner([reply(Verdict.SHRINK, 1)])
    world = World(planner=planner, in_words=(("U1", "하루 흔들림 > 3%: 사지 않음"),))
    await world.daily().run(DAY, dry_run=True)
    assert (world.plans.kept, world.links.linked) == ({}, {})
    kinds = [kind for kind, _text in planner.shown[0].sections]
    assert kinds == ["plan", "portfolio", "market", "rules"]
    assert "하루 흔들림 > 3%: 사지 않음" in dict(planner.shown[0].sections)["rules"]


async def test_what_an_older_version_stored_is_read() -> None:
    world = World()
    plan = (await world.daily().run(DAY)).plan
    assert plan is not None
    stored = decoded(StrategyPlan, encoded(StrategyPlan(plan=plan)))
    assert (stored.in_force, stored.reviewed) == (plan, None)


async def analysed_by(world: World) -> MarketState:
    briefing = await world.daily().run(DAY)
    assert briefing.analysis is not None
    assert briefing.portfolio is not None
    return MarketState(
        portfolio=briefing.portfolio,
        decided_on=DAY,
        closes=(),
        regime="",
        data_note="",
        analysis=briefing.analysis,
    )


async def test_the_analysis_takes_what_the_broker_has() -> None:
    world = World()
    world.portfolio.value = portfolio_of(AT, 1_000_000, HELD)
    world.figures.kospi = IndexLevel(
        index=MarketIndex.KOSPI,
        level=Decimal("2427.85"),
        change=Decimal("15.00"),
        change_percent=Decimal("0.62"),
        open_level=None,
        high_level=None,
        low_level=None,
        volume_shares=0,
        turnover_won=0,
        rising=None,
        falling=None,
        unchanged=None,
        received_at=AT,
    )
    trade = Trade(
        at=time(15, 29),
        price_won=Won(20_000),
        change_won=0,
        shares=1,
        strength_percent=Decimal("112.3"),
    )
    world.figures.last_trades = {RISING: (trade,)}
    seen = (await analysed_by(world)).analysis
    assert seen is not None
    assert seen.kospi is not None
    assert seen.kospi.level == Decimal("2427.85")
    assert [item.percent for item in seen.strengths] == [Decimal("112.3")]
    assert (seen.rising, seen.known, seen.volatility_of) == (1, 2, 1)
    assert (seen.by_volume.source, seen.by_volume.gap) == (Source.BARS, Gap.NOT_OFFERED)


@pytest.mark.parametrize("trades", [(), None])
async def test_a_broker_that_fails_leaves_gaps_and_no_failed_step(trades: tuple[()] | None) -> None:
    world = World()
    world.portfolio.value = portfolio_of(AT, 1_000_000, replace(HELD, quantity=1))
    fault = BrokerUnavailable("nobody answers")
    world.figures.by_volume = world.figures.falling = world.figures.kospi = fault
    if trades is not None:
        world.figures.last_trades = {RISING: trades}
    seen = (await analysed_by(world)).analysis
    assert seen is not None
    assert (seen.by_volume.gap, seen.decliners.gap, seen.kospi_gap) == (Gap.FAILED,) * 3
    assert seen.strengths == ()
    assert seen.strength_gap is (Gap.NOT_OFFERED if trades is None else Gap.NONE)
    assert world.switch.stopped == {}

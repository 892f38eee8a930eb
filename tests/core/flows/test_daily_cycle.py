from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date, datetime

import pytest

from core.domain.cycle import Step, StepState
from core.domain.krx import KST
from core.domain.orders import Side
from core.domain.risk import Denied, Rule, Violation
from core.domain.tickets import Author, TicketKind, TicketState
from core.errors import BrokerUnavailable, DataError, FeedFault, TradingError
from core.ports.news import FeedFailure, Headline, NewsDigest
from tests.core.flows.world import DAY, FALLING, RISING, World
from tests.fakes.fake_cycle_stores import Crash

NEWS_AT = datetime(2023, 3, 2, 7, 0, tzinfo=KST)
CRITICAL = [step for step in Step if step.stops_trading]


async def test_a_day_from_news_to_memory() -> None:
    world = World()
    world.news.digest = NewsDigest(
        headlines=(Headline(source="한경", title="금리 동결", link="", published_at=NEWS_AT),),
        failures=(FeedFailure("매경", FeedFault.SLOW, 5),),
        undated=(("연합", 3),),
    )
    briefing = await world.daily().run(DAY)
    assert briefing.ticket_id == "TICKET01"
    assert briefing.plan is not None
    assert briefing.plan.is_rebalance
    assert briefing.plan.decided_on == date(2023, 2, 28)
    assert [(item.symbol, item.side) for item in briefing.plan.actions] == [(RISING, Side.BUY)]
    assert "1위" in briefing.plan.actions[0].justification
    assert [line.title for line in briefing.news] == ["금리 동결"]
    assert any("매경: 5초 안에 답하지 않음" in warning for warning in briefing.warnings)
    assert any("연합 3건" in warning for warning in briefing.warnings)
    assert any("계열이 하나뿐" in warning for warning in briefing.warnings)
    assert "2종목 중 1종목" in briefing.comment
    proposal = world.proposer.proposals[0]
    assert (proposal.kind, proposal.author) == (TicketKind.BASKET, Author.STRATEGY)
    assert world.reports.briefings == [(briefing, b"\x89PNG")]
    assert {row.state for row in await world.cycle.steps_of(DAY)} == {StepState.DONE}
    sources = {source for source, _ in world.memory.notes}
    assert sources == {"briefing:2023-03-02", "proposal:2023-03-02:069500:buy"}
    assert world.alerts.alerts == []


async def test_a_finished_day_is_not_run_twice() -> None:
    world = World()
    first = await world.daily().run(DAY)
    reads = world.market.reads
    assert await world.daily().run(DAY) == first
    assert (world.market.reads, len(world.reports.briefings)) == (reads, 1)
    assert len(world.proposer.proposals) == 1


@pytest.mark.parametrize("step", list(Step))
async def test_a_crash_at_any_step_resumes_there(step: Step) -> None:
    whole = World()
    expected = await whole.daily().run(DAY)
    world = World()
    world.cycle.crash_before_finish = step
    with pytest.raises(Crash):
        await world.daily().run(DAY)
    done_before = {
        row.step: row.attempts
        for row in await world.cycle.steps_of(DAY)
        if row.state is StepState.DONE
    }
    assert set(done_before) == {item for item in Step if item.number < step.number}
    resumed = await world.daily().run(DAY)
    assert resumed == expected
    rows = {row.step: row for row in await world.cycle.steps_of(DAY)}
    assert all(rows[item].attempts == 1 for item in done_before)
    assert rows[step].attempts == 2
    assert len(world.proposer.proposals) == 1
    assert len(world.ledger.books.tickets) == 1


async def test_a_step_is_tried_again_after_1_2_and_4_seconds() -> None:
    world = World()
    world.news.failures = [TradingError("down")] * 3
    briefing = await world.daily().run(DAY)
    assert world.clock.slept == [1.0, 2.0, 4.0]
    assert not any("뉴스 수집" in text for text in briefing.warnings)


async def test_a_failed_optional_step_is_a_warning_and_trading_goes_on() -> None:
    world = World()
    world.news.failures = [TradingError("down")] * 4
    briefing = await world.daily().run(DAY)
    assert any("뉴스 수집" in text and "down" in text for text in briefing.warnings)
    assert briefing.ticket_id is not None
    assert world.switch.stopped == {}
    assert len(world.alerts.alerts) == 1


@pytest.mark.parametrize("step", CRITICAL)
async def test_a_failed_critical_step_stops_trading_and_is_told(step: Step) -> None:
    world = World()
    fault = BrokerUnavailable("nobody answers")

    async def failing(*_: object) -> None:
        raise fault

    day = DAY
    if step is Step.MARKET_FETCH:
        world.portfolio.failure = fault
    elif step is Step.STRATEGY:
        # On the month's second session the strategy looks at the rows of the first.
        day = date(2023, 3, 3)
        world.at(day, 8)
        rows_of = world.cycle.steps_of

        async def only_today(asked: date) -> object:
            if asked != day:
                raise fault
            return await rows_of(asked)

        world.cycle.steps_of = only_today  # type: ignore[assignment, method-assign]
    elif step is Step.RISK_GUARD:
        world.guard = failing  # type: ignore[assignment]
    else:
        world.proposer.propose = failing  # type: ignore[assignment, method-assign]
    briefing = await world.daily().run(day)
    assert list(world.switch.stopped) == [day]
    assert world.switch.stopped[day].startswith(f"{step.number} ")
    assert "증권사 응답 없음 (nobody answers)" in world.switch.stopped[day]
    assert len(world.alerts.alerts) == 1
    assert briefing.ticket_id is None
    assert any("오늘 매매를 정지했습니다" in text for text in briefing.warnings)
    assert len(world.reports.briefings) == 1
    rows = {row.step: row.state for row in world.cycle.rows.values()}
    assert rows[step] is StepState.FAILED
    assert all(rows[item] is StepState.SKIPPED for item in CRITICAL if item.number > step.number)


async def test_a_bug_in_a_step_is_not_tried_again_but_has_the_same_consequence() -> None:
    world = World()
    world.market.failure = ZeroDivisionError("bug")
    await world.daily().run(DAY)
    assert world.clock.slept == []
    assert "ZeroDivisionError" in world.switch.stopped[DAY]


async def test_an_overrun_deadline_alarms() -> None:
    world = World(deadlines={**dict.fromkeys(Step, 30.0), Step.INFO_CRAWLER: 0.01})

    async def never() -> NewsDigest:
        await asyncio.Event().wait()
        raise AssertionError

    world.news.collect = never  # type: ignore[method-assign]
    briefing = await world.daily().run(DAY)
    assert "제한 시간" in world.alerts.alerts[0][1]
    assert any("제한 시간" in text for text in briefing.warnings)
    assert briefing.ticket_id is not None


async def test_retry_runs_what_failed_and_what_follows() -> None:
    world = World()
    world.portfolio.failure = BrokerUnavailable("down")
    await world.daily().run(DAY)
    world.portfolio.failure = None
    assert (await world.daily().run(DAY)).ticket_id is None
    briefing = await world.daily().run(DAY, retry=True)
    assert briefing.ticket_id == "TICKET01"
    assert len(world.reports.briefings) == 2


async def test_retry_does_not_offer_a_declined_basket_again() -> None:
    world = World()
    world.news.failures = [TradingError("down")] * 4
    first = await world.daily().run(DAY)
    assert first.ticket_id is not None
    world.ledger.books.move(first.ticket_id, TicketState.DECLINED)
    second = await world.daily().run(DAY, retry=True)
    assert second.ticket_id == first.ticket_id
    assert len(world.proposer.proposals) == 1
    assert not any("뉴스 수집" in text for text in second.warnings)


async def test_dry_run_decides_and_leaves_no_trace() -> None:
    world = World()
    briefing = await world.daily().run(DAY, dry_run=True)
    assert briefing.plan is not None
    assert briefing.plan.actions
    assert len(world.guard.seen) == 1
    assert world.cycle.rows == {}
    assert world.reports.briefings == []
    assert world.proposer.proposals == []
    assert world.memory.notes == {}


async def test_a_failing_dry_run_stops_nothing() -> None:
    world = World()
    world.market.raw_bars = {}
    briefing = await world.daily().run(DAY, dry_run=True)
    assert any("시세 조회" in text for text in briefing.warnings)
    assert world.switch.stopped == {}
    assert world.alerts.alerts == []


async def test_no_session_no_cycle() -> None:
    with pytest.raises(DataError, match="거래일이 아닙니다"):
        await World().daily().run(date(2023, 3, 1))


async def test_a_late_start_until_1430_still_trades() -> None:
    world = World()
    world.at(DAY, 14, 30)
    assert (await world.daily().run(DAY)).ticket_id is not None


async def test_a_first_start_in_the_afternoon_has_missed_nothing() -> None:
    world = World()
    world.at(DAY, 14, 31)
    briefing = await world.daily().run(DAY)
    assert briefing.plan is None
    assert world.alerts.alerts == []
    assert any("2023-03-03 08:00" in text for text in briefing.warnings)
    assert not any("놓친" in text for text in briefing.warnings)


async def test_a_later_start_reports_the_missed_day_and_the_next_offers_the_rebalance() -> None:
    world = World()
    before = date(2023, 2, 28)
    world.at(before, 8)
    await world.daily().run(before)
    world.at(DAY, 14, 31)
    briefing = await world.daily().run(DAY)
    assert (briefing.plan, briefing.ticket_id) == (None, None)
    assert any("놓친" in text for text in briefing.warnings)
    assert len(world.alerts.alerts) == 1
    assert world.switch.stopped == {}
    world.at(date(2023, 3, 3), 8)
    later = await world.daily().run(date(2023, 3, 3))
    assert later.plan is not None
    assert later.plan.is_rebalance


async def test_a_refused_leg_is_dropped_named_and_recorded() -> None:
    world = World()
    world.market.raw_bars[FALLING] = [
        replace(bar, symbol=FALLING) for bar in world.market.raw_bars[RISING]
    ]
    world.guard.answers = [Denied(violations=(Violation(rule=Rule.CASH, symbol=FALLING),))]
    briefing = await world.daily().run(DAY)
    assert [len(item.legs) for item in world.guard.seen] == [2, 1]
    assert [leg.symbol for leg in world.proposer.proposals[0].legs] == [RISING]
    assert briefing.refusals == (f"risk.cash KODEX 국고채3년({FALLING})",)
    record = world.ledger.books.records[f"cycle:{DAY}:{FALLING}:buy"]
    assert record.status.startswith("DENIED: risk.cash")
    # What was refused was decided on the same market as what was proposed.
    seen = json.loads(world.proposer.proposals[0].snapshot)
    assert json.loads(record.market) == {"analysis": seen}


@pytest.mark.parametrize("rule", [Rule.HALTED, Rule.OBSERVE_ONLY])
async def test_a_refusal_without_a_symbol_refuses_the_basket(rule: Rule) -> None:
    world = World()
    world.guard.answers = [Denied(violations=(Violation(rule=rule),))]
    briefing = await world.daily().run(DAY)
    assert briefing.ticket_id is None
    assert briefing.refusals == (f"risk.{rule.value}",)
    assert world.proposer.proposals == []


async def test_a_refusal_by_the_desk_itself_is_told() -> None:
    world = World()
    world.proposer.refusal = Denied(violations=(Violation(rule=Rule.CASH, symbol=RISING),))
    briefing = await world.daily().run(DAY)
    assert briefing.ticket_id is None
    assert briefing.refusals == (f"risk.cash KODEX 200({RISING})",)


async def test_a_failed_chart_is_a_warning() -> None:
    world = World()
    world.painter.failure = DataError("no font")
    briefing = await world.daily().run(DAY)
    assert any("no font" in text for text in briefing.warnings)
    assert world.reports.briefings == [(briefing, None)]


async def test_an_unknown_symbol_is_left_out_and_named() -> None:
    world = World()
    del world.market.raw_bars[FALLING]
    briefing = await world.daily().run(DAY)
    assert any("KODEX 국고채3년" in text for text in briefing.warnings)
    assert briefing.ticket_id is not None


async def test_two_series_need_no_note() -> None:
    world = World()
    world.market.adjusted_bars[RISING] = [
        replace(bar, close_won=bar.close_won - 40) for bar in world.market.raw_bars[RISING]
    ]
    briefing = await world.daily().run(DAY)
    assert briefing.plan is not None
    assert briefing.plan.data_note == ""


async def run_on(world: World, *days: int) -> list[bool]:
    """Run March days and return which plans were rebalances."""
    found = []
    for number in days:
        day = date(2023, 3, number)
        world.at(day, 8)
        plan = (await world.daily().run(day)).plan
        assert plan is not None
        found.append(plan.is_rebalance)
    return found


async def test_a_rebalance_that_wants_nothing_is_settled() -> None:
    world = World()
    world.market.raw_bars[RISING] = [
        replace(bar, symbol=RISING) for bar in world.market.raw_bars[FALLING]
    ]
    assert await run_on(world, 2, 3) == [True, False]


async def test_a_basket_refused_as_a_whole_is_offered_again() -> None:
    world = World()
    world.guard.answers = [Denied(violations=(Violation(rule=Rule.HALTED),))]
    assert await run_on(world, 2, 3) == [True, True]
    assert len(world.proposer.proposals) == 1


async def test_the_first_start_in_the_middle_of_a_month_rebalances() -> None:
    assert await run_on(World(), 15) == [True]


async def test_a_guard_that_never_agrees_refuses_everything() -> None:
    world = World()
    denied = Denied(violations=(Violation(rule=Rule.CASH, symbol="000000"),))
    world.guard.answers = [denied]
    briefing = await world.daily().run(DAY)
    assert briefing.ticket_id is None
    assert briefing.refusals == ("risk.cash 000000",)

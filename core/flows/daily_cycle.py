"""The daily cycle: eight named steps from the news to the briefing, resumable at each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time

from core.domain.briefing import Briefing
from core.domain.cycle import Step
from core.domain.krx import KST
from core.errors import DataError
from core.flows.deciding import basis_of, guard, plan_day, present
from core.flows.gathering import LoadedBars, crawl, fetch_market, load_bars, recollect
from core.flows.kit import CycleKit
from core.flows.late_briefing import show_late
from core.flows.passages import look
from core.flows.rebalancing import is_rebalance_due, vetoes_before
from core.flows.reviewing import keep, link, review_line, reviewed
from core.flows.rule_exits import with_rule_exits
from core.flows.step_runner import StepRunner
from core.flows.telling import brief, remember
from core.flows.values import (
    CollectedNews,
    GuardVerdict,
    MarketState,
    Presented,
    Recollection,
    Remembered,
    StrategyPlan,
    Told,
)
from core.services.sessions.fact_words import fact_lines

LATEST_START = time(14, 30)
# A bot that did not run for this long starts anew: nobody waited for its plan of this day.
SESSIONS_LOOKED_BACK = 31
_MISSED = "missed"
_BEFORE_BRIEFING = (
    Step.INFO_CRAWLER,
    Step.MEMORY_SUMMARIZE,
    Step.MARKET_FETCH,
    Step.STRATEGY,
    Step.RISK_GUARD,
    Step.BROKER_EXECUTE,
)


@dataclass(slots=True)
class _Gathered:
    """What the steps of one run have produced so far."""

    news: CollectedNews | None = None
    memory: Recollection | None = None
    market: MarketState | None = None
    bars: LoadedBars | None = None
    planned: StrategyPlan | None = None
    verdict: GuardVerdict | None = None
    presented: Presented | None = None
    missed: bool = False
    # Nothing ran before this day: it was not missed, the bot was not there yet.
    first: bool = False


@dataclass(frozen=True, slots=True)
class DailyCycle:
    """Runs the day once, whatever happens in between."""

    kit: CycleKit

    async def run(self, day: date, *, dry_run: bool = False, retry: bool = False) -> Briefing:
        """Run what is left of `day` and return its briefing.

        A finished day is not run again: its stored briefing is returned. `retry` reopens what
        failed or was left out. `dry_run` decides and judges, but proposes, posts and stores
        nothing. Raises DataError when `day` has no session, StorageError when rows fail.
        """
        if not self.kit.rules.calendar.is_session(day):
            raise DataError(self.kit.say("cycle.no_session", day=day))
        runner = StepRunner(self.kit, day, dry_run=dry_run)
        await runner.load(retry=retry)
        gathered = _Gathered()
        if not dry_run and self._is_too_late(day):
            await self._report_missed(runner, gathered)
        await self._gather(runner, gathered)
        await self._decide(runner, gathered)
        return await self._tell(runner, gathered)

    async def show_late(self, day: date) -> None:
        """Post the briefing of `day` if it was made and nobody has seen it. Raises StorageError."""
        await show_late(self.kit, day)

    def _is_too_late(self, day: date) -> bool:
        return self.kit.rules.clock.now() > datetime.combine(day, LATEST_START, tzinfo=KST)

    async def _report_missed(self, runner: StepRunner, gathered: _Gathered) -> None:
        """Leave out what was not done in time; the day is reported, not traded."""
        left = [step for step in _BEFORE_BRIEFING if not runner.is_settled(step)]
        gathered.missed = bool(left) or any(
            runner.records[step].error == _MISSED for step in _BEFORE_BRIEFING
        )
        for step in left:
            await runner.skip(step, _MISSED)
        gathered.first = gathered.missed and not await self._has_run_before(runner.day)
        if left and not gathered.first:
            await self.kit.outlets.alerts.alert(
                self.kit.say("cycle.missed_title", day=runner.day),
                self.kit.say("cycle.missed", day=runner.day, latest=f"{LATEST_START:%H:%M}"),
            )

    async def _has_run_before(self, day: date) -> bool:
        """Whether any of the last sessions left rows; a first start has missed nothing."""
        calendar, probe = self.kit.rules.calendar, day
        for _ in range(SESSIONS_LOOKED_BACK):
            probe = calendar.previous_session(probe)
            if await self.kit.stores.cycle.steps_of(probe):
                return True
        return False

    async def _gather(self, runner: StepRunner, gathered: _Gathered) -> None:
        kit, day = self.kit, runner.day
        decided_on = kit.rules.calendar.previous_session(day)
        gathered.news = await runner.run(
            Step.INFO_CRAWLER, CollectedNews, lambda: crawl(kit, dry_run=runner.dry_run)
        )
        gathered.memory = await runner.run(
            Step.MEMORY_SUMMARIZE, Recollection, lambda: recollect(kit, day, gathered.news)
        )

        async def fetch() -> MarketState:
            state, gathered.bars = await fetch_market(kit, decided_on)
            return state

        gathered.market = await runner.run(Step.MARKET_FETCH, MarketState, fetch)

    async def _decide(self, runner: StepRunner, gathered: _Gathered) -> None:
        """Run steps 4 to 6; each needs the one before, and a failure ends the chain."""
        kit, day, market = self.kit, runner.day, gathered.market
        if market is None:
            await self._leave_out(runner, Step.STRATEGY, Step.RISK_GUARD, Step.BROKER_EXECUTE)
            return

        async def strategy() -> StrategyPlan:
            bars = gathered.bars or await load_bars(kit, market.decided_on)
            due = await is_rebalance_due(kit, day)
            passages = await look(kit, day, market, bars, dry_run=runner.dry_run)
            basis = await basis_of(kit, market, passages)
            own = await plan_day(kit, day, market, bars, basis=basis, is_rebalance=due)
            own = await with_rule_exits(kit, day, own, market, basis)
            both = await reviewed(
                kit,
                own,
                market,
                gathered.memory,
                gathered.news,
                vetoes=await vetoes_before(kit, day) if due else 0,
            )
            if not runner.dry_run:
                await keep(kit, day, both, market)
            return replace(both, basis=basis)

        planned = await runner.run(Step.STRATEGY, StrategyPlan, strategy)
        if planned is None:
            await self._leave_out(runner, Step.RISK_GUARD, Step.BROKER_EXECUTE)
            return
        gathered.planned, plan = planned, planned.in_force
        verdict = gathered.verdict = await runner.run(
            Step.RISK_GUARD,
            GuardVerdict,
            lambda: guard(kit, day, market, plan, dry_run=runner.dry_run),
        )
        if verdict is None:
            await self._leave_out(runner, Step.BROKER_EXECUTE)
        elif not runner.dry_run:
            gathered.presented = await runner.run(
                Step.BROKER_EXECUTE, Presented, lambda: self._present(day, market, planned, verdict)
            )

    async def _present(
        self, day: date, market: MarketState, planned: StrategyPlan, verdict: GuardVerdict
    ) -> Presented:
        presented = await present(self.kit, day, market, planned.in_force, verdict)
        if presented.ticket_id is not None:
            await link(self.kit, day, planned, presented.ticket_id)
        return presented

    async def _leave_out(self, runner: StepRunner, *steps: Step) -> None:
        for step in steps:
            await runner.skip(step, "an earlier step failed")

    async def _tell(self, runner: StepRunner, gathered: _Gathered) -> Briefing:
        kit = self.kit
        draft = self._draft(runner, gathered)

        async def tell() -> Told:
            return await brief(kit, draft, dry_run=runner.dry_run)

        told = await runner.run(Step.BRIEFING, Told, tell)
        briefing = told.briefing if told else draft
        if not runner.dry_run:
            await runner.run(Step.MEMORY_UPSERT, Remembered, lambda: remember(kit, briefing))
        return briefing

    def _draft(self, runner: StepRunner, gathered: _Gathered) -> Briefing:
        verdict, presented = gathered.verdict, gathered.presented
        market, planned = gathered.market, gathered.planned
        refusals = (
            *(verdict.refusals if verdict else ()),
            *(presented.refusals if presented else ()),
        )
        identity = self.kit.rules.broker.identity
        news = gathered.news or CollectedNews(lines=())
        return Briefing(
            day=runner.day,
            mode=identity.mode,
            account=identity.account_masked,
            portfolio=market.portfolio if market else None,
            plan=planned.in_force if planned else None,
            ticket_id=presented.ticket_id if presented else None,
            refusals=tuple(dict.fromkeys(refusals)),
            news=news.lines,
            comment=market.regime if market else "",
            warnings=self._warnings(runner, gathered),
            created_at=self.kit.rules.clock.now(),
            news_summary=news.summary,
            news_facts=tuple(
                fact_lines(news.facts, self.kit.outlets.phrases, self.kit.desk.market)
            ),
            news_note=news.read_note,
            analysis=market.analysis if market else None,
            reviewed=planned.reviewed if planned else None,
        )

    def _warnings(self, runner: StepRunner, gathered: _Gathered) -> tuple[str, ...]:
        found: list[str] = []
        latest = f"{LATEST_START:%H:%M}"
        if gathered.first:
            coming = self.kit.rules.calendar.next_session(runner.day)
            found.append(self.kit.say("cycle.first_day", latest=latest, next_session=coming))
        elif gathered.missed:
            found.append(self.kit.say("cycle.missed", day=runner.day, latest=latest))
        for step in _BEFORE_BRIEFING:
            if step in runner.errors:
                name = self.kit.say(f"cycle.step_{step.value}")
                key = "cycle.step_stopped" if step.stops_trading else "cycle.step_failed"
                found.append(self.kit.say(key, step=name, error=runner.errors[step]))
        for output in (gathered.news, gathered.memory, gathered.market):
            found += output.warnings if output else ()
        planned = gathered.planned
        if planned is not None:
            found += [review_line(self.kit, planned.reviewed), planned.plan.data_note]
        return tuple(text for text in found if text)

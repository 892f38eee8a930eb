"""The weekly reflection: numbers, factors, rules, prompt, report, each a row that survives a crash.

Without a model the week has its numbers and says so. A node that failed leaves its part of the
report empty and is run again when somebody asks for the week once more.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from core.domain.decision_prompt import PromptAnswer, PromptNote, PromptOutcome, lesson_lines
from core.domain.factors import Factors, FactorState, JudgedTrade, judged_trades, verified
from core.domain.reflection import Week, WeekNumbers
from core.domain.reflection_run import Node, WeeklyReport
from core.domain.rule_wishes import RuleNote, RuleSearch, SearchState
from core.errors import TradingError
from core.flows.week_kit import WeekKit
from core.flows.week_material import TRADES_MAX, cleaned, known_before, sections_of
from core.flows.week_nodes import NodeRunner, stored_report
from core.flows.week_rules import WeekRules
from core.ports.pictures import ChartSpec
from core.ports.reflecting import Reflector
from core.services.reflection.compared import ACCOUNT
from core.services.reflection.weekly import BENCHMARK

_LOG = structlog.get_logger(__name__)
# So far back decisions are looked at: a quarter of them, with their 30 days.
LOOKED_BACK = timedelta(weeks=18)
CHART_SECONDS_MAX = 30.0
POLICY = "reflection"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyReflection:
    """Reflects on one week at a time; a week that is done is only shown again."""

    kit: WeekKit
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def run(self, week: Week, *, retry: bool = False) -> WeeklyReport:
        """Go on at the first unfinished node, and post the report once.

        `retry` also runs again what failed, the model's part included. Raises StorageError, and
        TradingError when the report cannot be posted: then it is still due.
        """
        async with self._turn:
            runner = NodeRunner(self.kit, str(week))
            await runner.load()
            if retry:
                self._reopen(runner)
            return await self._run(week, runner)

    async def resume(self, week: Week) -> None:
        """Go on with a week that was begun and not finished; leave every other alone."""
        async with self._turn:
            runner = NodeRunner(self.kit, str(week))
            await runner.load()
            if runner.is_begun and not runner.is_settled(Node.REPORT):
                await self._run(week, runner)

    async def catch_up(self, week: Week) -> None:
        """After a start: go on, or begin a week that was missed, if there is anything to tell."""
        async with self._turn:
            runner = NodeRunner(self.kit, str(week))
            await runner.load()
            if runner.is_settled(Node.REPORT):
                return
            if runner.is_begun or not (await self.kit.reader.numbers(week)).says_nothing:
                await self._run(week, runner)

    async def stored(self, week: Week) -> WeeklyReport | None:
        """Return the report of a week that was told, None where none was. Raises StorageError.

        Its proposals of rules stand as they do now: what was answered is not offered again.
        """
        report = await stored_report(self.kit.nodes, week)
        if report is None or report.rules is None:
            return report
        return replace(report, rules=await WeekRules(self.kit).as_now(report.rules))

    def _reopen(self, runner: NodeRunner) -> None:
        """Open the first node that failed, or whose model did, and all after it."""
        factors = runner.output(Node.FACTORS, Factors)
        failed = set(runner.errors)
        if factors is not None and factors.state is FactorState.FAILED:
            failed.add(Node.FACTORS)
        search = runner.output(Node.RULES, RuleSearch)
        if search is not None and search.state is SearchState.FAILED:
            failed.add(Node.RULES)
        if failed:
            runner.reopen(min(failed, key=lambda node: node.number))

    async def _run(self, week: Week, runner: NodeRunner) -> WeeklyReport:
        numbers = await runner.run(Node.NUMBERS, WeekNumbers, lambda: self.kit.reader.numbers(week))
        factors = None
        if numbers is not None:
            factors = await runner.run(Node.FACTORS, Factors, lambda: self._factors(week, numbers))
        rules = prompt = None
        if factors is not None and numbers is not None:
            rules = await self._rules(week, runner, numbers, factors)
            prompt = await runner.run(Node.PROMPT, PromptNote, lambda: self._prompt(week, factors))
        told = runner.output(Node.REPORT, WeeklyReport)
        if told is not None:
            return told
        identity = self.kit.broker.identity
        report = WeeklyReport(
            week=str(week),
            mode=identity.mode,
            account=identity.account_masked,
            numbers=numbers,
            factors=factors,
            prompt=prompt,
            rules=rules,
            errors=tuple(runner.errors.items()),
        )
        return await runner.once(Node.REPORT, lambda: self._told(week, report))

    async def _factors(self, week: Week, numbers: WeekNumbers) -> Factors:
        """Ask for factors where the week brought a new outcome, and keep what holds."""
        legs = await self.kit.outcomes.legs_between(week.starts - LOOKED_BACK, week.ends)
        trades = judged_trades(known_before(legs, week.ends))
        fresh = await self.kit.outcomes.outcomes_between(week.starts, week.ends)
        if not fresh or not trades:
            return Factors(state=FactorState.NOTHING, trades=len(trades))
        shown = trades[-TRADES_MAX:]
        if self.kit.reflector is None:
            return Factors(state=FactorState.OFFLINE, trades=len(shown))
        return await self._asked(self.kit.reflector, numbers, shown)

    async def _asked(
        self, reflector: Reflector, numbers: WeekNumbers, trades: tuple[JudgedTrade, ...]
    ) -> Factors:
        sections = sections_of(numbers, trades, self.kit.instruments)
        reply = await reflector.factors(sections)
        if reply.fault is not None:
            return Factors(
                state=FactorState.FAILED,
                trades=len(trades),
                fault=reply.fault.value,
                call_id=reply.call_id,
            )
        findings = cleaned(self.kit, reply.findings, trades, sections)
        return replace(verified(trades, findings), call_id=reply.call_id)

    async def _rules(
        self, week: Week, runner: NodeRunner, numbers: WeekNumbers, factors: Factors
    ) -> RuleNote | None:
        """Ask for rules, then have them judged; None when one of the two failed."""
        rules = WeekRules(self.kit)
        search = await runner.run(Node.RULES, RuleSearch, lambda: rules.searched(numbers, factors))
        if search is None:
            return None
        return await runner.run(Node.JUDGED, RuleNote, lambda: rules.judged(week, search))

    async def _prompt(self, week: Week, factors: Factors) -> PromptNote:
        """Propose the prompt of the week; where no owner is asked, put it in force."""
        rules = WeekRules(self.kit).lines()
        note = await self.kit.prompts.propose(str(week), rules, lesson_lines(factors.factors))
        if note.outcome is not PromptOutcome.PROPOSED or self.kit.asks_first:
            return note
        answer = await self.kit.prompts.apply(note.version, POLICY)
        if answer is not PromptAnswer.APPLIED:
            return note
        applied = await self.kit.prompts.update(note.version)
        backup = applied.backup if applied else ""
        return replace(note, outcome=PromptOutcome.APPLIED, backup=backup)

    async def _told(self, week: Week, report: WeeklyReport) -> WeeklyReport:
        place = await self.kit.surface.show_week(report, await self._chart(week))
        return replace(report, place=place)

    async def _chart(self, week: Week) -> bytes | None:
        """Return the picture, None without a painter or without two days to compare."""
        if self.kit.painter is None:
            return None
        say = self.kit.phrases.say
        try:
            series = await self.kit.compared.series(week)
            if not series:
                return None
            spec = ChartSpec(
                title=say("weeks.chart_title", week=week),
                subtitle=say("weeks.chart_subtitle"),
                series=series,
                names=((ACCOUNT, say("weeks.chart_account")), (BENCHMARK, "KODEX 200")),
            )
            async with asyncio.timeout(CHART_SECONDS_MAX):
                return await self.kit.painter.paint(spec)
        except (TradingError, TimeoutError) as error:
            # The table says the same; a picture is no reason to keep a report back.
            _LOG.warning("no picture of the week", week=str(week), error=str(error))
            return None

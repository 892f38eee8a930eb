"""A week on a real file: proposals, their outcomes, a scripted model, and where the report goes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.locales import load
from core.domain.account import AccountSnapshot
from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol, TaxType
from core.domain.market import Bar
from core.domain.modes import Mode
from core.domain.money import Won
from core.domain.prompts import DECISION_PROMPT
from core.domain.reflection_run import WeeklyReport
from core.domain.rule_proposals import ApplyMode
from core.errors import TradingError
from core.flows.reflecting import WeeklyReflection
from core.flows.week_kit import WeekKit
from core.llm.prompt import load_prompt
from core.llm.reflector import ModelReflector
from core.ports.broker import BrokerIdentity
from core.ports.model import ReplyEnd, ToolCall
from core.runtime.rule_book import RuleBook
from core.services.reflection.compared import ComparedReader
from core.services.reflection.outcomes import OutcomeKeeper
from core.services.reflection.prompt_book import PromptBook
from core.services.reflection.weekly import WeekReader
from core.services.rules.adoption import Adoption
from core.services.rules.adoption_kit import AdoptionKit
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.outcomes import SqlOutcomeArchive
from storage.prompt_file import OwnPrompt
from storage.trade_history import SqlTradeHistory
from storage.weeks import SqlNodeArchive, SqlPromptUpdates
from tests.core.runtime.test_rule_book import SHIPPED
from tests.core.services.rules.test_adoption import PAST, SetEvidence
from tests.core.services.rules.test_by_hand import BOUNDS
from tests.fakes.fake_cycle_desk import FakeAlerts, FakeCycleClock, FakeMarket, FakePainter
from tests.fakes.fake_cycle_stores import FakeMemory
from tests.fakes.set_past import SetPast

KODEX = Symbol("069500")
LISTS = ("common_failures", "common_successes", "key_insights", "improvement_areas")


@dataclass
class FakeWeekSurface:
    """Takes reports, or fails as often as `failures` says."""

    shown: list[tuple[WeeklyReport, bytes | None]] = field(default_factory=list)
    failures: list[TradingError] = field(default_factory=list)
    amended: list[WeeklyReport] = field(default_factory=list)

    async def show_week(
        self, report: WeeklyReport, chart_png: bytes | None
    ) -> tuple[int, int] | None:
        if self.failures:
            raise self.failures.pop(0)
        self.shown.append((report, chart_png))
        return 1, len(self.shown)

    async def amend_week(self, report: WeeklyReport) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.amended.append(report)


class SomeAccount:
    identity = BrokerIdentity(
        broker="sim", mode=Mode.SIM, base_url="", account_masked="00****-01", account_hash="h"
    )


def told(arguments: object, name: str = "report_factors") -> list[Any]:
    """Return the reply of a model that calls the tool once."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    call = ToolCall(call_id="c", name=name, arguments=text)
    return [ReplyEnd(tool_calls=(call,), prompt_tokens=1, completion_tokens=1, call_id="M1")]


def factors(**lists: list[object]) -> dict[str, object]:
    return {**{name: [] for name in LISTS}, **lists}


def claim(trade: str, measure: str, value: object, text: str = "늦은 판단입니다", **more: object):
    evidence = [{"trade": trade, "measure": measure, "value": value}]
    return {"viewpoint": "timing", "text": text, "evidence": evidence, **more}


def no_rules() -> list[Any]:
    """Return the reply of a model that has no rule to propose."""
    return told({"new_rules": [], "deprecated_rules": []}, "propose_rules")


@dataclass
class WeekWorld:
    database: Database
    clock: FakeCycleClock
    market: FakeMarket
    data_dir: Path
    model: Any = None
    surface: FakeWeekSurface = field(default_factory=FakeWeekSurface)
    alerts: FakeAlerts = field(default_factory=FakeAlerts)
    painter: FakePainter = field(default_factory=FakePainter)
    memory: FakeMemory = field(default_factory=FakeMemory)
    apply: ApplyMode = ApplyMode.CONFIRM
    evidence: SetEvidence = field(default_factory=SetEvidence)
    past: SetPast = field(default_factory=lambda: SetPast(PAST))

    @property
    def file(self) -> OwnPrompt:
        return OwnPrompt(self.data_dir, load_prompt(DECISION_PROMPT))

    @property
    def book(self) -> PromptBook:
        return PromptBook(
            log=SqlPromptUpdates(self.database),
            file=self.file,
            ledger=SqlLedger(self.database),
            clock=self.clock,
        )

    @property
    def keeper(self) -> OutcomeKeeper:
        return OutcomeKeeper(
            archive=SqlOutcomeArchive(self.database),
            market=self.market,
            memory=self.memory,
            calendar=TradingCalendar(),
            clock=self.clock,
            costs=CostModel(),
            phrases=load("ko"),
        )

    async def rules(self) -> tuple[RuleBook, Adoption]:
        """Return the rules as after a start, and who takes them on."""
        ledger = SqlLedger(self.database)
        book = RuleBook(SHIPPED, ledger, ledger, self.clock)
        await book.load()
        adoption = Adoption(
            AdoptionKit(
                book=book,
                ledger=ledger,
                books=ledger,
                evidence=self.evidence,
                past=self.past,
                bounds=BOUNDS,
                clock=self.clock,
                apply=self.apply,
            )
        )
        return book, adoption

    async def reflection(self) -> WeeklyReflection:
        """Return the flow as after a start: nothing is left but the rows."""
        book, adoption = await self.rules()
        archive, history = SqlOutcomeArchive(self.database), SqlTradeHistory(self.database)
        reader = WeekReader(
            archive=archive,
            history=history,
            market=self.market,
            calendar=TradingCalendar(),
            costs=CostModel(),
        )
        kit = WeekKit(
            nodes=SqlNodeArchive(self.database),
            outcomes=archive,
            reader=reader,
            compared=ComparedReader(history=history, market=self.market),
            prompts=self.book,
            rules=book,
            proposals=adoption,
            surface=self.surface,
            alerts=self.alerts,
            broker=SomeAccount(),
            clock=self.clock,
            phrases=load("ko"),
            instruments=self.market.universe,
            reflector=self.model and ModelReflector(model=self.model, locale="ko"),
            painter=self.painter,
            asks_first=self.apply is ApplyMode.CONFIRM,
        )
        return WeeklyReflection(kit=kit)

    async def propose(self, *records: Any) -> None:
        async with SqlLedger(self.database).transaction() as tx:
            for item in records:
                await tx.save_trade_record(item)

    async def value(self, at: datetime, cash: int) -> None:
        snapshot = AccountSnapshot(
            deposit_won=Won(cash), settled_d2_won=Won(cash), positions=(), taken_at=at
        )
        async with SqlLedger(self.database).transaction() as tx:
            await tx.save_snapshot(snapshot)


def world_of(
    database: Database, data_dir: Path, bars: list[Bar], now: datetime, **parts: Any
) -> WeekWorld:
    fund = Instrument(symbol=KODEX, name="KODEX 200", tax_type=TaxType.EXEMPT)
    market = FakeMarket(universe=(fund,), raw_bars={KODEX: bars})
    return WeekWorld(
        database=database, clock=FakeCycleClock(now), market=market, data_dir=data_dir, **parts
    )

"""A small world for the flows: two ETFs, one rising and one falling, and a million won."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from bot.locales import load
from core.domain.calendar import TradingCalendar
from core.domain.cycle import Step
from core.domain.instrument import Instrument, Symbol
from core.domain.journal import JournalHead
from core.domain.krx import KST
from core.domain.risk import RiskLimits
from core.flows.closing_report import ClosingReporter
from core.flows.daily_cycle import DailyCycle
from core.flows.kit import (
    DEADLINE_SECONDS,
    CycleDesk,
    CycleKit,
    CycleOutlets,
    CycleRules,
    CycleSources,
    CycleStores,
)
from core.llm.planner import OfflinePlanner
from core.news.mapping import InstrumentMap
from core.news.places import Places
from core.news.reading import CheckedReader
from core.ports.archive import PassageArchive, SessionArchive
from core.ports.audit import AuditReader
from core.ports.broker import BrokerIdentity
from core.ports.ledger import Ledger
from core.ports.model import ChatModel
from core.ports.phrases import Phrases
from core.ports.planning import Planner
from core.ports.rules import RuleSource
from core.strategy.parameters import Parameters
from tests.fakes.desk_kit import SetLimits
from tests.fakes.fake_cycle_desk import (
    IDENTITY,
    FakeAlerts,
    FakeCycleClock,
    FakeFigures,
    FakeFlashModel,
    FakeGuard,
    FakeMarket,
    FakeNews,
    FakePainter,
    FakePortfolio,
    FakeProposer,
    FakeReports,
    FakeSwitch,
    portfolio_of,
    rising,
    sessions_before,
)
from tests.fakes.fake_cycle_stores import (
    FakeCallLinks,
    FakeCycleArchive,
    FakeLedger,
    FakeMemory,
    FakeNewsFacts,
    FakePassages,
    FakePlans,
    FakeSessionLines,
)
from tests.fakes.fake_prompt import ShippedPrompt

DAY = date(2023, 3, 2)  # the first session of March 2023: 3-1 is a holiday
RISING, FALLING = Symbol("069500"), Symbol("114260")


@dataclass(frozen=True)
class Named:
    identity: BrokerIdentity


@dataclass
class GuardPhrases:
    """Our own sentences, and a stand-in for those of the risk guard, which has its own tests."""

    inner: Phrases = field(default_factory=lambda: load("ko"))
    locale: str = "ko"

    def say(self, key: str, /, **values: object) -> str:
        if key.startswith("risk."):
            return f"{key} {values.get('symbol', '')}".strip()
        return self.inner.say(key, **values)


class FakeHead:
    """The audit trail as far as a report asks for it."""

    async def head(self) -> JournalHead:
        return JournalHead(lines=12, line_hash="ab" * 32)


@dataclass
class World:
    clock: FakeCycleClock = field(
        default_factory=lambda: FakeCycleClock(datetime(2023, 3, 2, 8, 0, tzinfo=KST))
    )
    cycle: FakeCycleArchive = field(default_factory=FakeCycleArchive)
    memory: FakeMemory = field(default_factory=FakeMemory)
    passages: PassageArchive = field(default_factory=FakePassages)
    parameters: Parameters = field(default_factory=Parameters)
    lines: FakeSessionLines = field(default_factory=FakeSessionLines)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    guard: FakeGuard = field(default_factory=FakeGuard)
    switch: FakeSwitch = field(default_factory=FakeSwitch)
    facts: FakeNewsFacts = field(default_factory=FakeNewsFacts)
    news: FakeNews = field(default_factory=FakeNews)
    reports: FakeReports = field(default_factory=FakeReports)
    alerts: FakeAlerts = field(default_factory=FakeAlerts)
    painter: FakePainter = field(default_factory=FakePainter)
    model: FakeFlashModel | None = None
    figures: FakeFigures = field(default_factory=FakeFigures)
    planner: Planner = field(default_factory=lambda: OfflinePlanner(prompt=ShippedPrompt()))
    plans: FakePlans = field(default_factory=FakePlans)
    links: FakeCallLinks = field(default_factory=FakeCallLinks)
    deadlines: Mapping[Step, float] = field(default_factory=lambda: DEADLINE_SECONDS)
    own: RuleSource | None = None
    in_words: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        days = sessions_before(date(2023, 4, 10), 300)
        self.market = FakeMarket(
            universe=(
                Instrument(symbol=RISING, name="KODEX 200"),
                Instrument(symbol=FALLING, name="KODEX 국고채3년"),
            ),
            raw_bars={
                RISING: rising(RISING, days, 20_000, 20),
                FALLING: rising(FALLING, days, 60_000, -20),
            },
        )
        self.portfolio = FakePortfolio(portfolio_of(self.clock.now(), 1_000_000))
        self.proposer = FakeProposer(self.ledger.books.tickets, self.clock)

    def kit(self) -> CycleKit:
        return CycleKit(
            stores=CycleStores(
                cycle=self.cycle,
                memory=self.memory,
                sessions=cast("SessionArchive", self.lines),
                ledger=cast("Ledger", self.ledger),
                audit=cast("AuditReader", FakeHead()),
                passages=self.passages,
                facts=self.facts,
                plans=self.plans,
                calls=self.links,
            ),
            desk=CycleDesk(
                market=self.market,
                portfolio=self.portfolio,
                proposer=self.proposer,
                preview=self.guard,
                switch=self.switch,
            ),
            sources=CycleSources(
                news=self.news,
                reader=CheckedReader(InstrumentMap(self.market.universe), Places()),
                market_data=self.figures,
                planner=self.planner,
                model=cast("ChatModel | None", self.model),
            ),
            outlets=CycleOutlets(
                reports=self.reports,
                alerts=self.alerts,
                phrases=GuardPhrases(),
                painter=self.painter,
            ),
            rules=CycleRules(
                clock=self.clock,
                calendar=TradingCalendar(),
                parameters=self.parameters,
                broker=Named(IDENTITY),
                limits=SetLimits(RiskLimits(position_tight_percent=40)),
                deadlines=self.deadlines,
                own=self.own,
                in_words=lambda: self.in_words,
            ),
        )

    def daily(self) -> DailyCycle:
        return DailyCycle(self.kit())

    def closing(self) -> ClosingReporter:
        return ClosingReporter(self.kit())

    def at(self, day: date, hour: int, minute: int = 0) -> None:
        self.clock.at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=KST)

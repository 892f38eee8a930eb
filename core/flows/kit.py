"""The ports that the flows meet, in small groups."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.cycle import Step
from core.domain.instrument import Symbol
from core.domain.risk import Denied
from core.domain.tickets import Proposal
from core.ports.archive import CycleArchive, PassageArchive, SessionArchive
from core.ports.audit import AuditReader
from core.ports.broker import NamesItself
from core.ports.clock import Clock
from core.ports.desk import MarketReader, PortfolioReader, Proposer
from core.ports.ledger import Ledger
from core.ports.market_data import MarketFigures
from core.ports.memory import Memory
from core.ports.model import ChatModel
from core.ports.model_calls import CallLinks
from core.ports.news import HeadlineReader, NewsFactArchive, NewsSource
from core.ports.phrases import Phrases
from core.ports.pictures import ChartPainter
from core.ports.planning import PlanArchive, Planner
from core.ports.reports import ReportSurface
from core.ports.rules import RuleSource
from core.ports.safety import LimitSource
from core.ports.surface import AlertSurface
from core.ports.switch import TradingSwitch
from core.strategy.parameters import Parameters

Preview = Callable[[Proposal], Awaitable[Denied | None]]

# Host seconds for a whole step, its retries included.
DEADLINE_SECONDS: Mapping[Step, float] = MappingProxyType(
    {
        Step.INFO_CRAWLER: 60.0,
        Step.MEMORY_SUMMARIZE: 90.0,
        Step.MARKET_FETCH: 900.0,
        # A model may take most of it; the strategy itself needs seconds.
        Step.STRATEGY: 240.0,
        Step.RISK_GUARD: 120.0,
        Step.BROKER_EXECUTE: 120.0,
        Step.BRIEFING: 180.0,
        Step.MEMORY_UPSERT: 60.0,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleStores:
    """Where the flows keep and look up what must survive."""

    cycle: CycleArchive
    memory: Memory
    sessions: SessionArchive
    ledger: Ledger
    audit: AuditReader
    passages: PassageArchive
    facts: NewsFactArchive
    plans: PlanArchive
    calls: CallLinks


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleDesk:
    """Market, account, and the only way to an order. `preview` judges without storing."""

    market: MarketReader
    portfolio: PortfolioReader
    proposer: Proposer
    preview: Preview
    switch: TradingSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSources:
    """Where figures and texts come from. Without a model the texts are rule-based."""

    news: NewsSource
    reader: HeadlineReader
    market_data: MarketFigures
    planner: Planner
    model: ChatModel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleOutlets:
    """Where people are told. Without a painter there is no chart."""

    reports: ReportSurface
    alerts: AlertSurface
    phrases: Phrases
    painter: ChartPainter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRules:
    """Time, calendar, numbers and limits, and which account this is."""

    clock: Clock
    calendar: TradingCalendar
    parameters: Parameters
    broker: NamesItself
    limits: LimitSource
    costs: CostModel = field(default_factory=CostModel)
    # The user's own rules; None where there are none.
    own: RuleSource | None = None
    # Name and sentence of each of them that is obeyed now.
    in_words: Callable[[], Sequence[tuple[str, str]]] = tuple
    deadlines: Mapping[Step, float] = field(default_factory=lambda: DEADLINE_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleKit:
    """Everything the daily cycle and the closing report work with."""

    stores: CycleStores
    desk: CycleDesk
    sources: CycleSources
    outlets: CycleOutlets
    rules: CycleRules

    def say(self, key: str, /, **values: object) -> str:
        """Return a sentence in the language of the outlets."""
        return self.outlets.phrases.say(key, **values)

    def name_of(self, symbol: Symbol) -> str:
        """Return the name of a symbol of the universe, or the code itself."""
        known = self.desk.market.instrument(symbol)
        return known.name if known else symbol

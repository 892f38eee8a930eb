"""What the weekly reflection works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.domain.instrument import Instrument
from core.domain.market import BarSeries
from core.domain.reflection import Week, WeekNumbers
from core.ports.adoption import RuleProposals
from core.ports.broker import NamesItself
from core.ports.clock import Clock
from core.ports.phrases import Phrases
from core.ports.pictures import ChartPainter
from core.ports.reflecting import Reflector
from core.ports.reflection import OutcomeArchive
from core.ports.rules import RuleShelf
from core.ports.surface import AlertSurface
from core.ports.weeks import NodeArchive, WeekSurface
from core.services.reflection.prompt_book import PromptBook


class ReadsWeeks(Protocol):
    """Makes the numbers of a week (core.services.reflection.weekly)."""

    async def numbers(self, week: Week) -> WeekNumbers:
        """Return M1. Raises StorageError."""


class ComparesWeeks(Protocol):
    """Lays the account beside its benchmark (core.services.reflection.compared)."""

    async def series(self, week: Week) -> tuple[BarSeries, ...]:
        """Return two lines over the same days, or none. Raises StorageError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekKit:
    """The ports of a week. Without a `reflector` there are numbers only."""

    nodes: NodeArchive
    outcomes: OutcomeArchive
    reader: ReadsWeeks
    compared: ComparesWeeks
    prompts: PromptBook
    rules: RuleShelf
    proposals: RuleProposals
    surface: WeekSurface
    alerts: AlertSurface
    broker: NamesItself
    clock: Clock
    phrases: Phrases
    instruments: tuple[Instrument, ...]
    reflector: Reflector | None = None
    painter: ChartPainter | None = None
    # Whether an update of the prompt waits for an owner.
    asks_first: bool = True

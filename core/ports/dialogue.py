"""How a session talks with a model: which tools it offers, and how untrusted text is marked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.ports.model import ToolCall, ToolSpec


@dataclass(frozen=True, slots=True)
class PortfolioAsk:
    """Cash and holdings."""


@dataclass(frozen=True, slots=True)
class QuoteAsk:
    """The newest price of one symbol."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class BarsAsk:
    """Daily bars of one symbol; `chart` asks for a picture too."""

    symbol: Symbol
    sessions: int
    chart: bool


@dataclass(frozen=True, slots=True)
class OrdersAsk:
    """Orders of today, or only those that have not ended."""

    scope: Literal["open", "today"]


@dataclass(frozen=True, slots=True)
class SearchAsk:
    """Instruments by code, name or initial consonants."""

    query: str


@dataclass(frozen=True, slots=True)
class CalendarAsk:
    """Whether the exchange opens on a day (None: today)."""

    day: date | None


@dataclass(frozen=True, slots=True)
class NewsAsk:
    """The latest news digest."""


@dataclass(frozen=True, slots=True)
class MemoryAsk:
    """What is remembered about a subject."""

    query: str


@dataclass(frozen=True, slots=True)
class ProposeAsk:
    """Suggest one order. `quantity` None means all that may be sold (sells only)."""

    symbol: Symbol
    side: Side
    quantity: int | None
    limit_price_won: int | None
    reason: str


ToolAsk = (
    PortfolioAsk
    | QuoteAsk
    | BarsAsk
    | OrdersAsk
    | SearchAsk
    | CalendarAsk
    | NewsAsk
    | MemoryAsk
    | ProposeAsk
)


class Dialogue(Protocol):
    """The words and schemas a model is given (core.llm.dialogue)."""

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return the tools on offer."""

    def parse(self, call: ToolCall) -> ToolAsk:
        """Validate a call in code. Raises ModelError with a reason the model can repair from."""

    def system_prompt(self, now: datetime, locale: str) -> str:
        """Return the instructions of one session."""

    def summary_prompt(self, locale: str) -> str:
        """Return the instructions for summarising a session."""

    def as_data(self, kind: str, text: str) -> str:
        """Return untrusted `text` inside markers that it cannot close itself."""

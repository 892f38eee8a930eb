"""How a session talks with a model: which tools it offers, and how untrusted text is marked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.ports.model import ToolCall, ToolSpec


@dataclass(frozen=True, slots=True)
class ToolAsk:
    """One validated call of a tool. Each tool has its own kind; whoever answers registers for it."""


@dataclass(frozen=True, slots=True)
class PortfolioAsk(ToolAsk):
    """Cash and holdings."""


@dataclass(frozen=True, slots=True)
class QuoteAsk(ToolAsk):
    """The newest price of one symbol."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class OrderBookAsk(ToolAsk):
    """Both sides of one symbol's book."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class EtfAsk(ToolAsk):
    """The facts of one ETF and its NAV beside its price."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class LimitsAsk(ToolAsk):
    """The limits in force and what is left of them today."""


@dataclass(frozen=True, slots=True)
class RulesAsk(ToolAsk):
    """The rules that act by themselves: exits of holdings, alerts, the watch list."""


@dataclass(frozen=True, slots=True)
class TrialAsk(ToolAsk):
    """A quick backtest of the bot's own strategy; None is as far as bars are stored."""

    start: date | None
    end: date | None
    cash_won: int


@dataclass(frozen=True, slots=True)
class BarsAsk(ToolAsk):
    """Daily bars of one symbol; `chart` asks for a picture too."""

    symbol: Symbol
    sessions: int
    chart: bool


@dataclass(frozen=True, slots=True)
class OrdersAsk(ToolAsk):
    """Orders of today, or only those that have not ended."""

    scope: Literal["open", "today"]


@dataclass(frozen=True, slots=True)
class SearchAsk(ToolAsk):
    """Instruments by code, name or initial consonants."""

    query: str


@dataclass(frozen=True, slots=True)
class CalendarAsk(ToolAsk):
    """Whether the exchange opens on a day (None: today)."""

    day: date | None


@dataclass(frozen=True, slots=True)
class NewsAsk(ToolAsk):
    """The latest news digest."""


@dataclass(frozen=True, slots=True)
class MemoryAsk(ToolAsk):
    """What is remembered about a subject."""

    query: str


@dataclass(frozen=True, slots=True)
class ProposeAsk(ToolAsk):
    """Suggest one order. `quantity` None means all that may be sold (sells only)."""

    symbol: Symbol
    side: Side
    quantity: int | None
    limit_price_won: int | None
    reason: str


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

    def version(self, name: str) -> str:
        """Return what names the instructions `name` ("session" or "summary") and the tools as they are."""

    def as_data(self, kind: str, text: str) -> str:
        """Return untrusted `text` inside markers that it cannot close itself."""

"""What each step leaves behind, and how it is kept as JSON between a crash and the restart."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from core.domain.account import Portfolio
from core.domain.briefing import Briefing, NewsLine
from core.domain.instrument import Symbol
from core.domain.market_analysis import MarketAnalysis
from core.domain.news_facts import NewsFact, SummaryLine
from core.domain.orders import Side
from core.domain.plan import TradingPlan
from core.domain.plan_review import RULE_EXIT, ReviewedPlan
from core.domain.risk import PositionCap
from core.errors import StorageError
from core.strategy.exits import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedNews:
    """Step 1: cleaned headlines; a warning per feed that could not be read.

    `facts` and `summary` are what was read out of them, `read_note` says by whom and what was
    dropped. What an older version stored has none of these.
    """

    lines: tuple[NewsLine, ...]
    warnings: tuple[str, ...] = ()
    facts: tuple[NewsFact, ...] = ()
    summary: tuple[SummaryLine, ...] = ()
    read_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """Step 2: yesterday and what it resembles, condensed for the plan."""

    text: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketState:
    """Step 3: the portfolio, the raw closes of `decided_on` and what the market looks like."""

    portfolio: Portfolio
    decided_on: date
    closes: tuple[tuple[Symbol, int], ...]
    regime: str
    data_note: str
    warnings: tuple[str, ...] = ()
    # None in what an older version stored.
    analysis: MarketAnalysis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionBasis:
    """What the strategy was told that no other row keeps: with it a day can be decided again.

    `begun` says since when each holding is held; an older version stored nothing of it.
    """

    cap: PositionCap
    passages: tuple[tuple[Symbol, Passage], ...]
    begun: tuple[tuple[Symbol, date], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyPlan:
    """Step 4: the strategy's own plan, who looked at it, and what is followed of it.

    `followed`, `reviewed` and `basis` are None in what an older version stored.
    """

    plan: TradingPlan
    followed: TradingPlan | None = None
    reviewed: ReviewedPlan | None = None
    basis: DecisionBasis | None = None

    @property
    def in_force(self) -> TradingPlan:
        """The plan that is judged and proposed."""
        return self.plan if self.followed is None else self.followed

    @property
    def left_by_rules(self) -> frozenset[Symbol]:
        """What the user's own rules sold, where too little was kept to judge them again.

        An older version kept nothing of how long a holding was held.
        """
        if self.basis is None or self.basis.begun:
            return frozenset()
        return frozenset(item.symbol for item in self.plan.actions if item.rule == RULE_EXIT)

    @property
    def is_vetoed_whole(self) -> bool:
        """Whether nothing is left of a rebalance that proposed something."""
        return self.plan.is_rebalance and bool(self.plan.actions) and not self.in_force.actions


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardVerdict:
    """Step 5: which actions may be proposed (symbol and side), and the sentences about the rest."""

    allowed: tuple[tuple[Symbol, Side], ...]
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """Step 6: the ticket now waiting for its ✅, or why there is none."""

    ticket_id: str | None
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Step 7: the briefing. Until it is `shown` it is posted later, and once `alarmed`."""

    briefing: Briefing
    shown: bool = True
    alarmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """Step 8: how many notes were stored."""

    notes: int


T = TypeVar("T")


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    """Return how a kind of value is written and read; making one takes longer than using it."""
    return TypeAdapter(cast("type[object]", kind))


def encoded(value: object) -> str:
    """Return the JSON text of a step's output."""
    return _adapter(cast("Hashable", type(value))).dump_json(value).decode()


def decoded(kind: type[T], text: str) -> T:
    """Return the output that `encoded` wrote. Raises StorageError when it cannot be read."""
    try:
        found: T = _adapter(cast("Hashable", kind)).validate_json(text)
    except ValidationError as error:
        raise StorageError(f"stored output is no {kind.__name__}") from error
    return found


def snapshot_of(market: MarketState) -> str:
    """Return the market analysis as JSON; empty where an older version stored none."""
    return encoded(market.analysis) if market.analysis is not None else ""

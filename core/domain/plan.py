"""The typed plan of one cycle: what the strategy wants and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.domain.instrument import Symbol
from core.domain.orders import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAction:
    """One intended trade. `price_won` is the raw close it was sized on.

    `rule` is the key of the strategy's reason; empty in plans that were stored without one.
    `by_rules` are the ids of the user's own rules that call for it (``R3, H1``), mostly none.
    """

    symbol: Symbol
    name: str
    side: Side
    quantity: int
    price_won: int
    justification: str
    rule: str = ""
    by_rules: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """One line of the momentum table. `score` is 12-1 ROC as a ratio (0.12 = +12 %)."""

    symbol: Symbol
    name: str
    score: float
    weight: float
    close_won: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingPlan:
    """What one cycle decided. `why_nothing` is a sentence when there is nothing to buy."""

    day: date
    decided_on: date
    is_rebalance: bool
    actions: tuple[PlannedAction, ...]
    rankings: tuple[Ranking, ...]
    risk_assessment: str
    expected_outcome: str
    why_nothing: str = ""
    data_note: str = ""

"""What a decision depends on and what it consists of.

Texts are keys with values: the flow turns them into sentences in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.domain.account import Position
from core.domain.instrument import Instrument, Symbol
from core.domain.orders import Side
from core.domain.risk import PositionCap
from core.strategy.exits import Passage
from core.strategy.panel import PricePanel


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence to be: its key in the locale section ``strategy`` and what fills it in."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a decision may depend on.

    `panel` holds adjusted prices, `closes` the raw closes of `decided_on` in won, `cash_won` what
    the broker lets us order with. `passages` remembers what positions have been through, as far as
    anybody watched. `cap` is the guard's bound of one position; without it only the
    strategy's own weight cap counts.
    """

    instruments: tuple[Instrument, ...]
    panel: PricePanel
    closes: Mapping[Symbol, int]
    holdings: tuple[Position, ...]
    cash_won: int
    day: date
    decided_on: date
    is_rebalance: bool
    cap: PositionCap | None = None
    passages: Mapping[Symbol, Passage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One trade to make, sized on the raw close."""

    symbol: Symbol
    side: Side
    quantity: int
    price_won: int
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One line of the momentum table with the weight it was given (0 when not chosen)."""

    symbol: Symbol
    score: float
    weight: float
    close_won: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What should happen and why. Sells come before buys. `notes` tell what whole shares leave."""

    actions: tuple[Action, ...]
    rankings: tuple[Ranked, ...]
    risk: Reason
    outcome: Reason
    why_nothing: Reason | None
    notes: tuple[Reason, ...] = ()

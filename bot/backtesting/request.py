"""What a person asked of a backtest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from core.domain.instrument import Instrument, Symbol
from core.strategy.backtest.rules import Protection, Rules
from core.strategy.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePlan:
    """The live strategy with its parameters, and what protects its positions."""

    parameters: Parameters
    protection: Protection
    loss_limit_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Studies:
    """What is looked into beside the one result. `grid` holds values by the names of `Rules`.

    `walk` is (months to choose by, months to hold).
    """

    lookahead: bool = False
    bands: bool = False
    grid: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    walk: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRequest:
    """Where the prices lie, what of them to use, and the rules.

    `prices` None means the bot's own stored bars, raw ones included.
    `symbols` None means all of the file; only those that a person `named` must be there.
    `instruments` are the facts that are known of the symbols. `start` and `end` bound the simulated
    sessions; earlier rows are history. `benchmark` is a code, or None for equal parts of everything.
    `keep` is where the rows of `prices` are kept as arrays, for the next time.
    With a `live` plan the rules only hold what surrounds it: cash, costs, fill and tax.
    """

    prices: Path | None
    raw: Path | None
    symbols: tuple[Symbol, ...] | None
    named: bool
    instruments: tuple[Instrument, ...]
    start: date | None
    end: date | None
    benchmark: Symbol | None
    rules: Rules
    keep: Path | None = None
    live: LivePlan | None = None
    studies: Studies = field(default_factory=Studies)
    wants_volume: bool = False

    @property
    def needs_volume(self) -> bool:
        """Whether traded values matter to a decision."""
        by_strategy = self.live is not None and self.live.parameters.entry_value_won_min > 0
        return self.wants_volume or by_strategy

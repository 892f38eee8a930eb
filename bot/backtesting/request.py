"""What a person asked of a backtest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.domain.instrument import Instrument, Symbol
from core.strategy.backtest.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRequest:
    """Where the prices lie, what of them to use, and the rules.

    `symbols` None means all of the file; only those that a person `named` must be there.
    `instruments` are the facts that are known of the symbols.
    `start` and `end` bound the simulated sessions; earlier rows are history. `benchmark` is a code,
    or None for equal parts of everything.
    """

    prices: Path
    raw: Path | None
    symbols: tuple[Symbol, ...] | None
    named: bool
    instruments: tuple[Instrument, ...]
    start: date | None
    end: date | None
    benchmark: Symbol | None
    rules: Rules

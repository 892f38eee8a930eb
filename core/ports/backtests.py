"""Trying the strategy on past prices, away from the event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Protocol


class BacktestStage(Enum):
    """How far a backtest has come."""

    READ = "read"
    SIMULATE = "simulate"
    DRAW = "draw"


class BacktestRefusal(Enum):
    """Why there is no answer."""

    BUSY = "busy"
    CANCELLED = "cancelled"
    TOO_LONG = "too_long"
    DIED = "died"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestAsk:
    """What a person wants to see. `protection` is none, close or touch; `locale` ko or en."""

    start: date | None
    end: date | None
    cash_won: int
    protection: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestFigures:
    """Figures as ratios; None where one is not defined."""

    final_won: int
    total_return: float
    cagr: float
    volatility: float | None
    sharpe: float | None
    max_drawdown: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestAnswer:
    """The figures beside the benchmark's, costs in won, what to beware of, and the picture as PNG."""

    first: date
    last: date
    ours: BacktestFigures
    benchmark: BacktestFigures
    orders: int
    fees_won: int
    taxes_won: int
    warnings: tuple[str, ...]
    png: bytes


Told = Callable[[BacktestStage], Awaitable[None]]


class Backtests(Protocol):
    """Runs one backtest at a time, of the live strategy on the stored bars."""

    async def run(self, asked: BacktestAsk, told: Told) -> BacktestAnswer | BacktestRefusal:
        """Run and answer; `told` hears of each stage. Raises DataError in the asked language."""

    def cancel(self) -> None:
        """End the one that runs, if one does."""

"""The daily cycle: its eight steps and what one run of a step left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum


class Step(Enum):
    """The eight steps, in order. The values are the names in the database and in messages."""

    INFO_CRAWLER = "info_crawler"
    MEMORY_SUMMARIZE = "memory_summarize"
    MARKET_FETCH = "market_fetch"
    STRATEGY = "strategy"
    RISK_GUARD = "risk_guard"
    BROKER_EXECUTE = "broker_execute"
    BRIEFING = "briefing"
    MEMORY_UPSERT = "memory_upsert"

    @property
    def number(self) -> int:
        """1 to 8."""
        return list(Step).index(self) + 1

    @property
    def stops_trading(self) -> bool:
        """Whether a failure stops trading for the day and alarms (steps 3 to 6)."""
        return 3 <= self.number <= 6


class StepState(Enum):
    """Where one step of one day stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One row per (day, step). `output` is the JSON text that later steps read back after a restart."""

    day: date
    step: Step
    state: StepState
    attempts: int
    started_at: datetime
    finished_at: datetime | None = None
    output: str = ""
    error: str = ""

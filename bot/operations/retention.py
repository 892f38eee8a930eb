"""What is not kept for ever: texts of old calls of the language model, and old facts of the news.

Everything that tells an order's story stays (docs/database.md). Dropping goes in small steps, each
a transaction of its own, so that nothing waits long for the one writer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta

import structlog

from core.domain.krx import KST
from core.ports.clock import Clock
from core.ports.model_calls import CallTexts
from core.ports.news import OldFacts

_LOG = structlog.get_logger(__name__)
ROWS_PER_STEP = 200

Drop = Callable[[date, int], Awaitable[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """How many calls lost their texts, and how many facts were deleted."""

    calls: int
    facts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Drops what is older than `call_days` and `fact_days`, counted from today (KST)."""

    calls: CallTexts
    facts: OldFacts
    clock: Clock
    call_days: int
    fact_days: int

    async def tidy(self) -> Dropped:
        """Drop all that is due; what a step before a failure dropped stays dropped.

        Raises StorageError.
        """
        today = self.clock.now().astimezone(KST).date()
        dropped = Dropped(
            calls=await _all(self.calls.drop_texts, today - timedelta(days=self.call_days)),
            facts=await _all(self.facts.drop, today - timedelta(days=self.fact_days)),
        )
        if dropped.calls or dropped.facts:
            _LOG.info("old texts dropped", calls=dropped.calls, facts=dropped.facts)
        return dropped


async def _all(drop: Drop, before: date) -> int:
    total = 0
    while count := await drop(before, ROWS_PER_STEP):
        total += count
    return total

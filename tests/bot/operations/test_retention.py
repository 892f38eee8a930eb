from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from bot.operations.retention import ROWS_PER_STEP, Dropped, Retention
from core.domain.krx import KST
from tests.fakes.hand_clock import HandClock


@dataclass
class Rows:
    """So many old rows are left; notes before which day they were asked for."""

    left: int
    asked: list[tuple[date, int]] = field(default_factory=list)

    async def drop_texts(self, before: date, limit: int) -> int:
        self.asked.append((before, limit))
        dropped = min(self.left, limit)
        self.left -= dropped
        return dropped

    async def drop(self, before: date, limit: int) -> int:
        return await self.drop_texts(before, limit)


async def test_all_that_is_old_is_dropped_in_steps():
    calls, facts = Rows(2 * ROWS_PER_STEP + 1), Rows(0)
    # Still the twentieth in London, the twenty-first in Seoul.
    clock = HandClock(datetime(2026, 11, 21, 0, 30, tzinfo=KST))
    kept = Retention(calls=calls, facts=facts, clock=clock, call_days=180, fact_days=30)
    assert await kept.tidy() == Dropped(calls=401, facts=0)
    assert calls.left == 0
    assert calls.asked == [(date(2026, 5, 25), ROWS_PER_STEP)] * 4
    assert facts.asked == [(date(2026, 10, 22), ROWS_PER_STEP)]
    assert await kept.tidy() == Dropped(calls=0, facts=0)

"""One limit of a broker: how many requests in a second, which of them still count, who waits."""

from __future__ import annotations

import asyncio
import bisect
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Bucket:
    """Slots of one limit: how many there are, how many are out, when the used ones come back."""

    rate: int
    ceiling: int
    out: int = 0
    cooling: list[datetime] = field(default_factory=list)
    was_limited: bool = False
    limited_at: datetime | None = None

    def free(self, now: datetime) -> int:
        """Return how many may go now."""
        del self.cooling[: bisect.bisect_right(self.cooling, now)]
        return self.rate - self.out - len(self.cooling)

    def come_back(self, at: datetime | None) -> None:
        """Take a slot back; it is free at `at`, at once with None."""
        self.out -= 1
        if at is not None:
            bisect.insort(self.cooling, at)

    def halve(self, departed: datetime, now: datetime) -> None:
        """Halve the rate for a request that left at `departed` and came too fast."""
        self.was_limited = True
        # The other refusals of the same burst say nothing new.
        if self.limited_at is not None and departed <= self.limited_at:
            return
        self.limited_at = now
        self.rate = max(self.rate // 2, 1)

    def day_over(self) -> None:
        """Rise after a day without a refusal for speed."""
        if not self.was_limited:
            self.rate = min(self.rate * 2, self.ceiling)
        self.was_limited = False


@dataclass(slots=True, eq=False)
class Waiter:
    """A call in the queue, or on its way: its lane (core.runtime.rate_limiter.Lane) and limits."""

    lane: int
    number: int
    buckets: tuple[Bucket, ...]
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    departed: datetime | None = None

    @property
    def order(self) -> tuple[int, int]:
        """Who goes first: by lane, then who came first."""
        return self.lane, self.number

"""A clock that moves only by hand, and lets whoever sleeps wake when it has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta


class HandClock:
    """`skips` makes a sleep move the clock itself: what waits then takes no time at all."""

    def __init__(self, at: datetime, *, skips: bool = True) -> None:
        self._now = at
        self._skips = skips

    def now(self) -> datetime:
        return self._now

    def set(self, at: datetime) -> None:
        self._now = max(at, self._now)

    def move(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    async def sleep_until(self, instant: datetime) -> None:
        while self._now < instant:
            if self._skips:
                self._now = instant
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def sleep(self, seconds: float) -> None:
        await self.sleep_until(self._now + timedelta(seconds=seconds))

    def host_seconds_until(self, instant: datetime) -> float:
        return max((instant - self._now).total_seconds(), 0.0)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Nobody listens to a hand clock."""

"""Business time: the only place that asks the host what time it is.

`SystemClock` is the host's own time, which its owner may set back. `SteppedClock` follows a
director (the sandbox, a test): ``business = b0 + rate * (host monotonic - m0)``; it never runs
backwards.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from core.domain.krx import KST

# A host may sleep, or have its clock corrected: no single wait is longer than this.
HOST_WAIT_SECONDS_MAX = 60.0
# What a clock that stands still answers to "how long": long, but finite for those who calculate.
STANDING_STILL_SECONDS = 86_400.0


def host_monotonic() -> float:
    """Return the host's monotonic clock in seconds, shared by the processes of one machine."""
    return time.monotonic()  # noqa: TID251  this module is the home of time


class SystemClock:
    """The host's time in KST."""

    def now(self) -> datetime:
        """Return the current instant, aware, in KST."""
        return datetime.now(KST)  # noqa: TID251  this module is the home of time

    async def sleep_until(self, instant: datetime) -> None:
        """Return once `now()` has reached `instant`, or after what was left when it was called.

        The second counts when the host's clock is set back meanwhile: nobody may sleep on for the
        hours that it went back.
        """
        latest = host_monotonic() + self.host_seconds_until(instant)
        while (left := min(self.host_seconds_until(instant), latest - host_monotonic())) > 0:  # noqa: ASYNC110  nobody sets an event at a time of day
            await asyncio.sleep(  # noqa: TID251  this module is the home of waiting
                min(left, HOST_WAIT_SECONDS_MAX)
            )

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await self.sleep_until(self.now() + timedelta(seconds=seconds))

    def host_seconds_until(self, instant: datetime) -> float:
        """Return how many seconds away `instant` is (0 when past)."""
        return max((instant - self.now()).total_seconds(), 0.0)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Accept `callback`; nobody moves this clock, so it is never called."""


class SteppedClock:
    """A clock that a director moves and that runs at `rate` business seconds per host second."""

    def __init__(self, business: datetime, *, rate: float = 1.0) -> None:
        """Start at `business` (aware) at this host instant. `rate` 0 stands still."""
        self._business = _aware(business)
        self._host = host_monotonic()
        self._rate = _usable(rate)
        self._floor = self._business
        self._changed = asyncio.Event()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def rate(self) -> float:
        """Business seconds per host second."""
        return self._rate

    def now(self) -> datetime:
        """Return the current business instant, aware, in KST; never less than it was before."""
        passed = timedelta(seconds=self._rate * (host_monotonic() - self._host))
        self._floor = max(self._floor, self._business + passed)
        return self._floor

    def set(
        self,
        business: datetime | None = None,
        host_monotonic_seconds: float | None = None,
        rate: float | None = None,
    ) -> None:
        """Say that it was `business` when the host's monotonic clock showed the given seconds.

        What is left out stays as it is: no `business` means now, no host instant means now.
        Told to go back, the clock stands still until the director's line has caught up.
        """
        present = self.now()
        self._business = present if business is None else _aware(business)
        self._host = host_monotonic() if host_monotonic_seconds is None else host_monotonic_seconds
        self._rate = self._rate if rate is None else _usable(rate)
        self._changed.set()
        self._changed = asyncio.Event()
        for callback in tuple(self._callbacks):
            callback()

    async def sleep_until(self, instant: datetime) -> None:
        """Return once `now()` has reached `instant`; woken when the clock is moved."""
        while self.now() < instant:
            changed = self._changed
            delay = min(self.host_seconds_until(instant), HOST_WAIT_SECONDS_MAX)
            try:
                async with asyncio.timeout(delay):
                    await changed.wait()
            except TimeoutError:
                continue

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of business time."""
        await self.sleep_until(self.now() + timedelta(seconds=seconds))

    def host_seconds_until(self, instant: datetime) -> float:
        """Return how many host seconds away `instant` is (0 when past, a day at rate 0)."""
        # Counted on the director's line, so that a clock that stands still on its floor does not
        # ask for wake-ups that come too early.
        line = self._business + timedelta(seconds=self._rate * (host_monotonic() - self._host))
        left = (instant - line).total_seconds()
        if left <= 0 or instant <= self.now():
            return 0.0
        return left / self._rate if self._rate else STANDING_STILL_SECONDS

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` each time the clock is moved or its rate changes."""
        self._callbacks.append(callback)


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("business time must be aware")
    return instant.astimezone(KST)


def _usable(rate: float) -> float:
    if not 0 <= rate < float("inf"):
        raise ValueError(f"rate must be finite and not negative, got {rate}")
    return rate

"""The one business clock of the sandbox: real time, or directed by whoever owns the day.

Followers learn it as an anchor: at host second `host_monotonic` it was `business`, and since then
it runs at `rate` business seconds per host second. `time.monotonic` is one clock for all processes
of a machine, so a follower computes the same instant without asking again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

KST = timezone(timedelta(hours=9), "KST")
RATE_MAX = 20.0


@dataclass(frozen=True, slots=True)
class Anchor:
    """What followers receive. `rate` 0 means that the clock stands."""

    version: int
    business: datetime
    host_monotonic: float
    rate: float

    def at(self, host_monotonic: float) -> datetime:
        """Return the business instant at that host second."""
        return self.business + timedelta(seconds=(host_monotonic - self.host_monotonic) * self.rate)

    def as_message(self) -> dict[str, object]:
        """Return the JSON form: ISO instant in KST, host seconds, rate, version."""
        return {
            "version": self.version,
            "business": self.business.isoformat(),
            "host_monotonic": self.host_monotonic,
            "rate": self.rate,
        }


class BusinessClock:
    """Business time. Never runs backwards; a jump forward is a decision of its owner."""

    def __init__(
        self,
        start: datetime | None = None,
        *,
        rate: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start at `start` (aware), or at the host's wall clock when it is None."""
        self._monotonic = monotonic
        beginning = datetime.now(KST) if start is None else _aware(start)
        self._anchor = Anchor(1, beginning, monotonic(), _bounded(rate))
        self._changed = asyncio.Event()

    @property
    def anchor(self) -> Anchor:
        """What a follower would be told now."""
        return self._anchor

    @property
    def version(self) -> int:
        """How often the clock was set, from 1."""
        return self._anchor.version

    @property
    def rate(self) -> float:
        """Business seconds per host second."""
        return self._anchor.rate

    def now(self) -> datetime:
        """Return the business instant, aware, in KST."""
        return self._anchor.at(self._monotonic())

    def jump(self, to: datetime) -> None:
        """Go to a later instant at once. Raises ValueError for an earlier or naive one."""
        target = _aware(to)
        if target < self.now():
            raise ValueError(f"the business clock does not run backwards: {target.isoformat()}")
        self._set(target, self._anchor.rate)

    def set_rate(self, rate: float) -> None:
        """Run at `rate` (0…20) from now on. Raises ValueError outside."""
        bounded = _bounded(rate)
        self._set(self.now(), bounded)

    def freeze(self) -> None:
        """Stand still until the next `set_rate`."""
        self.set_rate(0.0)

    async def sleep_until(self, instant: datetime) -> None:
        """Return once business time has reached `instant`, however it gets there."""
        target = _aware(instant)
        while (left := (target - self.now()).total_seconds()) > 0:
            changed = self._changed
            host_seconds = left / self.rate if self.rate else None
            try:
                async with asyncio.timeout(host_seconds):
                    await changed.wait()
            except TimeoutError:
                continue

    async def changes(self) -> AsyncIterator[Anchor]:
        """Yield the present anchor, then one per change (changes that pile up become one)."""
        while True:
            changed = self._changed
            yield self._anchor
            await changed.wait()

    def _set(self, business: datetime, rate: float) -> None:
        self._anchor = Anchor(self._anchor.version + 1, business, self._monotonic(), rate)
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("business instants are aware")
    return instant.astimezone(KST)


def _bounded(rate: float) -> float:
    if not 0 <= rate <= RATE_MAX:
        raise ValueError(f"the rate is between 0 and {RATE_MAX:g}, not {rate}")
    return float(rate)

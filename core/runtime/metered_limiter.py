"""The rate limiter with a meter: how long requests wait for their turn, and are on their way.

Seconds are the host's: business time may stand still or jump while a request is under way.
"""

from __future__ import annotations

from core.ports.clock import Clock
from core.ports.meters import BrokerMeter
from core.runtime.bucket import Waiter
from core.runtime.clock import host_monotonic
from core.runtime.rate_limiter import Lane, Pace, RateLimiter


class MeteredLimiter(RateLimiter):
    """Tells `meter` of each request's turn, and of its end. Its state: when each one left."""

    def __init__(self, clock: Clock, pace: Pace, meter: BrokerMeter) -> None:
        """Limit as RateLimiter does."""
        super().__init__(clock, pace)
        self._meter = meter
        self._left: dict[Waiter, float] = {}

    async def take(
        self, lane: Lane, *, ledger: bool, wait_seconds_max: float | None = None, name: str = ""
    ) -> Waiter:
        """Wait for a slot, and note how long that took."""
        asked = host_monotonic()
        waiter = await super().take(
            lane, ledger=ledger, wait_seconds_max=wait_seconds_max, name=name
        )
        self._left[waiter] = host_monotonic()
        self._meter.waited(lane.name, self._left[waiter] - asked)
        return waiter

    def give_back(self, waiter: Waiter, *, answered: bool | None) -> None:
        """Return the slot, and note how long its request was on its way, if one was sent."""
        super().give_back(waiter, answered=answered)
        left = self._left.pop(waiter, None)
        if left is not None and answered is not None:
            self._meter.took(Lane(waiter.lane).name, host_monotonic() - left, answered=answered)

"""Business time and identifiers: the only sources of "now" and of randomness."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Business time: sessions, expiries, pacing, polls, the scheduler.

    I/O time-outs are *not* business time: `asyncio.timeout`, httpx and discord.py count host seconds.
    """

    def now(self) -> datetime:
        """Return the current business instant, aware, in KST."""

    async def sleep_until(self, instant: datetime) -> None:
        """Return once `now()` has reached `instant` (at once when it already has).

        A host clock that is set back meanwhile does not make it longer: it then returns early, and
        whoever waits for a time of day looks at `now()` again.
        """

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of business time."""

    def host_seconds_until(self, instant: datetime) -> float:
        """Return how many host seconds away `instant` is at the present rate (0 when past)."""

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` each time the clock is moved or its rate changes."""


class Identifiers(Protocol):
    """Where identifiers and jitter come from."""

    def ticket_id(self) -> str:
        """Return a new id of 8 characters out of 0-9 A-Z, without look-alikes."""

    def nonce(self) -> str:
        """Return a new Discord nonce of at most 25 characters."""

    def jitter(self) -> float:
        """Return a number in [0, 1)."""

"""Time and chance of one life, out of the virtual loop and a seed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from core.runtime.identifiers import TICKET_ALPHABET, TICKET_LENGTH

_ROUNDING = 1e-6


class TrueTime:
    """What time it really is: `start` plus the loop's seconds, plus whole jumps between lives."""

    def __init__(self, loop: asyncio.AbstractEventLoop, start: datetime) -> None:
        self._loop = loop
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._loop.time())

    def jump(self, to: datetime) -> None:
        """Skip to a later instant; only while nobody runs."""
        self._start += max(to - self.now(), timedelta(0))


class VirtualClock:
    """The host clock of one life (`core.ports.clock.Clock`): true time, off by `skew`."""

    def __init__(self, true_time: TrueTime, skew: timedelta) -> None:
        self._true = true_time
        self._skew = skew

    def now(self) -> datetime:
        return self._true.now() + self._skew

    async def sleep_until(self, instant: datetime) -> None:
        while (left := self.host_seconds_until(instant)) > 0:  # noqa: ASYNC110 - nobody sets an event at a time of day
            await asyncio.sleep(max(left, _ROUNDING))

    async def sleep(self, seconds: float) -> None:
        await self.sleep_until(self.now() + timedelta(seconds=seconds))

    def host_seconds_until(self, instant: datetime) -> float:
        return max((instant - self.now()).total_seconds(), 0.0)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Nobody moves this clock while a life runs."""


class SeededIdentifiers:
    """`core.ports.clock.Identifiers` out of a seed."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def ticket_id(self) -> str:
        return "".join(self._dice.choice(TICKET_ALPHABET) for _ in range(TICKET_LENGTH))

    def nonce(self) -> str:
        return f"{self._dice.getrandbits(96):024x}"

    def jitter(self) -> float:
        return self._dice.random()

"""What the broker counts, whatever the network and the callers do: 100 seeded runs in virtual time."""

from __future__ import annotations

import asyncio
import bisect
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from core.domain.krx import KST
from core.errors import BrokerUnavailable, BrokerUnreachable
from core.runtime.rate_limiter import Lane, Pace, RateLimiter
from tests.simulation.clock import TrueTime, VirtualClock
from tests.simulation.loop import VirtualLoop

START = datetime(2026, 11, 20, 9, 30, tzinfo=KST)
SECOND = timedelta(seconds=1)
TIMEOUT_SECONDS = 7.0
CALLS = 240
SEEDS_PER_TEST = 20


@dataclass
class Run:
    """One run: `hits` are the instants at which requests came to the broker's counter."""

    dice: random.Random
    clock: VirtualClock
    limiter: RateLimiter
    loop: VirtualLoop
    hits: list[datetime] = field(default_factory=list)
    ledger_hits: list[datetime] = field(default_factory=list)
    fates: dict[str, int] = field(default_factory=dict)

    async def call(self) -> None:
        """Send one request: it is answered, never answered, or never leaves."""
        ledger = self.dice.random() < 0.3
        fate = self.dice.choices(("answered", "silent", "unsent"), (88, 8, 4))[0]
        async with self.limiter.slot(self.dice.choice(list(Lane)), ledger=ledger):
            if fate == "unsent":
                raise BrokerUnreachable("no connection")
            # Whoever goes away meanwhile: what has left arrives all the same.
            there = TIMEOUT_SECONDS if fate == "silent" else 0.4
            self.loop.call_later(self.dice.uniform(0, there), self._arrive, ledger)
            if fate == "silent":
                await self.clock.sleep(TIMEOUT_SECONDS)
                raise BrokerUnavailable("no answer")
            await self.clock.sleep(0.4 + self.dice.expovariate(8))

    def _arrive(self, ledger: bool) -> None:
        self.hits.append(self.clock.now())
        if ledger:
            self.ledger_hits.append(self.clock.now())

    async def caller(self) -> None:
        """Call, and say how it ended."""
        try:
            await self.call()
            fate = "answered"
        except BrokerUnreachable:
            fate = "unsent"
        except BrokerUnavailable:
            fate = "silent"
        except asyncio.CancelledError:
            fate = "cancelled"
        self.fates[fate] = self.fates.get(fate, 0) + 1

    async def all(self) -> None:
        """Call in bursts, and let some callers go away while they wait or are under way."""
        tasks: list[asyncio.Task[None]] = []
        while len(tasks) < CALLS:
            for _ in range(min(self.dice.choice((1, 1, 2, 5, 60)), CALLS - len(tasks))):
                tasks.append(asyncio.create_task(self.caller()))
                if self.dice.random() < 0.1:
                    self.loop.call_later(self.dice.expovariate(0.7), tasks[-1].cancel)
            await self.clock.sleep(self.dice.expovariate(1.5))
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.clock.sleep(TIMEOUT_SECONDS)


def most_in_any_second(instants: list[datetime]) -> int:
    ordered = sorted(instants)
    return max(
        bisect.bisect_left(ordered, first + SECOND) - place for place, first in enumerate(ordered)
    )


@pytest.mark.parametrize("first", range(0, 100, SEEDS_PER_TEST))
def test_no_sliding_second_ever_holds_more_than_the_limit(first: int) -> None:
    full = 0
    fates: dict[str, int] = {}
    for seed in range(first, first + SEEDS_PER_TEST):
        dice = random.Random(seed)
        rate = dice.choice((1, 3, 18, 20))
        ledger = dice.randint(1, min(rate, 4))
        pace = Pace(
            start=rate,
            ceiling=rate,
            ledger_start=ledger,
            ledger_ceiling=ledger,
            timeout_seconds=TIMEOUT_SECONDS,
            queue_max=CALLS,
        )
        loop = VirtualLoop(dice)
        asyncio.set_event_loop(loop)
        clock = VirtualClock(TrueTime(loop, START), timedelta(0))
        run = Run(dice, clock, RateLimiter(clock, pace), loop)
        loop.run_until_complete(run.all())
        loop.close()
        asyncio.set_event_loop(None)
        assert most_in_any_second(run.hits) <= rate, seed
        assert most_in_any_second(run.ledger_hits) <= ledger, seed
        assert run.limiter.waiting == 0, seed
        assert run.limiter.rate == rate, seed
        full += most_in_any_second(run.hits) == rate
        for fate, count in run.fates.items():
            fates[fate] = fates.get(fate, 0) + count
    # Neither limit was kept by sending little, and everything happened that may happen.
    assert full >= SEEDS_PER_TEST // 2
    assert set(fates) == {"answered", "silent", "unsent", "cancelled"}

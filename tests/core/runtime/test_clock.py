import asyncio
from datetime import datetime, timedelta

import pytest

from core.domain.krx import KST
from core.runtime.clock import STANDING_STILL_SECONDS, SteppedClock, SystemClock, host_monotonic

DAY = datetime(2023, 3, 2, 7, 59, tzinfo=KST)


async def test_system_clock_speaks_kst_and_sleeps():
    clock = SystemClock()
    before = clock.now()
    assert before.utcoffset() == timedelta(hours=9)
    await clock.sleep(0.01)
    assert clock.now() - before >= timedelta(seconds=0.01)
    assert clock.host_seconds_until(before) == 0
    clock.on_change(pytest.fail)


async def test_sleepers_wake_when_the_clock_is_moved():
    clock = SteppedClock(DAY, rate=0)
    told: list[datetime] = []
    clock.on_change(lambda: told.append(clock.now()))
    sleeper = asyncio.create_task(clock.sleep_until(DAY.replace(hour=9)))
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.set(DAY.replace(hour=9))
    await asyncio.wait_for(sleeper, 30)
    assert told == [DAY.replace(hour=9)]
    assert clock.now() == DAY.replace(hour=9)


async def test_rate_scales_host_seconds():
    clock = SteppedClock(DAY, rate=0)
    assert clock.host_seconds_until(DAY + timedelta(seconds=20)) == STANDING_STILL_SECONDS
    assert clock.host_seconds_until(DAY) == 0
    clock.set(rate=100)
    assert clock.rate == 100
    assert clock.host_seconds_until(DAY + timedelta(seconds=20)) <= 0.2
    await asyncio.wait_for(clock.sleep(2), 30)
    assert clock.now() >= DAY + timedelta(seconds=2)


def test_a_push_is_dated_by_the_host_clock():
    clock = SteppedClock(DAY, rate=0)
    clock.set(DAY, host_monotonic() - 10, 2)
    assert clock.now() >= DAY + timedelta(seconds=20)


async def test_it_never_runs_backwards():
    clock = SteppedClock(DAY, rate=0)
    clock.set(DAY - timedelta(hours=1), rate=0)
    assert clock.now() == DAY
    clock.set(DAY - timedelta(seconds=1), rate=100)
    assert clock.now() == DAY
    assert clock.host_seconds_until(DAY + timedelta(seconds=1)) > 0.01
    await asyncio.wait_for(clock.sleep_until(DAY + timedelta(seconds=1)), 30)


def test_naive_instants_and_absurd_rates_are_refused():
    with pytest.raises(ValueError, match="aware"):
        SteppedClock(datetime(2023, 3, 2))
    with pytest.raises(ValueError, match="rate"):
        SteppedClock(DAY, rate=-1)


class SetBack(SystemClock):
    """A host whose clock is corrected by an hour right after it was first asked."""

    def __init__(self) -> None:
        self._asked = 0

    def now(self) -> datetime:
        self._asked += 1
        return super().now() - timedelta(hours=1 if self._asked > 2 else 0)


async def test_a_clock_that_is_set_back_keeps_nobody_asleep():
    async with asyncio.timeout(10):
        await SetBack().sleep(0.01)

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import KST, RATE_MAX, BusinessClock

START = datetime(2026, 11, 20, 8, 0, tzinfo=KST)


class Host:
    """Host seconds that a test moves by hand."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def host():
    return Host()


@pytest.fixture
def clock(host):
    return BusinessClock(START, rate=0, monotonic=host)


def test_a_standing_clock_stands(clock, host):
    host.seconds += 100
    assert clock.now() == START


def test_it_runs_at_its_rate_and_followers_compute_the_same(clock, host):
    clock.set_rate(20)
    anchor = clock.anchor
    host.seconds += 3
    assert clock.now() == START + timedelta(seconds=60)
    assert anchor.at(host.seconds) == clock.now()


def test_rate_changes_and_jumps_keep_the_instant_and_count_versions(clock, host):
    clock.set_rate(2)
    host.seconds += 10
    clock.freeze()
    assert (clock.now(), clock.rate, clock.version) == (START + timedelta(seconds=20), 0, 3)
    target = datetime(2026, 11, 20, 0, 5, tzinfo=UTC)
    clock.jump(target)
    assert clock.now() == target
    assert clock.now().utcoffset() == timedelta(hours=9)
    assert clock.version == 4


def test_it_never_runs_backwards(clock):
    with pytest.raises(ValueError, match="backwards"):
        clock.jump(START - timedelta(seconds=1))
    with pytest.raises(ValueError, match="aware"):
        clock.jump(datetime(2026, 11, 21))
    for rate in (-1, RATE_MAX + 1):
        with pytest.raises(ValueError, match="rate"):
            clock.set_rate(rate)
    assert clock.version == 1


def test_the_message_of_the_wire(clock):
    assert clock.anchor.as_message() == {
        "version": 1,
        "business": "2026-11-20T08:00:00+09:00",
        "host_monotonic": 1000.0,
        "rate": 0.0,
    }


def test_without_a_start_it_is_the_hosts_time():
    before = datetime.now(KST)
    now = BusinessClock().now()
    assert before <= now <= datetime.now(KST)


async def test_sleepers_wake_by_jump_and_by_rate():
    clock = BusinessClock(START, rate=0)
    until = START + timedelta(seconds=2)
    async with asyncio.timeout(30):
        sleeping = asyncio.create_task(clock.sleep_until(until))
        await asyncio.sleep(0)
        assert not sleeping.done()
        clock.set_rate(20)
        await sleeping
        assert clock.now() >= until
        clock.freeze()
        later = asyncio.create_task(clock.sleep_until(START + timedelta(hours=5)))
        await asyncio.sleep(0)
        clock.jump(START + timedelta(hours=5))
        await later
        await clock.sleep_until(START)


async def test_followers_get_the_present_first_and_then_the_newest(clock):
    changes = clock.changes()
    first = await anext(changes)
    assert first.version == 1
    clock.set_rate(1)
    clock.set_rate(2)
    async with asyncio.timeout(30):
        newest = await anext(changes)
    assert (newest.version, newest.rate) == (3, 2)
    await changes.aclose()

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.operations.scheduler import DayScheduler, Job
from core.runtime.clock import SteppedClock
from core.runtime.supervisor import TaskSupervisor
from tests.bot.operations.kit import at, turns

FRIDAY, MONDAY = "2026-11-20", "2026-11-23"


class Runs:
    """What ran, at which business time."""

    def __init__(self, clock: SteppedClock) -> None:
        self.clock = clock
        self.seen: list[tuple[str, datetime]] = []
        self.ran = asyncio.Event()
        self.hold: asyncio.Event | None = None

    def job(self, name: str, **when: str) -> Job:
        async def action() -> None:
            self.seen.append((name, self.clock.now()))
            self.ran.set()
            if self.hold is not None:
                await self.hold.wait()

        return Job(name, action, **when)

    def names(self) -> list[str]:
        return [name for name, _ in self.seen]


@pytest.fixture
async def world():
    clock = SteppedClock(at(FRIDAY, "07:59:00"), rate=0)
    supervisor = TaskSupervisor()
    scheduler = DayScheduler(clock, supervisor)
    runs = Runs(clock)
    scheduler.add(runs.job("cycle", hour="8", minute="0", day_of_week="mon-fri"))
    scheduler.add(runs.job("sweep", hour="*", minute="*"))
    scheduler.start()
    yield clock, scheduler, runs
    scheduler.close()
    await supervisor.aclose()
    await turns()


async def test_a_jump_runs_what_was_stepped_over_once(world) -> None:
    clock, _, runs = world
    clock.set(at(FRIDAY, "08:00:00"))
    await turns()
    assert sorted(runs.names()) == ["cycle", "sweep"]
    # The same instant again, and the rest of the minute: nothing is due twice.
    clock.set(at(FRIDAY, "08:00:00"))
    clock.set(at(FRIDAY, "08:00:59"))
    await turns()
    assert len(runs.seen) == 2
    # A whole weekend: many sweeps and one cycle were stepped over; each runs once.
    clock.set(at(MONDAY, "09:30:00"))
    await turns()
    assert sorted(runs.names()) == ["cycle", "cycle", "sweep", "sweep"]


async def test_a_jump_over_a_weekend_day_wakes_no_weekday_job(world) -> None:
    clock, _, runs = world
    clock.set(at(FRIDAY, "08:00:00"))
    await turns()
    clock.set(at("2026-11-21", "08:00:00"))
    clock.set(at("2026-11-22", "12:00:00"))
    await turns()
    assert runs.names().count("cycle") == 1


async def test_a_clock_that_stands_fires_nothing(world) -> None:
    clock, scheduler, runs = world
    clock.set(rate=0)
    for entry in scheduler._scheduler.get_jobs():
        assert entry.next_run_time > datetime.now(entry.next_run_time.tzinfo) + timedelta(hours=20)
    await asyncio.sleep(0.05)
    assert runs.seen == []


async def test_a_running_clock_fires_by_itself_at_the_business_time(world) -> None:
    clock, _, runs = world
    clock.set(at(FRIDAY, "07:59:59.8"), rate=4)
    async with asyncio.timeout(30):
        await runs.ran.wait()
    await turns()
    assert sorted(runs.names()) == ["cycle", "sweep"]
    assert all(when >= at(FRIDAY, "08:00:00") for _, when in runs.seen)


async def test_a_job_never_runs_beside_itself(world) -> None:
    clock, _, runs = world
    runs.hold = asyncio.Event()
    clock.set(at(FRIDAY, "08:00:00"))
    await turns()
    clock.set(at(FRIDAY, "08:01:00"))
    await turns()
    assert sorted(runs.names()) == ["cycle", "sweep"]
    runs.hold.set()
    await turns()
    clock.set(at(FRIDAY, "08:02:00"))
    await turns()
    assert sorted(runs.names()) == ["cycle", "sweep", "sweep"]


async def test_nothing_fires_after_close(world) -> None:
    clock, scheduler, runs = world
    scheduler.close()
    scheduler.close()
    await turns()
    clock.set(at(MONDAY, "08:00:00"))
    await turns()
    assert runs.seen == []

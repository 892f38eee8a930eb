"""APScheduler in the same loop, on business time.

Jobs only *start* tasks that the supervisor owns, because APScheduler cancels running jobs when it
shuts down. The trigger keeps no state: it asks the Clock each time, so a clock that jumps only
needs the jobs to be told to ask again.
"""

from __future__ import annotations

from asyncio import Task
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from core.domain.krx import KST
from core.ports.clock import Clock
from core.ports.tasks import Supervisor

_LOG = structlog.get_logger(__name__)
MISFIRE_GRACE_SECONDS = 3600
_SOON = timedelta(milliseconds=5)
_STEP = timedelta(milliseconds=1)

Action = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """A named action at KST times given as cron fields."""

    name: str
    action: Action
    hour: str
    minute: str
    day_of_week: str = "*"
    second: str = "0"


class ClockTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler ships no types
    """Fires at the business times of a cron expression, translated to host time."""

    def __init__(self, cron: CronTrigger, clock: Clock) -> None:
        """`cron` is in KST; `clock` translates."""
        self._cron = cron
        self._clock = clock

    def get_next_fire_time(
        self,
        previous_fire_time: datetime | None,  # noqa: ARG002 - APScheduler's signature; we keep no state
        now: datetime,
    ) -> datetime | None:
        """Return the host instant of the next business time after the clock's now."""
        due = self._cron.get_next_fire_time(None, self._clock.now() + _STEP)
        if due is None:
            return None
        seconds = self._clock.host_seconds_until(due)
        host_time: datetime = now + timedelta(seconds=seconds) + _SOON
        return host_time


class DayScheduler:
    """Runs the day's jobs, each business time once."""

    def __init__(self, clock: Clock, supervisor: Supervisor) -> None:
        """Jobs run as tasks of `supervisor`."""
        self._clock = clock
        self._supervisor = supervisor
        self._scheduler = AsyncIOScheduler(timezone=KST)
        self._jobs: dict[str, tuple[Job, CronTrigger]] = {}
        # Up to which business instant each job's times are dealt with.
        self._handled: dict[str, datetime] = {}
        self._running: dict[str, Task[None]] = {}
        clock.on_change(self._ask_again)

    def add(self, job: Job) -> None:
        """Schedule `job`; a missed time within an hour runs once, late."""
        cron = CronTrigger(
            hour=job.hour,
            minute=job.minute,
            second=job.second,
            day_of_week=job.day_of_week,
            timezone=KST,
        )
        self._jobs[job.name] = (job, cron)
        self._handled[job.name] = self._clock.now()
        self._scheduler.add_job(
            self._due,
            ClockTrigger(cron, self._clock),
            args=[job.name],
            id=job.name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=MISFIRE_GRACE_SECONDS,
        )

    def start(self) -> None:
        """Start firing."""
        self._scheduler.start()

    def close(self) -> None:
        """Stop firing; running tasks belong to the supervisor."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _due(self, name: str) -> None:
        self._start_if_due(name)

    def _start_if_due(self, name: str) -> None:
        """Start the job if one of its business times lies between what was handled and now.

        While its last run is still going the time passes unused: two at once would do things twice.
        """
        job, cron = self._jobs[name]
        now = self._clock.now()
        due = cron.get_next_fire_time(None, self._handled[name] + _STEP)
        if due is None or due > now:
            return
        self._handled[name] = now
        last = self._running.get(name)
        if last is not None and not last.done():
            _LOG.warning("job still running", job=name, due=due.isoformat())
            return
        _LOG.info("job due", job=name, due=due.isoformat(), at=now.isoformat())
        self._running[name] = self._supervisor.start(name, _run(job.action))

    def _ask_again(self) -> None:
        """After the clock moved: run what it stepped over, and let every trigger translate anew."""
        if not self._scheduler.running:
            return
        for name in self._jobs:
            self._start_if_due(name)
            entry = self._scheduler.get_job(name)
            # APScheduler compares with the host's wall clock, in its own time zone.
            host_now = datetime.now(KST)  # noqa: TID251
            entry.modify(next_run_time=entry.trigger.get_next_fire_time(None, host_now))


async def _run(action: Action) -> None:
    await action()

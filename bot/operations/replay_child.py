"""The past is replayed in a child process, so that the event loop never waits for numpy."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

import structlog

from bot.backtesting.rule_job import PastJob, RuleJob, job_of
from core.domain.krx import KST
from core.domain.rule_evidence import Missing, ReplayFigures, Unshown, replay_of
from core.domain.rule_reach import Situation
from core.domain.rule_reach_text import past_of
from core.domain.rules import RuleTerms
from core.ports.clock import Clock

T = TypeVar("T")

_LOG = structlog.get_logger(__name__)
RUN_SECONDS = 600.0
# After a failure nobody looks again for so long: five wishes of a week would wait five times for it.
REST_SECONDS = 1_800
_FAILED = Missing(Unshown.FAILED)


class ChildReplays:
    """Implements `core.ports.adoption.PastMarket`.

    By `python -m bot.backtesting`, one at a time. What was counted holds for the day, and what
    failed for half an hour: both are kept in memory. Bars that are not there may come any minute.
    """

    def __init__(
        self, changes: Mapping[str, str], clock: Clock, *, seconds: float = RUN_SECONDS
    ) -> None:
        """`changes` are the settings that the child must see as they are in force here."""
        self._changes = dict(changes)
        self._clock = clock
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._day = date.min
        self._bought: tuple[Situation, ...] | None = None
        self._replayed: dict[str, ReplayFigures] = {}
        self._failed: dict[str, datetime] = {}

    async def replay(
        self, tried: RuleTerms, standing: Sequence[RuleTerms]
    ) -> ReplayFigures | Missing:
        """Return the figures, or that there are none: what fails is logged and says so."""
        job = job_of(tried, standing)
        name = job.model_dump_json()
        async with self._turn:
            self._begin_day()
            if name in self._replayed:
                return self._replayed[name]
            found: ReplayFigures | Missing | None = await self._answer(job, replay_of)
            if found is None:
                return _FAILED
            if isinstance(found, ReplayFigures):
                self._replayed[name] = found
            return found

    async def purchases(self) -> tuple[Situation, ...] | Missing:
        """Return what the strategy would have bought without any rule; counted once a day.

        What fails is logged and says so.
        """
        async with self._turn:
            self._begin_day()
            if self._bought is not None:
                return self._bought
            found: tuple[Situation, ...] | Missing | None = await self._answer(PastJob(), past_of)
            if found is None:
                return _FAILED
            if not isinstance(found, Missing):
                self._bought = found
            return found

    def _begin_day(self) -> None:
        """Forget what was counted on another day: more bars are stored since."""
        today = self._clock.now().astimezone(KST).date()
        if today != self._day:
            self._day, self._bought = today, None
            self._replayed.clear()

    async def _answer(self, job: RuleJob | PastJob, read: Callable[[str], T | None]) -> T | None:
        """Return what the child answers; None where it fails, or such a job failed a while ago."""
        failed = self._failed.get(job.wants)
        if failed is not None and self._clock.now() - failed < timedelta(seconds=REST_SECONDS):
            _LOG.warning("the past is not replayed again so soon", wants=job.wants)
            return None
        said = await self._said(job)
        found = None if said is None else read(said)
        if found is None:
            self._failed[job.wants] = self._clock.now()
        else:
            self._failed.pop(job.wants, None)
        return found

    async def _said(self, job: RuleJob | PastJob) -> str | None:
        """Return what the child printed, None where it failed."""
        try:
            async with asyncio.timeout(self._seconds):
                status, output, errors = await self._run(job.model_dump_json().encode())
        except (TimeoutError, OSError) as error:
            _LOG.exception("the past was not replayed", error=type(error).__name__)
            return None
        if status != 0:
            _LOG.error("the past was not replayed", status=status, said=errors[-500:])
            return None
        return output

    async def _run(self, job: bytes) -> tuple[int | None, str, str]:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.backtesting"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self._changes},
        )
        try:
            output, errors = await child.communicate(job)
        finally:
            # Also reached by the time-out and by a cancelled caller: no child outlives its call.
            if child.returncode is None:
                child.kill()
                await child.wait()
        return (
            child.returncode,
            output.decode("utf-8", "replace"),
            errors.decode("utf-8", "replace"),
        )

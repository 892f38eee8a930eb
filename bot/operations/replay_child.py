"""The past is replayed in a child process, so that the event loop never waits for numpy."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date

import structlog

from bot.backtesting.rule_job import PastJob, RuleJob, job_of
from core.domain.krx import KST
from core.domain.rule_evidence import Missing, ReplayFigures, Unshown, replay_of
from core.domain.rule_reach import Situation
from core.domain.rule_reach_text import past_of
from core.domain.rules import RuleTerms
from core.ports.clock import Clock

_LOG = structlog.get_logger(__name__)
RUN_SECONDS = 600.0
_FAILED = Missing(Unshown.FAILED)


class ChildReplays:
    """Implements `core.ports.adoption.RuleReplays` and `PastPurchases`.

    By `python -m bot.backtesting`, one at a time.
    """

    def __init__(
        self, changes: Mapping[str, str], clock: Clock, *, seconds: float = RUN_SECONDS
    ) -> None:
        """`changes` are the settings that the child must see as they are in force here."""
        self._changes = dict(changes)
        self._clock = clock
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._bought: tuple[date, tuple[Situation, ...] | Missing] | None = None

    async def replay(
        self, tried: RuleTerms, standing: Sequence[RuleTerms]
    ) -> ReplayFigures | Missing:
        """Return the figures, or that there are none: what fails is logged and says so."""
        async with self._turn:
            said = await self._said(job_of(tried, standing))
        found = None if said is None else replay_of(said)
        return _FAILED if found is None else found

    async def purchases(self) -> tuple[Situation, ...] | Missing:
        """Return what the strategy would have bought without any rule; looked for once a day.

        What fails is logged, says so, and is tried again by the next call.
        """
        today = self._clock.now().astimezone(KST).date()
        async with self._turn:
            if self._bought is not None and self._bought[0] == today:
                return self._bought[1]
            said = await self._said(PastJob())
            found = None if said is None else past_of(said)
            if found is None:
                return _FAILED
            self._bought = (today, found)
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

"""Rules are replayed in a child process, so that the event loop never waits for numpy."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

import structlog

from bot.backtesting.rule_job import job_of
from core.domain.rule_evidence import Missing, ReplayFigures, Unshown, replay_of
from core.domain.rules import RuleTerms

_LOG = structlog.get_logger(__name__)
RUN_SECONDS = 600.0
_FAILED = Missing(Unshown.FAILED)


class ChildReplays:
    """Implements `core.ports.adoption.RuleReplays` by `python -m bot.backtesting`, one at a time."""

    def __init__(self, changes: Mapping[str, str], *, seconds: float = RUN_SECONDS) -> None:
        """`changes` are the settings that the child must see as they are in force here."""
        self._changes = dict(changes)
        self._seconds = seconds
        self._turn = asyncio.Lock()

    async def replay(
        self, tried: RuleTerms, standing: Sequence[RuleTerms]
    ) -> ReplayFigures | Missing:
        """Return the figures, or that there are none: what fails is logged and says so."""
        job = job_of(tried, standing).model_dump_json().encode()
        async with self._turn:
            try:
                async with asyncio.timeout(self._seconds):
                    status, output, errors = await self._run(job)
            except (TimeoutError, OSError) as error:
                _LOG.exception("a rule was not replayed", error=type(error).__name__)
                return _FAILED
        found = replay_of(output) if status == 0 else None
        if found is None:
            _LOG.error("a rule was not replayed", status=status, said=errors[-500:])
            return _FAILED
        return found

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

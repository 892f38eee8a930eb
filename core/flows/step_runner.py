"""Runs one step: rows before and after, retries, a deadline, and a consequence when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

import structlog

from core.domain.cycle import Step, StepRecord, StepState
from core.errors import TradingError
from core.flows.fault_words import fault_words
from core.flows.kit import CycleKit
from core.flows.values import decoded, encoded

_LOG = structlog.get_logger(__name__)

RETRY_SECONDS = (1.0, 2.0, 4.0)
ERROR_CHARACTERS_MAX = 500
_REOPENED = frozenset({StepState.FAILED, StepState.SKIPPED})
_TELLING = frozenset({Step.BRIEFING, Step.MEMORY_UPSERT})
T = TypeVar("T")


@dataclass(slots=True)
class StepRunner:
    """Runs the steps of one day.

    `records` are the rows found at start; what is done is read back instead of run again. A dry
    run neither reads nor writes rows, stops nothing and alarms nobody.
    """

    kit: CycleKit
    day: date
    dry_run: bool = False
    records: dict[Step, StepRecord] = field(default_factory=dict)
    errors: dict[Step, str] = field(default_factory=dict)

    async def load(self, *, retry: bool) -> None:
        """Read the rows of the day.

        With `retry` what failed or was left out reopens, and the briefing with it. What is done
        stays done: a basket that a person declined is not shown again because a feed was down.
        """
        if self.dry_run:
            return
        rows = await self.kit.stores.cycle.steps_of(self.day)
        if retry and any(row.state in _REOPENED for row in rows):
            rows = tuple(
                row for row in rows if row.state not in _REOPENED and row.step not in _TELLING
            )
        self.records = {row.step: row for row in rows}
        self.errors = {row.step: row.error for row in rows if row.state is StepState.FAILED}

    def is_settled(self, step: Step) -> bool:
        """Whether nothing more happens to this step today."""
        record = self.records.get(step)
        return record is not None and record.state is not StepState.RUNNING

    def output(self, step: Step, kind: type[T]) -> T | None:
        """Return the stored output of a finished step. Raises StorageError."""
        record = self.records.get(step)
        if record is None or record.state is not StepState.DONE:
            return None
        return decoded(kind, record.output)

    async def run(self, step: Step, kind: type[T], action: Callable[[], Awaitable[T]]) -> T | None:
        """Return the output of `step`, stored or fresh; None when it failed or was skipped."""
        if self.is_settled(step):
            return self.output(step, kind)
        try:
            async with asyncio.timeout(self.kit.rules.deadlines[step]):
                return await self._attempts(step, action)
        except TimeoutError:
            seconds = self.kit.rules.deadlines[step]
            await self._failed(step, self.kit.say("cycle.deadline", seconds=seconds))
        except (TradingError, OSError) as error:
            _LOG.error("step failed", step=step.value, error=str(error))
            await self._failed(step, fault_words(self.kit.outlets.phrases, error))
        except Exception as error:  # noqa: BLE001 - a bug in a step has the same consequence
            _LOG.exception("step has a bug", step=step.value, day=self.day.isoformat())
            await self._failed(step, fault_words(self.kit.outlets.phrases, error))
        return None

    async def skip(self, step: Step, reason: str) -> None:
        """Leave `step` out today, unless it is settled already."""
        if self.is_settled(step) or self.dry_run:
            return
        record = await self._begin(step)
        await self._finish(replace(record, state=StepState.SKIPPED, error=reason))

    async def _attempts(self, step: Step, action: Callable[[], Awaitable[T]]) -> T:
        for wait_seconds in RETRY_SECONDS:
            try:
                return await self._once(step, action)
            except (TradingError, OSError) as error:
                # TimeoutError is an OSError: one slow call is worth another try, the step's own
                # deadline cancels instead and is not caught here.
                _LOG.warning("step is tried again", step=step.value, error=str(error))
            await self.kit.rules.clock.sleep(wait_seconds)
        return await self._once(step, action)

    async def _once(self, step: Step, action: Callable[[], Awaitable[T]]) -> T:
        if self.dry_run:
            return await action()
        record = await self._begin(step)
        result = await action()
        await self._finish(replace(record, state=StepState.DONE, output=encoded(result), error=""))
        return result

    async def _begin(self, step: Step) -> StepRecord:
        now = self.kit.rules.clock.now()
        record = await self.kit.stores.cycle.begin_step(self.day, step, now)
        self.records[step] = record
        return record

    async def _finish(self, record: StepRecord) -> None:
        finished = replace(record, finished_at=self.kit.rules.clock.now())
        await self.kit.stores.cycle.finish_step(finished)
        self.records[record.step] = finished

    async def _failed(self, step: Step, reason: str) -> None:
        """Stop trading where the step matters, alarm, and only then write the row.

        A crash in between runs the step again with trading stopped, which is the safe side.
        """
        error = reason[:ERROR_CHARACTERS_MAX]
        self.errors[step] = error
        if self.dry_run:
            return
        name = self.kit.say(f"cycle.step_{step.value}")
        title = self.kit.say("cycle.alarm_title", step=name)
        if step.stops_trading:
            await self.kit.desk.switch.stop_for_day(self.day, f"{name}: {error}")
            text = self.kit.say("cycle.alarm_stopped", error=error)
        else:
            text = self.kit.say("cycle.alarm_optional", error=error)
        await self.kit.outlets.alerts.alert(title, text)
        record = self.records.get(step) or await self._begin(step)
        await self._finish(replace(record, state=StepState.FAILED, error=error))

"""Steps of the daily cycle on SQL (`core.ports.archive.CycleArchive`)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import select

from core.domain.cycle import Step, StepRecord, StepState
from storage.engine import Database
from storage.schema import cycle_runs

_KEY = ("day", "step")


class SqlCycleArchive:
    """One row per (day, step)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin_step(self, day: date, step: Step, at: datetime) -> StepRecord:
        """Store or re-open the row as running and count the attempt."""
        async with self._database.transaction() as sql:
            stored = await sql.row(
                select(cycle_runs.c.attempts).where(
                    cycle_runs.c.day == day, cycle_runs.c.step == step
                )
            )
            record = StepRecord(
                day=day,
                step=step,
                state=StepState.RUNNING,
                attempts=1 if stored is None else stored["attempts"] + 1,
                started_at=at,
            )
            await sql.upsert(cycle_runs, [asdict(record)], _KEY)
        return record

    async def finish_step(self, record: StepRecord) -> None:
        """Replace the row."""
        async with self._database.transaction() as sql:
            await sql.upsert(cycle_runs, [asdict(record)], _KEY)

    async def steps_of(self, day: date) -> tuple[StepRecord, ...]:
        """Return the rows of one day in step order."""
        async with self._database.reading() as sql:
            rows = await sql.rows(select(cycle_runs).where(cycle_runs.c.day == day))
        records = [StepRecord(**row) for row in rows]
        return tuple(sorted(records, key=lambda record: record.step.number))

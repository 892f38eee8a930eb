"""A briefing that could not be posted when it was made: posted later on its day, or alarmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import structlog

from core.domain.cycle import Step, StepRecord, StepState
from core.domain.krx import KST
from core.flows.kit import CycleKit
from core.flows.telling import charted, show
from core.flows.values import Told, decoded, encoded

_LOG = structlog.get_logger(__name__)
# An outage shorter than this is told by the briefing itself, with the hour it was made.
TOLD_AFTER = timedelta(hours=1)
# The last look of a day alarms whatever the outage's length: tomorrow it is no news.
LAST_LOOK = time(23, 55)


async def show_late(kit: CycleKit, day: date) -> None:
    """Post the briefing of `day` if it was made and nobody has seen it. Raises StorageError."""
    for row in await kit.stores.cycle.steps_of(day):
        if row.step is Step.BRIEFING and row.state is StepState.DONE:
            told = decoded(Told, row.output)
            if not told.shown:
                await _show(kit, row, told)


async def _show(kit: CycleKit, row: StepRecord, told: Told) -> None:
    made = told.briefing.created_at.astimezone(KST)
    late = kit.say("cycle.shown_late", made=f"{made:%H:%M}")
    briefing = replace(told.briefing, warnings=(late, *told.briefing.warnings))
    chart, briefing = await charted(kit, briefing)
    if await show(kit, briefing, chart):
        await _store(kit, row, replace(told, shown=True))
        _LOG.info("briefing shown late", day=row.day.isoformat(), made=made.isoformat())
    elif not told.alarmed and _is_time_to_alarm(kit, made):
        title = kit.say("cycle.unshown_title", day=row.day)
        await kit.outlets.alerts.alert(title, kit.say("cycle.unshown"))
        await _store(kit, row, replace(told, alarmed=True))


def _is_time_to_alarm(kit: CycleKit, made: datetime) -> bool:
    now = kit.rules.clock.now().astimezone(KST)
    return now - made >= TOLD_AFTER or now.time() >= LAST_LOOK


async def _store(kit: CycleKit, row: StepRecord, told: Told) -> None:
    await kit.stores.cycle.finish_step(replace(row, output=encoded(told)))

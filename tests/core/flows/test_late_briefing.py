"""A Discord that is away when the briefing is made: shown later that day, or alarmed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from core.domain.cycle import Step, StepState
from core.errors import StorageError, TradingError
from core.flows import telling
from core.flows.today import TodayBriefing
from core.flows.values import Told, decoded
from tests.core.flows.world import DAY, World

AWAY = TradingError("503")


@pytest.fixture
async def unshown():
    """A day whose briefing nobody has seen."""
    world = World()
    world.reports.failure = AWAY
    briefing = await world.daily().run(DAY)
    assert world.reports.briefings == []
    return world, briefing


async def told(world: World) -> Told:
    rows = {row.step: row for row in await world.cycle.steps_of(DAY)}
    assert rows[Step.BRIEFING].state is StepState.DONE
    return decoded(Told, rows[Step.BRIEFING].output)


async def test_it_is_tried_at_once_and_the_day_goes_on(unshown):
    world, briefing = unshown
    assert world.reports.tries == 4
    assert world.clock.slept == [1.0, 2.0, 4.0]
    assert await told(world) == Told(briefing=briefing, shown=False)
    assert world.alerts.alerts == [], "a short outage is no alarm"
    # It is there for whoever asks, and remembered.
    assert await TodayBriefing(world.kit()).briefing_today() == briefing
    assert any(note.kind == "briefing" for note in world.memory.notes.values())


async def test_it_is_shown_when_discord_is_back_and_says_when_it_was_made(unshown):
    world, briefing = unshown
    world.at(DAY, 8, 5)
    await world.daily().show_late(DAY)
    assert not (await told(world)).shown
    world.reports.failure = None
    world.at(DAY, 8, 10)
    await world.daily().show_late(DAY)
    ((shown, chart),) = world.reports.briefings
    assert chart == b"\x89PNG"
    assert shown.warnings[0] == "디스코드에 올리지 못해 늦게 올립니다. 08:00에 만든 내용입니다."
    assert shown.warnings[1:] == briefing.warnings
    assert await told(world) == Told(briefing=briefing, shown=True)
    await world.daily().show_late(DAY)
    await world.daily().run(DAY)
    assert len(world.reports.briefings) == 1
    assert world.alerts.alerts == []


async def test_a_short_hiccup_is_over_within_the_step(monkeypatch):
    world = World()
    world.reports.failure = AWAY

    async def sleep(seconds):
        world.reports.failure = None

    monkeypatch.setattr(world.clock, "sleep", sleep)
    briefing = await world.daily().run(DAY)
    assert (await told(world)).shown
    assert world.reports.briefings == [(briefing, b"\x89PNG")]


@pytest.mark.parametrize(("hour", "minute", "alarms"), [(8, 59, 0), (9, 0, 1)])
async def test_an_hour_without_it_is_alarmed_once_and_it_is_still_tried(
    unshown, hour, minute, alarms
):
    world, _ = unshown
    for _ in range(2):
        world.at(DAY, hour, minute)
        world.clock.at = world.clock.at.replace(second=30)
        await world.daily().show_late(DAY)
    titles = [title for title, _ in world.alerts.alerts]
    assert titles == [f"브리핑을 올리지 못했습니다: {DAY}"] * alarms
    world.reports.failure = None
    await world.daily().show_late(DAY)
    assert len(world.reports.briefings) == 1
    assert (await told(world)).alarmed is bool(alarms)


async def test_the_last_look_of_a_day_alarms_whatever_the_outage():
    world = World()
    world.at(DAY, 23, 50)
    world.reports.failure = AWAY
    await world.daily().run(DAY)
    before = len(world.alerts.alerts)  # the missed day has its own
    await world.daily().show_late(DAY)
    assert len(world.alerts.alerts) == before
    world.at(DAY, 23, 55)
    await world.daily().show_late(DAY)
    assert len(world.alerts.alerts) == before + 1


async def test_a_discord_that_does_not_answer_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(telling, "SHOW_SECONDS_MAX", 0.01)
    world = World()

    async def silent(briefing, chart_png):
        await asyncio.Event().wait()

    monkeypatch.setattr(world.reports, "show_briefing", silent)
    await world.daily().run(DAY)
    assert not (await told(world)).shown


async def test_a_defect_of_the_embed_is_a_failed_step_as_before():
    world = World()
    world.reports.failure = KeyError("a sentence that does not exist")
    await world.daily().run(DAY)
    assert any("브리핑" in title for title, _ in world.alerts.alerts)
    await world.daily().show_late(DAY)
    assert world.reports.briefings == []


async def test_without_rows_nothing_is_shown_and_what_cannot_be_read_is_said():
    world = World()
    await world.daily().show_late(DAY)
    assert (world.reports.tries, world.alerts.alerts) == (0, [])
    await world.daily().run(DAY)
    (row,) = [row for row in await world.cycle.steps_of(DAY) if row.step is Step.BRIEFING]
    old = row.output.replace(',"shown":true,"alarmed":false', "")
    assert old != row.output
    assert decoded(Told, old).shown, "what an older version stored was shown"
    world.cycle.rows[DAY, Step.BRIEFING] = replace(row, output="{}")
    with pytest.raises(StorageError):
        await world.daily().show_late(DAY)

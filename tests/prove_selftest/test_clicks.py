from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.tickets import TicketState
from core.services.orders.values import ClickOutcome
from storage.migrations.runner import upgrade_here
from tests.prove.clicks import APPROVERS, Scene, judge, play

pytestmark = pytest.mark.untraced


@pytest.fixture
async def scene(tmp_path) -> Scene:
    path = tmp_path / "round.sqlite"
    upgrade_here(f"sqlite:///{path}")
    return await play(3, path, 60)


async def test_a_crowd_decides_once_and_planted_faults_are_found(scene):
    assert judge(scene) == []
    decided = next(i for i, o in enumerate(scene.outcomes) if o in set_of_decisions())
    for planted, words in (
        (_with_outcome(scene, decided, ClickOutcome.EXPIRED), "0 decisions"),
        (_with_outcome(scene, decided - 1, scene.outcomes[decided]), "2 decisions"),
        (replace(scene, journal=scene.journal[:-1]), "in the journal"),
        (replace(scene, orders=[*scene.orders, *scene.orders[:1]] or ()), "orders for legs"),
        (
            replace(scene, ticket=replace(scene.ticket, state=TicketState.EXPIRED)),
            "left the ticket EXPIRED",
        ),
    ):
        if words == "orders for legs" and not scene.orders:
            continue
        assert words in "; ".join(judge(planted))


async def test_a_decision_by_a_stranger_is_found(scene):
    decided = next(i for i, o in enumerate(scene.outcomes) if o in set_of_decisions())
    press = scene.presses[decided]
    stranger = replace(press, click=replace(press.click, user_id=max(APPROVERS) + 1))
    presses = [*scene.presses[:decided], stranger, *scene.presses[decided + 1 :]]
    assert "decided by" in "; ".join(judge(replace(scene, presses=presses)))


def set_of_decisions():
    return {ClickOutcome.APPROVED, ClickOutcome.APPROVED_QUEUED, ClickOutcome.DECLINED}


def _with_outcome(scene: Scene, place: int, outcome: ClickOutcome) -> Scene:
    outcomes = [*scene.outcomes]
    outcomes[place] = outcome
    return replace(scene, outcomes=outcomes)

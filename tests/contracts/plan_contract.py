"""What every implementation of `core.ports.planning.PlanArchive` must do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.plan_review import PlanLine, PlanRecord, ReviewState
from core.errors import StorageError
from core.ports.planning import PlanArchive
from storage.plans import SqlPlanArchive
from tests.contracts.ledger_values import DAY, KODEX, MORNING

LINE = PlanLine(
    symbol=KODEX,
    side=Side.BUY,
    rule="entry_momentum",
    price_won=35_150,
    planned=3,
    followed=2,
    reason="거래량이 적습니다",
)
PLAN = PlanRecord(
    day=DAY,
    decided_on=DAY - timedelta(days=1),
    at=MORNING,
    state=ReviewState.REVIEWED,
    planner="gpt-5",
    prompt_hash="a" * 64,
    fault="",
    call_id="M0000001",
    strategy='{"actions": []}',
    followed='{"actions": []}',
    review='{"justification": "근거"}',
    market='{"known": 28}',
    lines=(LINE, replace(LINE, symbol=Symbol("114260"), side=Side.SELL, followed=0)),
)


class PlanContract:
    async def test_both_plans_of_a_day_come_back(self, database):
        archive: PlanArchive = SqlPlanArchive(database)
        assert await archive.plan_of(DAY) is None
        await archive.save_plan(PLAN)
        assert await archive.plan_of(DAY) == PLAN
        assert await archive.plan_of(DAY + timedelta(days=1)) is None

    async def test_the_plans_of_many_days_come_in_their_order(self, database):
        archive = SqlPlanArchive(database)
        days = [DAY + timedelta(days=number) for number in range(3)]
        plans = [replace(PLAN, day=day) for day in days]
        plans[1] = replace(plans[1], lines=())
        for made in reversed(plans):
            await archive.save_plan(made)
        assert await archive.plans_between(days[0], days[2]) == tuple(plans)
        assert await archive.plans_between(days[1], days[1]) == (plans[1],)
        assert await archive.plans_between(days[2] + timedelta(days=1), days[2]) == ()

    async def test_a_plan_that_is_made_again_replaces_the_earlier_one(self, database):
        archive = SqlPlanArchive(database)
        await archive.save_plan(PLAN)
        again = replace(PLAN, state=ReviewState.FAILED, fault="timeout", lines=())
        await archive.save_plan(again)
        assert await archive.plan_of(DAY) == again

    async def test_the_ticket_that_came_of_a_plan_is_noted(self, database):
        archive = SqlPlanArchive(database)
        await archive.save_plan(PLAN)
        await archive.link_plan(DAY, "4F9KQ2ZD")
        found = await archive.plan_of(DAY)
        assert found == replace(PLAN, ticket_id="4F9KQ2ZD")

    async def test_a_proposal_of_fewer_than_no_shares_is_refused_whole(self, database):
        archive = SqlPlanArchive(database)
        with pytest.raises(StorageError):
            await archive.save_plan(replace(PLAN, lines=(replace(LINE, followed=-1),)))
        assert await archive.plan_of(DAY) is None

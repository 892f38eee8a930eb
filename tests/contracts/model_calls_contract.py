"""What every implementation of `core.ports.model_calls` must do. Subclass with a `database` fixture."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.model_calls import CallState, ModelBudget, ModelCall, Purpose, UsageLine
from core.errors import ModelFault, StaleState
from storage.model_calls import SqlModelCallArchive
from storage.plans import SqlPlanArchive
from tests.contracts.ledger_values import DAY, MORNING
from tests.contracts.plan_contract import PLAN

BUDGET = ModelBudget(user_won=10, day_won=15)
CALL = ModelCall(
    call_id="M0000001",
    at=MORNING,
    day=DAY,
    purpose=Purpose.ANSWER,
    model="gpt-5",
    prompt_version="session:abc",
    user_id=42,
    thread_id=900,
    inputs='{"messages": [], "tools": []}',
    prompt_tokens=100,
    completion_tokens=50,
    cost_milliwon=6_000,
)


def call(number: int, **changes: object) -> ModelCall:
    return replace(CALL, call_id=f"M{number:07}", **changes)  # type: ignore[arg-type]


class ModelCallsContract:
    @pytest.fixture
    def archive(self, database):
        return SqlModelCallArchive(database)

    async def test_a_call_is_kept_as_it_was_and_as_it_ended(self, archive):
        assert await archive.begin(CALL, BUDGET) is None
        assert await archive.call(CALL.call_id) == CALL
        ended = replace(
            CALL, state=CallState.DONE, reply="{}", is_bound=False, cost_milliwon=1, elapsed_ms=9
        )
        await archive.link_ticket(CALL.call_id, "TICKET01")
        await archive.finish(ended)
        assert await archive.call(CALL.call_id) == replace(ended, ticket_id="TICKET01")
        assert await archive.calls_of_ticket("TICKET01") == (replace(ended, ticket_id="TICKET01"),)
        assert await archive.calls_of_ticket("") == ()
        assert await archive.call("M0000002") is None

    async def test_what_was_never_begun_cannot_end(self, archive):
        with pytest.raises(StaleState):
            await archive.finish(CALL)

    async def test_open_calls_count_with_the_most_they_may_cost(self, archive):
        assert await archive.begin(CALL, BUDGET) is None
        assert await archive.begin(call(2), BUDGET) is ModelFault.USER_BUDGET
        assert await archive.call("M0000002") is None
        assert await archive.begin(call(3, user_id=7), BUDGET) is None
        assert await archive.begin(call(4, user_id=8), BUDGET) is ModelFault.DAY_BUDGET
        await archive.finish(replace(CALL, state=CallState.DONE, cost_milliwon=500))
        assert await archive.begin(call(5), BUDGET) is None
        next_day = DAY + timedelta(days=1)
        assert await archive.begin(call(6, user_id=8, day=next_day), BUDGET) is None

    async def test_calls_at_once_never_pass_the_budget_together(self, archive):
        calls = [call(number, user_id=number, cost_milliwon=4_000) for number in range(1, 9)]
        answers = await asyncio.gather(*(archive.begin(one, BUDGET) for one in calls))
        assert answers.count(None) == 3

    async def test_usage_is_summed_by_user_model_and_purpose(self, archive):
        large = ModelBudget(user_won=10_000, day_won=10_000)
        summary = {"model": "mini", "purpose": Purpose.SUMMARY, "user_id": 0}
        for one in (CALL, call(2, state=CallState.FAILED), call(3, **summary, cost_milliwon=10)):
            await archive.begin(one, large)
        await archive.begin(call(4, day=DAY + timedelta(days=1)), large)
        assert await archive.usage(DAY, DAY) == (
            UsageLine(
                user_id=42,
                model="gpt-5",
                purpose=Purpose.ANSWER,
                calls=2,
                failed=1,
                prompt_tokens=200,
                completion_tokens=100,
                cost_milliwon=12_000,
            ),
            UsageLine(
                user_id=0,
                model="mini",
                purpose=Purpose.SUMMARY,
                calls=1,
                failed=0,
                prompt_tokens=100,
                completion_tokens=50,
                cost_milliwon=10,
            ),
        )
        assert len(await archive.usage(DAY, DAY + timedelta(days=1))) == 2
        assert await archive.usage(DAY - timedelta(days=2), DAY - timedelta(days=1)) == ()

    async def test_the_cost_of_some_purposes_is_summed_by_day(self, archive):
        large, next_day = ModelBudget(user_won=100, day_won=100), DAY + timedelta(days=1)
        kinds = (Purpose.PLAN, Purpose.CYCLE, Purpose.ANSWER)
        for number, purpose in enumerate(kinds, 1):
            made = call(number, purpose=purpose, cost_milliwon=10**number)
            assert await archive.begin(made, large) is None
        later = call(4, purpose=Purpose.PLAN, day=next_day, cost_milliwon=7)
        assert await archive.begin(later, large) is None
        asked = {Purpose.PLAN, Purpose.CYCLE}
        assert await archive.cost_by_day(DAY, next_day, asked) == {DAY: 110, next_day: 7}
        assert await archive.cost_by_day(next_day, next_day, asked) == {next_day: 7}
        assert await archive.cost_by_day(DAY, next_day, ()) == {}

    async def test_old_texts_are_dropped_but_not_those_of_an_order_or_a_plan(self, database):
        archive = SqlModelCallArchive(database)
        ample = ModelBudget(user_won=1_000, day_won=1_000)
        old, new = DAY - timedelta(days=200), DAY - timedelta(days=20)
        for number, day in enumerate((old, old, old, old, new), 1):
            await archive.begin(call(number, day=day, inputs=f"{{{number}}}", reply="{}"), ample)
        await archive.link_ticket("M0000002", "TICKET01")
        await SqlPlanArchive(database).save_plan(replace(PLAN, day=old, call_id="M0000003"))
        month_ago = DAY - timedelta(days=30)
        assert await archive.drop_texts(month_ago, 1) == 1
        assert await archive.drop_texts(month_ago, 9) == 1
        assert await archive.drop_texts(month_ago, 9) == 0
        kept = [await archive.call(f"M{number:07}") for number in range(1, 6)]
        assert [one.is_dropped for one in kept if one] == [True, False, False, True, False]
        assert all(one.reply == ("" if one.is_dropped else "{}") for one in kept if one)
        # What they cost is still told.
        (line,) = await archive.usage(old, old)
        assert (line.calls, line.cost_milliwon) == (4, 4 * CALL.cost_milliwon)

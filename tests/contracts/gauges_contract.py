"""What the figures read of a database, on every kind of it. Subclass with a `database` fixture."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.domain.account import AccountSnapshot
from core.domain.model_calls import CallState, Purpose
from core.domain.money import Won
from core.domain.orders import OrderState
from core.domain.outbox import OutboxMessage
from storage.gauges import ModelTotal, gauges_of
from storage.ledger import SqlLedger
from storage.model_calls import SqlModelCallArchive
from tests.contracts.ledger_values import DAY, MORNING, order, ticket
from tests.contracts.model_calls_contract import BUDGET, call


class GaugesContract:
    async def test_an_empty_database_has_nothing_but_a_size(self, database):
        found = await gauges_of(database, DAY)
        assert (found.orders_today, found.orders_in_doubt, found.models) == ({}, {}, ())
        assert (found.tickets_waiting, found.alarms_waiting, found.account) == (0, 0, None)
        assert found.size_bytes > 0

    async def test_orders_are_counted_by_day_and_doubts_for_ever(self, database):
        async with SqlLedger(database).transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_order(replace(order(), state=OrderState.UNKNOWN))
            message = OutboxMessage(key="k", title="t", text="x", created_at=MORNING)
            await tx.enqueue(message)
            for won in (7, 9):
                taken = MORNING + timedelta(minutes=won)
                money = Won(won)
                await tx.save_snapshot(
                    AccountSnapshot(
                        deposit_won=money, settled_d2_won=money, positions=(), taken_at=taken
                    )
                )
        found = await gauges_of(database, DAY)
        assert found.orders_today == found.orders_in_doubt == {OrderState.UNKNOWN: 1}
        assert (found.tickets_waiting, found.alarms_waiting) == (1, 1)
        assert found.account == (MORNING + timedelta(minutes=9), 9, 9)
        later = await gauges_of(database, DAY + timedelta(days=1))
        assert later.orders_today == {}
        assert later.orders_in_doubt == {OrderState.UNKNOWN: 1}

    async def test_calls_of_the_model_are_summed_for_the_day(self, database):
        archive = SqlModelCallArchive(database)
        calls = (
            call(1, cost_milliwon=1_000),
            call(2, cost_milliwon=2_000),
            call(3, cost_milliwon=5, purpose=Purpose.SUMMARY, user_id=0),
            call(4, cost_milliwon=9, day=DAY - timedelta(days=1)),
        )
        for one in calls:
            assert await archive.begin(one, BUDGET) is None
        await archive.finish(replace(calls[2], state=CallState.FAILED))
        found = sorted((await gauges_of(database, DAY)).models, key=lambda one: one.cost_milliwon)
        assert found == [
            ModelTotal(
                model="gpt-5",
                purpose=Purpose.SUMMARY,
                state=CallState.FAILED,
                calls=1,
                prompt_tokens=100,
                completion_tokens=50,
                cost_milliwon=5,
            ),
            ModelTotal(
                model="gpt-5",
                purpose=Purpose.ANSWER,
                state=CallState.OPEN,
                calls=2,
                prompt_tokens=200,
                completion_tokens=100,
                cost_milliwon=3_000,
            ),
        ]

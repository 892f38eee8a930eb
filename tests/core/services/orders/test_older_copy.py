from __future__ import annotations

import pytest

from core.domain.modes import SETTING_TRADING_STATE, TradingState
from core.domain.orders import OrderState
from core.domain.tickets import TicketState
from core.services.orders.older_copy import RESTORED, SUBJECT, Restored, quieten
from tests.fakes.desk_kit import buy


async def quietened(kit):
    async with kit.ledger.transaction() as tx:
        return await quieten(
            tx,
            at=kit.clock.now(),
            actor="owner",
            reason="복원",
            source="older.db",
            replaced="7:abc",
        )


async def test_nothing_of_an_older_copy_is_waited_for(kit):
    approved = await kit.approved(buy(2))
    shown = await kit.ticket(buy(1))
    assert await quietened(kit) == Restored(tickets=1, orders=1)
    order = await kit.order(f"{approved.ticket_id}-1")
    assert (order.state, order.reason) == (OrderState.BLOCKED, "복원")
    async with kit.ledger.transaction() as tx:
        ticket = await tx.ticket(shown.ticket_id)
        assert await tx.setting(SETTING_TRADING_STATE) == TradingState.HALTED.value
    assert ticket.state is TicketState.EXPIRED
    records = [row for row in await kit.records() if row.record_id == f"{shown.ticket_id}-1"]
    assert [row.status for row in records] == [TicketState.EXPIRED.value]
    assert (await kit.kinds(shown.ticket_id))[-1] == "ticket.expired"
    assert await kit.kinds(SUBJECT) == [RESTORED]
    kit.again()
    await kit.run()
    assert kit.broker.posts == []


@pytest.mark.parametrize("again", [False, True])
async def test_a_copy_in_which_nothing_waits_is_halted_all_the_same(kit, again):
    if again:
        await quietened(kit)
    assert await quietened(kit) == Restored(tickets=0, orders=0)
    async with kit.ledger.transaction() as tx:
        assert await tx.setting(SETTING_TRADING_STATE) == TradingState.HALTED.value

from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, OrderState, Side
from tests.fakes.desk_kit import KO, KODEX, TIGER, buy

SAME = OrderRequest(symbol=KODEX, side=Side.BUY, quantity=Shares(2), price_won=Won(35_000))
TOLD = KO.say("orders.alert_maybe_sent_title")


async def restarted(kit, request, seconds=0):
    """Approve two shares, let somebody place `request`, and start again."""
    ticket = await kit.approved(buy(2))
    kit.clock.move(seconds)
    kit.broker.list_order(request)
    kit.again()
    await kit.desk._recovery.run()
    await kit.desk._alarms.deliver()
    return await kit.order(f"{ticket.ticket_id}-1")


@pytest.mark.parametrize("request_", [SAME, replace(SAME, quantity=Shares(1))])
async def test_an_unknown_order_since_the_approval_may_be_ours(kit, request_):
    order = await restarted(kit, request_)
    assert order.state is OrderState.BLOCKED
    assert "0000000001" in order.reason
    assert (await kit.kinds(order.order_id))[-1] == "order.blocked"
    assert TOLD in [title for title, _ in kit.surface.alerts]
    await kit.run()
    assert kit.broker.posts == []


@pytest.mark.parametrize(
    ("request_", "seconds"),
    [
        (replace(SAME, quantity=Shares(3)), 0),
        (replace(SAME, symbol=TIGER, price_won=Won(30_000)), 0),
        (replace(SAME, side=Side.SELL), 0),
        (SAME, -90),
    ],
)
async def test_an_order_that_cannot_be_it_holds_up_nothing(kit, request_, seconds):
    order = await restarted(kit, request_, seconds)
    assert order.state is OrderState.CREATED
    assert TOLD not in [title for title, _ in kit.surface.alerts]


async def test_while_we_run_an_unknown_order_is_somebody_elses(kit):
    ticket = await kit.approved(buy(2))
    kit.broker.list_order(SAME)
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.state is OrderState.WORKING

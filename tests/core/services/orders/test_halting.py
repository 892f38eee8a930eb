"""A halt, however it is asked for, and an order that waits: nothing is armed after it."""

from __future__ import annotations

import pytest

from core.domain.modes import TradingState
from core.domain.orders import OrderState
from tests.fakes.desk_kit import buy


async def by_person(kit) -> None:
    await kit.switch.set_state(TradingState.HALTED, actor="11", reason="now")


async def by_file(kit) -> None:
    kit.halt_file.touch()


async def by_signal(kit) -> None:
    kit.switch.halt_at_once()


@pytest.mark.parametrize("halt", [by_person, by_file, by_signal])
async def test_nothing_is_armed_after_a_halt(kit, halt):
    ticket = await kit.approved(buy())
    read_quote = kit.broker.quote

    async def quote(symbol):
        found = await read_quote(symbol)
        # The gate has judged the switch by now; only the arm transaction can still see it.
        await halt(kit)
        return found

    kit.broker.quote = quote
    await kit.run()
    assert kit.broker.posts == []
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.state is not OrderState.SUBMITTING
    async with kit.ledger.transaction() as tx:
        assert await tx.attempt_of(order.order_id) is None

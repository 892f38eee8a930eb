"""A halt, however it is asked for, and an order that waits: nothing is armed after it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.domain.breakers import Breaker, Trip
from core.domain.modes import TradingState
from core.domain.orders import OrderState
from tests.fakes.desk_kit import KO, buy


def say(key):
    return KO.say(f"orders.{key}")


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


def clock_trip(kit):
    return Trip(
        breaker=Breaker.CLOCK_SKEW,
        effect=TradingState.HALTED,
        at=kit.clock.now(),
        until=None,
        reason="시계 차이",
    )


async def test_an_approved_order_waits_until_the_clock_is_right(kit):
    ticket = await kit.approved(buy())
    await kit.switch.trip(clock_trip(kit), actor="safety")
    assert await kit.run() == kit.clock.now() + timedelta(seconds=5)
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert (order.state, order.reason) == (OrderState.CREATED, say("reason_waiting_clock_breaker"))
    async with kit.ledger.transaction() as tx:
        await tx.clear_trip(Breaker.CLOCK_SKEW)
    assert await kit.run() is None
    assert len(kit.broker.posts) == 1


async def test_a_clock_that_goes_wrong_after_the_gate_lets_the_order_wait_too(kit):
    ticket = await kit.approved(buy())
    read_quote = kit.broker.quote

    async def quote(symbol):
        found = await read_quote(symbol)
        await kit.switch.trip(clock_trip(kit), actor="safety")
        return found

    kit.broker.quote = quote
    assert await kit.run() == kit.clock.now() + timedelta(seconds=5)
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert (order.state, order.reason) == (OrderState.GATED, say("reason_waiting_clock_breaker"))
    assert kit.broker.posts == []


async def test_a_halt_beside_the_wrong_clock_ends_the_order(kit):
    ticket = await kit.approved(buy())
    await kit.switch.trip(clock_trip(kit), actor="safety")
    await kit.switch.set_state(TradingState.HALTED, actor="11", reason="now")
    await kit.run()
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.BLOCKED

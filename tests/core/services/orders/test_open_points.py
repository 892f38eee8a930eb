from __future__ import annotations

import pytest

from core.domain.books import SymbolHold
from core.domain.breakers import Breaker, Trip
from core.domain.modes import TradingState
from core.domain.outbox import OutboxMessage
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import DAY, STRANGER, TIGER, buy
from tests.fakes.scripted_broker import Answer


@pytest.fixture
async def kit(kit):
    await kit.desk._recovery.run()
    return kit


async def test_nothing_is_resumed_before_the_start_is_over(kit):
    kit.again()
    await kit.switch.set_state(TradingState.HALTED, actor="11", reason="test")
    found = await kit.desk.resumption.look()
    assert found.not_ready == kit.desk.readiness()
    assert not found.can_be_lifted
    done = await kit.desk.resumption.resume(press(kit), is_owner=True)
    assert done is ClickOutcome.NOT_READY
    assert await kit.switch.state() is TradingState.HALTED
    await kit.desk._recovery.run()
    done = await kit.desk.resumption.resume(press(kit), is_owner=True)
    assert done.after.in_force.state is TradingState.ACTIVE


def trip(kit, breaker):
    return Trip(
        breaker=breaker, effect=TradingState.HALTED, at=kit.clock.now(), until=None, reason="3번"
    )


def press(kit, **changes):
    return kit.click("trading", **changes)


async def test_open_points_are_read_together(kit):
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    doubtful = await kit.sent(buy(1))
    now = kit.clock.now()
    hold = SymbolHold(symbol=TIGER, since=now, reason="3주 대 5주")
    message = OutboxMessage(key="k", title="t", text="x", created_at=now)
    streak, errors = trip(kit, Breaker.LOSING_STREAK), trip(kit, Breaker.BROKER_ERRORS)
    async with kit.ledger.transaction() as tx:
        await tx.hold_symbol(hold)
        await tx.enqueue(message)
    await kit.switch.trip(streak, actor="desk")
    await kit.switch.trip(errors, actor="desk")
    await kit.switch.stop_for_day(DAY, "시험")
    found = await kit.desk.resumption.look()
    assert [order.order_id for order in found.doubtful] == [doubtful.order_id]
    assert found.holds == (hold,)
    assert message in found.undelivered
    assert found.in_force.stopped_because == "시험"
    assert (found.owner_trips, found.other_trips) == ((streak,), (errors,))
    assert found.can_be_lifted


@pytest.mark.parametrize("what", ["stored", "file", "day", "trip", "nothing"])
async def test_a_resume_is_offered_where_it_would_change_something(kit, what):
    if what == "stored":
        await kit.switch.set_state(TradingState.REDUCE_ONLY, actor="11", reason="test")
    elif what == "file":
        kit.halt_file.touch()
    elif what == "day":
        await kit.switch.stop_for_day(DAY, "")
    elif what == "trip":
        await kit.switch.trip(trip(kit, Breaker.INVARIANT), actor="desk")
    assert (await kit.desk.resumption.look()).can_be_lifted == (what != "nothing")


async def test_an_approver_lifts_halts_but_no_breaker(kit):
    streak, errors = trip(kit, Breaker.LOSING_STREAK), trip(kit, Breaker.BROKER_ERRORS)
    for one in (streak, errors):
        await kit.switch.trip(one, actor="desk")
    kit.halt_file.touch()
    await kit.switch.stop_for_day(DAY, "시험")
    done = await kit.desk.resumption.resume(press(kit), is_owner=False)
    assert done.released == ()
    assert done.after.in_force.stopped_because is None
    assert not kit.halt_file.exists()
    assert done.after.in_force.state is TradingState.HALTED
    assert done.after.owner_trips == (streak,)
    assert "switch.release_refused" in await kit.kinds("trading")
    # An owner puts it back in; what ends by itself still holds.
    again = await kit.desk.resumption.resume(press(kit), is_owner=True)
    assert again.released == (streak,)
    assert again.after.in_force.trips == (errors,)
    assert again.after.in_force.state is TradingState.HALTED


async def test_a_breaker_released_meanwhile_is_not_claimed(kit):
    await kit.switch.trip(trip(kit, Breaker.INVARIANT), actor="desk")
    release = kit.context.switch.release

    async def beaten(breaker, *, actor, reason):
        await release(breaker, actor="99", reason="other")
        return await release(breaker, actor=actor, reason=reason)

    kit.context.switch.release = beaten
    done = await kit.desk.resumption.resume(press(kit), is_owner=True)
    assert done.released == ()
    assert done.after.in_force.state is TradingState.ACTIVE


async def test_a_stranger_resumes_nothing(kit):
    await kit.switch.set_state(TradingState.HALTED, actor="11", reason="test")
    done = await kit.desk.resumption.resume(press(kit, user=STRANGER), is_owner=False)
    assert done is ClickOutcome.NOT_ALLOWED
    assert await kit.switch.state() is TradingState.HALTED

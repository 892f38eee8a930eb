from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.orders import OrderState
from tests.fakes.desk_kit import KO, buy
from tests.fakes.scripted_broker import Answer

FIRST = KO.say("orders.alert_in_doubt_title")
STILL = KO.say("orders.alert_still_in_doubt_title")


async def looked(kit) -> list[str]:
    await kit.desk._alarms.look()
    await kit.desk._alarms.deliver()
    return [title for title, _ in kit.surface.alerts]


@pytest.fixture
async def doubtful(kit):
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    order = await kit.sent(buy(1))
    assert order.state is OrderState.UNKNOWN
    return order


async def test_a_doubt_is_told_at_once_after_a_minute_and_after_five(kit, doubtful):
    assert await looked(kit) == [FIRST]
    kit.clock.move(59)
    assert await looked(kit) == [FIRST]
    kit.clock.move(1)
    assert await looked(kit) == [FIRST, STILL]
    kit.clock.move(239)
    assert await looked(kit) == [FIRST, STILL]
    for _ in range(3):
        kit.clock.move(60)
        assert await looked(kit) == [FIRST, STILL, STILL]
    assert "60초" in kit.surface.alerts[1][1]
    assert "300초" in kit.surface.alerts[2][1]


async def test_no_restart_tells_a_doubt_twice(kit, doubtful):
    assert await looked(kit) == [FIRST]
    kit.again()
    assert await looked(kit) == [FIRST]
    kit.clock.move(400)
    kit.again()
    # The minute that nobody looked is not told late: the newest word says enough.
    assert await looked(kit) == [FIRST, STILL]
    assert "300초" in kit.surface.alerts[1][1]


async def test_a_doubt_that_ended_is_told_no_more(kit, doubtful):
    assert await looked(kit) == [FIRST]
    await kit.force(replace(doubtful, state=OrderState.VOID), OrderState.UNKNOWN)
    kit.clock.move(301)
    assert await looked(kit) == [FIRST]


async def test_a_hold_is_told_beside_the_doubt(kit, doubtful):
    assert await looked(kit) == [FIRST]
    held = replace(doubtful, state=OrderState.OPERATOR_HOLD, updated_at=kit.clock.now())
    await kit.force(held, OrderState.UNKNOWN)
    assert await looked(kit) == [FIRST, FIRST]
    assert KO.say("orders.state_operator_hold") in kit.surface.alerts[1][1]


async def test_every_ring_without_a_key_is_told_and_a_key_once(kit):
    alarms = kit.desk._alarms
    for _ in range(2):
        await alarms.ring("not_readable", why="")
        await alarms.ring("defect", key="defect:T:KeyError", ticket="T", error="KeyError")
    await alarms.deliver()
    titles = [title for title, _ in kit.surface.alerts]
    assert titles.count(KO.say("orders.alert_not_readable_title")) == 2
    assert titles.count(KO.say("orders.alert_defect_title")) == 1


async def test_a_doubt_tells_nobody_in_a_transaction_that_is_undone(kit, doubtful):
    class Undo(Exception):
        pass

    async def fail() -> None:
        async with kit.ledger.transaction() as tx:
            told = await kit.desk._alarms.tell(tx, "k", "reopened", order="A", number="1")
            assert told
            raise Undo

    with pytest.raises(Undo):
        await fail()
    await kit.desk._alarms.deliver()
    assert kit.surface.alerts == []

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from core.domain.books import UnstoredAnswer
from core.domain.orders import OrderState
from core.services.orders.values import Void
from tests.fakes.desk_kit import DAY, KO, at, buy, sell
from tests.fakes.scripted_broker import Answer


def not_ready(key):
    return KO.say(f"orders.not_ready_{key}")


@pytest.mark.parametrize(("broken", "key"), [({"order_history"}, "list"), ({"account"}, "account")])
async def test_trading_stays_off_and_says_why_until_all_is_read(kit, broken, key):
    assert kit.desk.readiness() == not_ready("starting")
    kit.broker.broken = broken
    kit.clock._skips = False
    running = asyncio.create_task(kit.desk._recovery.run())
    for _ in range(200):
        kit.clock.move(1)
        await asyncio.sleep(0.001)
    assert not running.done()
    assert kit.desk.readiness() == not_ready(key)
    kit.broker.broken = set()
    while not running.done():
        kit.clock.move(1)
        await asyncio.sleep(0.001)
    assert kit.desk.readiness() is None
    await kit.desk._alarms.deliver()
    (_, words), (title, _) = kit.surface.alerts
    assert not_ready(key) in words
    assert title == "매매를 켰습니다"


async def test_without_a_session_holdings_may_wait(kit):
    kit.clock.set(at(10, day=date(2026, 11, 21)))
    kit.broker.broken = {"account"}
    await kit.desk._recovery.run()
    assert kit.desk.readiness() is None


async def test_a_number_kept_in_the_file_is_taken_up_and_the_file_removed(kit, tmp_path):
    order = await kit.sent(buy(1))
    number = order.ref.number
    await kit.force(replace(order, state=OrderState.SUBMITTING, ref=None), OrderState.WORKING)
    note = UnstoredAnswer(
        order_id=order.order_id, number=number, branch="00950", at=kit.clock.now()
    )
    kit.context.notes.append(note)
    kit.again()
    await kit.desk._recovery.run()
    found = await kit.order(order.order_id)
    assert (found.state, found.ref) == (OrderState.WORKING, order.ref)
    assert not (tmp_path / "unstored.jsonl").exists()
    kit.context.notes.append(note)  # a crash before the file was removed
    await kit.desk._recovery.run()
    assert (await kit.kinds(order.order_id)).count("order.working") == 2


async def test_a_process_that_was_replaced_doubts_nothing_that_the_other_one_sends(kit):
    order = await kit.sent(buy(1))
    await kit.force(replace(order, state=OrderState.SUBMITTING, ref=None), OrderState.WORKING)
    async with kit.ledger.transaction() as tx:
        held = await tx.lease()
        await tx.put_lease(replace(held, epoch=held.epoch + 1, holder="another machine"))
    await kit.run()
    assert (await kit.order(order.order_id)).state is OrderState.SUBMITTING
    async with kit.ledger.transaction() as tx:
        await tx.put_lease(held)
    await kit.run()
    assert (await kit.order(order.order_id)).state is OrderState.UNKNOWN


async def test_a_kept_number_reopens_what_was_voided_meanwhile(kit):
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    order = await kit.sent(buy(1))
    await kit.desk.resolve(kit.click(order.ticket_id), order.order_id, Void(typed=order.order_id))
    for number, order_id in (("0000000009", order.order_id), ("8", order.order_id), ("7", "X-1")):
        note = UnstoredAnswer(order_id=order_id, number=number, branch="", at=kit.clock.now())
        kit.context.notes.append(note)
    await kit.desk._recovery.run()
    found = await kit.order(order.order_id)
    assert (found.state, found.ref.number) == (OrderState.WORKING, "0000000009")
    assert (await kit.kinds(order.order_id))[-1] == "incident.order"
    assert await kit.kinds("X-1") == ["incident.order"]
    async with kit.ledger.transaction() as tx:
        assert [item.order_id for item in await tx.reservations()] == [order.order_id]


async def test_a_kept_number_of_an_order_that_was_never_armed_fits_nothing(kit):
    ticket = await kit.approved(buy(1))
    order_id = f"{ticket.ticket_id}-1"
    kit.context.notes.append(
        UnstoredAnswer(order_id=order_id, number="7", branch="", at=kit.clock.now())
    )
    await kit.desk._recovery.run()
    assert (await kit.order(order_id)).state is OrderState.CREATED
    assert await kit.kinds(order_id) == ["incident.order"]


async def test_live_orders_of_an_older_version_hold_back_from_the_start(kit):
    order = await kit.sent(sell(2))
    async with kit.ledger.transaction() as tx:
        await tx.release(order.order_id)
    await kit.desk._recovery.run()
    async with kit.ledger.transaction() as tx:
        (held,) = await tx.reservations()
    assert (held.order_id, held.shares) == (order.order_id, 2)


async def test_externals_placed_before_the_start_are_imported_by_it(kit):
    order = await kit.sent(buy(1))
    kit.broker.list_order(replace(order.request, quantity=9))
    kit.again()
    await kit.desk._recovery.run()
    async with kit.ledger.transaction() as tx:
        assert len(await tx.externals_on(DAY)) == 1

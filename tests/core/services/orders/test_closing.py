from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.domain.orders import OrderState
from core.domain.tickets import TicketState
from core.errors import BrokerUnavailable
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import DAY, KO, at, buy, sell
from tests.fakes.scripted_broker import Answer, Broken

NEXT = DAY + timedelta(days=1)


async def test_tickets_nobody_pressed_expire(kit):
    first = await kit.ticket(buy(1))
    deadlines = kit.desk._deadlines
    assert await deadlines.expire_tickets() == at(10, 10)
    kit.clock.set(at(10, 10, 1))
    assert await deadlines.expire_tickets() is None
    assert (await kit.stored(first)).state is TicketState.EXPIRED
    assert (await kit.kinds(first.ticket_id))[-1] == "ticket.expired"
    assert [item.status for item in await kit.records()] == ["EXPIRED"]


async def test_a_press_in_the_last_moment_wins_over_the_expiry(kit):
    ticket = await kit.ticket(buy(1))
    await kit.desk.approve(kit.click(ticket))
    await kit.desk._deadlines._expire(ticket, kit.clock.now())
    assert (await kit.stored(ticket)).state is TicketState.APPROVED


async def test_a_cancel_is_confirmed_by_the_list_only(kit):
    order = await kit.sent(buy(5, 35_000))
    assert await kit.desk.request_cancel(kit.click(order.ticket_id)) is (
        ClickOutcome.CANCEL_REQUESTED
    )
    assert (await kit.order(order.order_id)).state is OrderState.CANCEL_PENDING
    kit.broker.change(order.ref.number, remaining=5, cancelled=0)
    await kit.poll()
    assert (await kit.order(order.order_id)).state is OrderState.CANCEL_PENDING
    kit.broker.end(order.ref.number)
    await kit.poll()
    assert (await kit.order(order.order_id)).state is OrderState.CANCELLED
    assert await kit.desk.request_cancel(kit.click(order.ticket_id)) is (
        ClickOutcome.NOTHING_TO_CANCEL
    )


async def test_a_fill_that_races_the_cancel_wins(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.cancel_answers.append(Answer.SILENT_AND_LOST)
    await kit.desk.request_cancel(kit.click(order.ticket_id))
    kit.broker.fill(order.ref.number, 2)
    await kit.poll()
    pending = await kit.order(order.order_id)
    assert (pending.state, pending.filled) == (OrderState.CANCEL_PENDING, 2)
    kit.broker.fill(order.ref.number, 5)
    await kit.poll()
    assert (await kit.order(order.order_id)).state is OrderState.FILLED


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer.REJECT, "취소가 거부"),
        (Answer.NOT_SENT, "취소 요청이 나가지 않았습니다: 증권사에 연결되지 않았습니다."),
    ],
)
async def test_a_refused_cancel_leaves_it_working_with_what_was_filled(kit, answer, words):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.cancel_answers.append(answer)

    async def fill_meanwhile(call):
        if call == "cancel_order":
            kit.broker.fill(order.ref.number, 2)
            await kit.desk._tracker.poll()

    await kit.desk.request_cancel(kit.click(order.ticket_id))
    back = await kit.order(order.order_id)
    assert (back.state, words in back.reason) == (OrderState.WORKING, True)
    kit.broker.cancel_answers.append(answer)
    kit.broker.hook = fill_meanwhile
    await kit.desk.request_cancel(kit.click(order.ticket_id))
    back = await kit.order(order.order_id)
    assert (back.state, back.filled) == (OrderState.PARTIAL, 2)


async def test_a_refusal_because_it_was_filled_meanwhile(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.cancel_answers.append(Answer.REJECT)

    async def fill_meanwhile(call):
        if call == "cancel_order":
            kit.broker.fill(order.ref.number, 5)
            await kit.desk._tracker.poll()

    kit.broker.hook = fill_meanwhile
    await kit.desk.request_cancel(kit.click(order.ticket_id))
    assert (await kit.order(order.order_id)).state is OrderState.FILLED


async def test_a_cancel_that_raises_is_asked_for_again(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.cancel_answers.append(Answer.RAISE)
    kit.broker.broken = {"cancel_order"}
    await kit.desk.request_cancel(kit.click(order.ticket_id))
    assert (await kit.order(order.order_id)).state is OrderState.CANCEL_PENDING
    kit.broker.broken = set()
    await kit.desk._deadlines.cancel_overdue_orders()
    assert len(kit.broker.cancels) == 1
    kit.broker.cancel_answers.clear()
    kit.clock.move(61)
    await kit.desk._deadlines.cancel_overdue_orders()
    await kit.poll()
    assert (await kit.order(order.order_id)).state is OrderState.CANCELLED


async def test_orders_past_their_time_are_cancelled_until_the_close(kit):
    first = await kit.sent(buy(5, 35_000))
    kit.clock.set(at(15, 15))
    await kit.desk._deadlines.cancel_overdue_orders()
    assert kit.broker.cancels == []
    kit.clock.set(at(15, 25))  # the closing auction would still fill it
    await kit.desk._deadlines.cancel_overdue_orders()
    assert kit.broker.cancels == [first.ref.number]
    await kit.poll()
    done = await kit.order(first.order_id)
    assert done.state is OrderState.CANCELLED
    for moment in (at(15, 30), at(10, day=date(2026, 11, 21))):
        kit.clock.set(moment)
        await kit.desk._deadlines.cancel_overdue_orders()
    assert len(kit.broker.cancels) == 1


async def test_one_order_that_cannot_be_cancelled_does_not_keep_the_others(kit):
    first = await kit.sent(buy(5, 35_000))
    second = await kit.sent(sell(1))
    kit.clock.set(at(15, 25))
    kit.broker.cancel_answers.append(Answer.BREAK)
    with pytest.raises(Broken):
        await kit.desk._deadlines.cancel_overdue_orders()
    assert kit.broker.cancels == [first.ref.number, second.ref.number]
    await kit.poll()
    assert (await kit.order(first.order_id)).state is OrderState.CANCEL_PENDING
    assert (await kit.order(second.order_id)).state is OrderState.CANCELLED


async def test_an_order_of_another_day_is_not_cancelled_by_its_number(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.clock.set(at(10, day=NEXT))
    await kit.desk._deadlines.cancel_overdue_orders()
    outcome = await kit.desk.request_cancel(kit.click(order.ticket_id))
    assert outcome is ClickOutcome.NOTHING_TO_CANCEL
    assert kit.broker.cancels == []


async def test_after_the_close_remainders_end_and_ghosts_are_void(kit):
    working = await kit.sent(buy(2, 35_000))
    partial = await kit.sent(sell(3, 30_000))
    kit.broker.fill(partial.ref.number, 1)
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    ghost = await kit.sent(buy(1, 34_000))
    kit.clock.set(at(15, 45))
    ended = await kit.desk.close_out(DAY)
    assert {item.order_id: item.state for item in ended} == {
        working.order_id: OrderState.CANCELLED,
        partial.order_id: OrderState.PARTIAL_CANCELLED,
        ghost.order_id: OrderState.VOID,
    }
    assert kit.clock.now() == at(15, 46)
    assert kit.broker.history_reads[-2:] == [DAY, DAY]
    assert await kit.desk.close_out(DAY) == ()
    assert (await kit.order(working.order_id)).reason == KO.say("orders.reason_session_over")
    late = kit.broker.list_order(kit.broker.posts[2])
    kit.broker.change(late.ref.number, placed_at=at(10, 0, 5))
    kit.broker.fill(late.ref.number, 1)
    for _ in range(2):
        await kit.desk._tracker.merge(await kit.broker.order_history(DAY))
    assert (await kit.order(ghost.order_id)).state is OrderState.FILLED


async def test_before_the_close_nothing_is_void(kit):
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    await kit.sent(buy(2, 35_000))
    assert await kit.desk.close_out(DAY) == ()


async def test_one_sighting_in_the_last_read_is_not_void(kit):
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    kit.broker.hidden.add("0000000001")
    kit.clock.set(at(15, 45))

    async def appear(call):
        if call == "order_history" and len(kit.broker.history_reads) == 3:
            kit.broker.hidden.clear()

    kit.broker.hook = appear
    assert await kit.desk.close_out(DAY) == ()
    assert (await kit.order(order.order_id)).state is OrderState.UNKNOWN
    (ended,) = await kit.desk.close_out(DAY)
    assert (ended.order_id, ended.state) == (order.order_id, OrderState.CANCELLED)


@pytest.mark.parametrize("vanish", ["second read", "fill between"])
async def test_reads_that_differ_prove_nothing(kit, vanish):
    order = await kit.sent(buy(2, 35_000))
    kit.clock.set(at(15, 45))

    async def differ(call):
        if call == "order_history" and len(kit.broker.history_reads) == 3:
            if vanish == "second read":
                kit.broker.hidden.add(order.ref.number)
            else:
                kit.broker.fill(order.ref.number, 1)

    kit.broker.hook = differ
    assert await kit.desk.close_out(DAY) == ()


async def test_a_hold_is_never_void(kit):
    kit.dedicated = False
    kit.again()
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    await kit.poll(2)
    kit.broker.hidden.add("0000000001")
    kit.clock.set(at(15, 45))
    assert await kit.desk.close_out(DAY) == ()
    assert (await kit.order(order.order_id)).state is OrderState.OPERATOR_HOLD


async def test_yesterdays_orders_are_judged_by_yesterdays_list(kit):
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    kit.clock.set(at(15, 45, day=NEXT))
    kit.broker.unreadable_days = {DAY}
    assert await kit.desk.close_out(NEXT) == ()
    assert (await kit.order(order.order_id)).state is OrderState.UNKNOWN
    kit.broker.unreadable_days = set()
    (ended,) = await kit.desk.close_out(NEXT)
    assert (ended.ref.number, ended.state) == ("0000000001", OrderState.CANCELLED)


async def test_an_unreadable_list_closes_nothing(kit):
    order = await kit.sent(buy(2, 35_000))
    kit.clock.set(at(15, 45))
    kit.broker.unreadable_days = {DAY}
    with pytest.raises(BrokerUnavailable):
        await kit.desk.close_out(DAY)
    assert (await kit.order(order.order_id)).state is OrderState.WORKING

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.domain.orders import OrderState
from core.errors import BrokerUnavailable, StorageError
from core.services.orders.resolving import DayList
from core.services.orders.values import Void
from tests.fakes.desk_kit import DAY, at, buy, sell
from tests.fakes.scripted_broker import Answer

UNKNOWN, HOLD = OrderState.UNKNOWN, OrderState.OPERATOR_HOLD


async def fills(kit, order):
    async with kit.ledger.transaction() as tx:
        return [
            (item.quantity, item.price_won, item.cumulative) for item in await tx.fills_of(order)
        ]


async def test_fills_are_merged_as_deltas_of_the_cumulative_truth(kit):
    order = await kit.sent(buy(5, 35_000))
    number = order.ref.number
    kit.broker.fill(number, 2, 34_900)
    await kit.poll(3)
    assert (await kit.order(order.order_id)).state is OrderState.PARTIAL
    kit.broker.fill(number, 5, 34_960)  # 3 more at 35,000
    await kit.poll(3)
    done = await kit.order(order.order_id)
    assert (done.state, done.filled, done.average_price_won) == (OrderState.FILLED, 5, 34_960)
    assert await fills(kit, order.order_id) == [(2, 34_900, 2), (3, 35_000, 5)]
    (record,) = await kit.records()
    assert (record.order_number, record.status) == (number, "FILLED")
    assert Decimal(record.average_fill_won) == 34_960
    assert (await kit.kinds(order.order_id))[-2:] == ["order.partial", "order.filled"]
    assert await kit.desk._tracker.poll() is False


async def test_a_fill_without_an_average_is_priced_at_the_order(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.change(order.ref.number, filled=1, remaining=4)
    await kit.poll()
    assert await fills(kit, order.order_id) == [(1, 35_000, 1)]


async def test_a_lower_cumulative_is_an_incident_told_once(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.fill(order.ref.number, 3)
    await kit.poll()
    kit.broker.fill(order.ref.number, 1)
    await kit.poll(3)
    assert (await kit.order(order.order_id)).filled == 3
    assert (await kit.kinds(order.order_id)).count("incident.order") == 1
    await kit.desk._alarms.deliver()
    assert len(kit.surface.alerts) == 1


async def test_an_incident_whose_transaction_failed_is_told_by_the_next_read(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.fill(order.ref.number, 3)
    await kit.poll()
    kit.broker.fill(order.ref.number, 1)
    externals = kit.desk._tracker._externals
    merge = externals.merge

    async def full(*_args):
        externals.merge = merge
        raise StorageError("database or disk is full")

    externals.merge = full
    with pytest.raises(StorageError):
        await kit.poll()
    await kit.poll(2)
    await kit.desk._alarms.deliver()
    assert len(kit.surface.alerts) == 1
    assert (await kit.kinds(order.order_id)).count("incident.order") == 1


async def test_a_number_that_is_another_orders_puts_ours_in_doubt_and_its_fills_are_not_ours(kit):
    order = await kit.sent(buy(5, 35_000))
    answered = order.ref.number
    true_row = kit.broker.list_order(order.request)
    kit.broker.change(answered, symbol="102110", ordered=2, filled=2, remaining=0)
    await kit.poll()
    doubted = await kit.order(order.order_id)
    assert (doubted.state, doubted.ref, doubted.filled) == (UNKNOWN, None, 0)
    assert answered in doubted.reason
    assert (await kit.kinds(order.order_id)).count("incident.order") == 1
    await kit.poll(3)
    found = await kit.order(order.order_id)
    assert (found.state, found.ref.number) == (OrderState.WORKING, true_row.ref.number)
    assert await fills(kit, order.order_id) == []


@pytest.mark.parametrize("seen_from", ["the first read", "the second read"])
async def test_the_row_of_an_order_that_was_given_a_wrong_number_is_never_called_foreign(
    kit, seen_from
):
    kit.dedicated = False
    kit.again()
    order = await kit.sent(buy(5, 35_000))
    answered = order.ref.number
    true_row = kit.broker.list_order(order.request)
    kit.broker.change(answered, symbol="102110", ordered=2, filled=2, remaining=0)
    if seen_from == "the second read":
        kit.broker.hidden.add(answered)
        await kit.poll()
        assert (await kit.order(order.order_id)).state is OrderState.WORKING
        kit.broker.hidden.clear()
    await kit.poll(3)
    held = await kit.order(order.order_id)
    assert (held.state, held.ref) == (HOLD, None)
    assert true_row.ref.number in held.reason
    async with kit.ledger.transaction() as tx:
        foreign = {item.row.ref.number for item in await tx.externals_on(DAY)}
    assert foreign == {answered}


async def test_a_row_that_turns_into_another_orders_after_a_fill_changes_nothing(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.fill(order.ref.number, 2)
    await kit.poll()
    kit.broker.change(order.ref.number, ordered=9, filled=9, remaining=0)
    await kit.poll(2)
    kept = await kit.order(order.order_id)
    assert (kept.state, kept.filled) == (OrderState.PARTIAL, 2)
    assert (await kit.kinds(order.order_id)).count("incident.order") == 1
    await kit.desk._alarms.deliver()
    assert len(kit.surface.alerts) == 1


async def test_a_move_that_no_table_knows_is_an_incident_not_a_crash(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.fill(order.ref.number, 5)
    await kit.poll()
    kit.broker.change(order.ref.number, ordered=9, remaining=4)
    filled = await kit.order(order.order_id)
    async with kit.ledger.transaction() as tx:
        await kit.desk._tracker._merger.apply(tx, filled, kit.broker.row(order.ref.number))
    assert (await kit.order(order.order_id)).state is OrderState.FILLED
    assert (await kit.kinds(order.order_id))[-1] == "incident.order"


async def test_a_refusal_after_the_acceptance(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.refuse(order.ref.number)
    await kit.poll()
    done = await kit.order(order.order_id)
    assert done.state is OrderState.REJECTED
    assert "거래소에서 거부" in done.reason


async def test_a_refusal_while_a_cancel_is_asked_for_ends_it(kit):
    order = await kit.sent(buy(5, 35_000))
    kit.broker.cancel_answers.append(Answer.SILENT_AND_LOST)
    await kit.desk.request_cancel(kit.click(order.ticket_id))
    kit.broker.refuse(order.ref.number)
    await kit.poll()
    assert (await kit.order(order.order_id)).state is OrderState.CANCELLED


async def test_a_late_fill_reopens_a_cancelled_order_and_alarms(kit):
    order = await kit.sent(buy(5, 35_000))
    await kit.desk.request_cancel(kit.click(order.ticket_id))
    await kit.poll()
    assert (await kit.order(order.order_id)).state is OrderState.CANCELLED
    assert await kit.desk._tracker.poll() is False
    kit.broker.change(order.ref.number, filled=2, cancelled=3, remaining=0)
    await kit.desk._tracker.merge(await kit.broker.order_history(DAY))
    done = await kit.order(order.order_id)
    assert (done.state, done.filled) == (OrderState.PARTIAL_CANCELLED, 2)
    assert (await kit.kinds(order.order_id))[-1] == "incident.order_reopened"
    await kit.desk._alarms.deliver()
    assert "다시 열렸습니다" in kit.surface.alerts[0][0]


@pytest.mark.parametrize(
    ("now", "state"), [(at(11), OrderState.WORKING), (at(15, 30), OrderState.CANCELLED)]
)
async def test_a_remainder_reopens_only_while_it_can_trade(kit, now, state):
    order = await kit.sent(buy(5, 35_000))
    await kit.desk.request_cancel(kit.click(order.ticket_id))
    await kit.poll()
    kit.broker.change(order.ref.number, remaining=5, cancelled=0)
    kit.clock.set(now)
    await kit.desk._tracker.merge(await kit.broker.order_history(DAY))
    assert (await kit.order(order.order_id)).state is state


@pytest.mark.parametrize("day", [date(2041, 1, 3), date(2026, 11, 21)])
async def test_a_row_dated_outside_the_calendar_trades_no_more(kit, day):
    order = await kit.sent(buy(5, 35_000))
    row = kit.broker.change(order.ref.number, placed_at=at(10, day=day))
    assert kit.desk._tracker._merger.may_trade(row) is False
    kit.clock.set(at(10, day=day))
    assert await kit.desk._tracker.live_sessions() == {DAY}


async def test_a_silent_order_is_adopted_after_two_sightings(kit):
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    kit.broker.hidden.add("0000000001")
    await kit.poll(3)
    assert (await kit.order(order.order_id)).state is UNKNOWN
    kit.broker.hidden.clear()  # late appearance
    kit.broker.fill("0000000001", 1)
    await kit.poll()
    assert (await kit.order(order.order_id)).state is UNKNOWN
    await kit.poll()
    adopted = await kit.order(order.order_id)
    assert (adopted.state, adopted.ref.number, adopted.filled) == (
        OrderState.PARTIAL,
        "0000000001",
        1,
    )
    assert await fills(kit, order.order_id) == [(1, 35_000, 1)]
    assert len(kit.broker.posts) == 1


async def test_none_stays_unknown_and_alarms_once(kit):
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    order = await kit.sent(buy(2, 35_000))
    for _ in range(4):
        await kit.poll()
        await kit.desk._alarms.look()
    await kit.desk._alarms.deliver()
    assert (await kit.order(order.order_id)).state is UNKNOWN
    assert len(kit.surface.alerts) == 1
    assert "timed out" in kit.surface.alerts[0][1]


async def test_a_shared_account_asks_a_person(kit):
    kit.dedicated = False
    kit.again()
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    await kit.poll(3)
    held = await kit.order(order.order_id)
    assert (held.state, held.ref) == (HOLD, None)
    assert "0000000001" in held.reason


async def test_two_candidates_ask_a_person(kit):
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    kit.broker.list_order(kit.broker.posts[0])
    await kit.poll()
    assert (await kit.order(order.order_id)).state is HOLD


async def test_a_row_is_dated_by_a_clock_that_may_be_a_little_behind(kit):
    """Two seconds count as agreeing, and a row's time has no fractions."""
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    kit.broker.change("0000000001", placed_at=at(9, 59, 57))
    await kit.poll(2)
    assert (await kit.order(order.order_id)).ref is not None


@pytest.mark.parametrize(
    "change",
    [
        {"placed_at": at(9, 59, 55)},
        {"placed_at": at(10, 2, 1)},
        {"ordered": 3},
        {"is_cancel_row": True},
    ],
)
async def test_what_is_not_it_is_not_taken_for_it(kit, change):
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    kit.broker.change("0000000001", **change)
    await kit.poll(3)
    assert (await kit.order(order.order_id)).state is UNKNOWN


async def test_orders_known_before_or_ours_are_not_candidates(kit):
    ours = await kit.sent(buy(2, 35_000))
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    order = await kit.sent(buy(2, 35_000))
    assert order.order_id != ours.order_id
    await kit.poll(3)
    assert (await kit.order(order.order_id)).state is UNKNOWN


@pytest.mark.parametrize("dedicated", [True, False])
async def test_an_order_that_never_left_and_still_appears_is_an_incident(kit, dedicated):
    kit.dedicated = dedicated
    kit.again()
    kit.broker.answers.append(Answer.NOT_SENT)
    order = await kit.sent(buy(2, 35_000))
    row = kit.broker.list_order(kit.broker.posts[0])
    history = [await kit.broker.order_history(DAY) for _ in range(3)]
    for read in history:
        await kit.desk._tracker.merge(read)
    found = await kit.order(order.order_id)
    if dedicated:
        assert (found.state, found.ref) == (OrderState.WORKING, row.ref)
        assert (await kit.kinds(order.order_id))[-1] == "incident.order_reopened"
    else:
        assert found.state is OrderState.NOT_SENT
        assert (await kit.kinds(order.order_id))[-1] == "incident.order"


async def test_a_refusal_that_the_list_also_shows_is_no_incident(kit):
    kit.broker.answers.append(Answer.REJECT)
    order = await kit.sent(buy(2, 35_000))
    row = kit.broker.list_order(kit.broker.posts[0])
    kit.broker.refuse(row.ref.number)
    for _ in range(3):
        await kit.desk._tracker.merge(await kit.broker.order_history(DAY))
    assert (await kit.order(order.order_id)).state is OrderState.REJECTED
    assert kit.surface.alerts == []


async def test_a_twin_without_a_number_keeps_an_ended_order_closed(kit):
    kit.limits = replace(kit.limits, repeat_count=3)
    kit.again()
    kit.broker.answers.extend([Answer.NOT_SENT, Answer.ACCEPT, Answer.SILENT_AND_TAKEN])
    first = await kit.sent(buy(2, 35_000))
    second = await kit.sent(buy(2, 35_000))
    await kit.sent(buy(2, 35_000))
    await kit.poll()
    assert (await kit.order(first.order_id)).state is OrderState.NOT_SENT
    assert second.state is OrderState.WORKING
    await kit.poll(2)
    assert (await kit.order(first.order_id)).state is OrderState.NOT_SENT


async def test_an_order_without_an_attempt_cannot_be_recognised(kit):
    ticket = await kit.approved(sell(1))
    order = await kit.order(f"{ticket.ticket_id}-1")
    await kit.force(replace(order, state=UNKNOWN), OrderState.CREATED)
    assert await kit.desk._tracker.live_sessions() == {DAY}
    await kit.poll()
    assert (await kit.order(order.order_id)).state is UNKNOWN


async def test_one_unreadable_session_does_not_hide_another(kit, clock):
    old = await kit.sent(buy(1, 35_000))
    clock.set(at(10, day=DAY + timedelta(days=1)))
    new = await kit.sent(sell(1))
    kit.broker.fill(new.ref.number, 1)
    kit.broker.unreadable_days = {DAY}
    with pytest.raises(BrokerUnavailable):
        await kit.poll()
    assert (await kit.order(new.order_id)).state is OrderState.FILLED
    assert (await kit.order(old.order_id)).state is OrderState.WORKING


async def looks(kit):
    """Return the seconds from now to the next read, as often as nothing changes."""
    return (await kit.desk._tracker.next_look() - kit.clock.now()).total_seconds()


async def test_doubt_is_looked_at_soon_then_less_often(kit):
    assert await kit.desk._tracker.next_look() is None
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    order = await kit.sent(buy(2, 35_000))
    since, seen = kit.clock.now(), []
    for _ in range(9):
        kit.clock.move(await looks(kit))
        seen.append((kit.clock.now() - since).total_seconds())
    assert seen == [1, 2, 4, 8, 15, 30, 60, 90, 120]
    await kit.sent(sell(1))
    assert await looks(kit) == 5
    decision = Void(typed=order.order_id)
    await kit.desk.resolve(kit.click(order.ticket_id), order.order_id, decision)
    kit.broker.fill("0000000001", 1)
    await kit.poll()
    assert await looks(kit) == 30  # what a person voided may still appear today
    kit.clock.set(at(15, 30))
    assert await kit.desk._tracker.next_look() is None


async def test_two_orders_that_may_both_own_a_row_ask_a_person(kit):
    kit.broker.answers.extend([Answer.SILENT_AND_TAKEN, Answer.SILENT_AND_LOST])
    first = await kit.sent(buy(2, 35_000))
    second = await kit.sent(sell(2, 30_000))
    async with kit.ledger.transaction() as tx:
        armed = {order.order_id: attempt for order, attempt in await tx.armed_on(DAY)}
    twin = replace(armed[first.order_id], order_id=second.order_id)
    history = await kit.broker.order_history(DAY)
    day = DayList(history=history, armed=((first, armed[first.order_id]), (second, twin)))
    async with kit.ledger.transaction() as tx:
        assert await kit.desk._tracker._resolver.resolve(tx, day) == {"0000000001"}
    for order in (first, second):
        held = await kit.order(order.order_id)
        assert held.state is HOLD
        assert "둘이" in held.reason


async def test_a_candidate_that_vanishes_is_counted_anew(kit):
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    await kit.poll()
    kit.broker.hidden.add("0000000001")
    await kit.poll()
    kit.broker.hidden.clear()
    await kit.poll()
    assert (await kit.order(order.order_id)).state is UNKNOWN
    await kit.poll()
    assert (await kit.order(order.order_id)).state is OrderState.WORKING

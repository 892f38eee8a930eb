from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.domain.books import SymbolHold
from core.domain.breakers import Breaker, Trip
from core.domain.lease import Lease
from core.domain.modes import TradingState
from core.domain.orders import (
    END_STATES,
    Accepted,
    BrokerOrderRef,
    OrderState,
    OrderType,
    WireRecord,
)
from core.errors import StorageError
from core.services.orders.arming import Armed, LastHopBroken
from core.services.orders.results import Fenced, Postponed
from tests.fakes.desk_kit import DAY, KO, KODEX, TIGER, WIDE, at, buy, sell
from tests.fakes.scripted_broker import Answer

LOST, TAKEN, NOT_SENT = Answer.SILENT_AND_LOST, Answer.SILENT_AND_TAKEN, Answer.NOT_SENT


def reason(key, **values):
    return KO.say(f"orders.reason_{key}", **values)


async def held(kit):
    async with kit.ledger.transaction() as tx:
        return {item.order_id: (item.won, item.shares) for item in await tx.reservations()}


async def attempt_of(kit, order):
    async with kit.ledger.transaction() as tx:
        return await tx.attempt_of(order.order_id)


async def test_a_process_that_lost_its_lease_changes_nothing_and_stops_for_good(kit):
    ticket = await kit.approved(buy(1))
    async with kit.ledger.transaction() as tx:
        await tx.put_lease(Lease(epoch=2, holder="other", renewed_at=kit.clock.now()))
    order = await kit.order(f"{ticket.ticket_id}-1")
    result = await kit.desk._runner._executor.execute(ticket, order)
    assert result == Fenced(order)
    assert await kit.run() is None
    assert await kit.order(order.order_id) == order
    assert len(kit.lease.lost) == 2
    kit.lease.epoch = 2
    assert await kit.run() is None  # it had stopped
    assert kit.broker.posts == []
    kit.again()
    await kit.run()
    assert len(kit.broker.posts) == 1
    assert (await attempt_of(kit, order)).lease_epoch == 2


async def test_the_interlock_blocks_in_its_own_words(kit):
    kit.interlock.sentence = "실전 확인이 만료되었습니다."
    order = await kit.sent(buy(1))
    assert (order.state, order.reason) == (OrderState.BLOCKED, "실전 확인이 만료되었습니다.")
    assert kit.broker.posts == []


async def between_gate_and_arm(kit, act):
    gate = kit.desk._runner._executor._gate
    check = gate.check

    async def checked(*values):
        verdict = await check(*values)
        return await act(verdict) or verdict

    gate.check = checked


@pytest.mark.parametrize("effect", [TradingState.HALTED, TradingState.REDUCE_ONLY])
async def test_a_breaker_that_comes_out_between_gate_and_arm_holds(kit, effect):
    async def act(_verdict):
        trip = Trip(
            breaker=Breaker.DAY_LOSS, effect=effect, at=at(10), until=None, reason="하루 손실 한도"
        )
        async with kit.ledger.transaction() as tx:
            await tx.put_trip(trip)

    await between_gate_and_arm(kit, act)
    order = await kit.sent(buy(1))
    assert order.reason == reason("tripped", detail="하루 손실 한도")
    assert kit.broker.posts == []


async def test_a_held_symbol_is_not_ordered_and_another_is(kit):
    async def act(_verdict):
        async with kit.ledger.transaction() as tx:
            await tx.hold_symbol(SymbolHold(symbol=KODEX, since=at(10), reason="3주/5주"))

    await between_gate_and_arm(kit, act)
    assert (await kit.sent(buy(1))).reason == reason("symbol_held", detail="3주/5주")
    assert (await kit.sent(sell(1))).state is OrderState.WORKING


async def test_an_order_is_told_apart_from_one_without_a_number(kit):
    kit.broker.answers.extend([NOT_SENT])
    first = await kit.sent(buy(3, 35_000))
    second = await kit.sent(buy(3, 35_000))
    assert [post.quantity for post in kit.broker.posts] == [3, 2]
    assert second.reason == reason("distinct_quantity", old=3, new=2)
    gated = next(line for line in await kit.journal(second.order_id) if line.kind == "order.gated")
    assert gated.facts["reduced_by"] == ["distinct"]
    assert gated.facts["signature"] == second.request.signature
    assert second.state is OrderState.WORKING
    assert first.request.signature != second.request.signature


async def test_one_share_to_buy_is_told_apart_by_a_lower_price(kit):
    kit.broker.answers.append(NOT_SENT)
    await kit.sent(buy(1, 35_000))
    second = await kit.sent(buy(1, 35_000))
    assert [post.price_won for post in kit.broker.posts] == [35_000, 34_995]
    assert second.reason == reason("distinct_price", old=35_000, new=34_995)


async def test_one_share_to_sell_is_told_apart_by_a_higher_price(kit):
    kit.broker.answers.append(NOT_SENT)
    await kit.sent(sell(1, 30_000))
    await kit.sent(sell(1, 30_000))
    assert [post.price_won for post in kit.broker.posts] == [30_000, 30_005]


async def test_what_cannot_be_told_apart_is_not_sent(kit):
    kit.broker.answers.append(NOT_SENT)
    await kit.sent(buy(1, order_type=OrderType.MARKET))
    second = await kit.sent(buy(1, order_type=OrderType.MARKET))
    assert (second.state, second.reason) == (OrderState.BLOCKED, reason("same_as_unmatched"))
    assert len(kit.broker.posts) == 1


async def test_an_order_holds_back_its_cost_until_it_ends(kit):
    order = await kit.sent(buy(3, 35_000))
    assert await held(kit) == {order.order_id: (105_015, 0)}
    kit.broker.fill(order.ref.number, 1)
    await kit.poll()
    assert await held(kit) == {order.order_id: (105_015, 0)}
    kit.broker.fill(order.ref.number, 3)
    await kit.poll()
    assert await held(kit) == {}


async def test_a_sell_holds_back_shares_and_doubt_keeps_them(kit):
    kit.broker.answers.append(LOST)
    order = await kit.sent(sell(2))
    assert order.state is OrderState.UNKNOWN
    assert await held(kit) == {order.order_id: (0, 2)}
    kit.clock.set(at(15, 45))
    await kit.desk.close_out(DAY)
    assert await held(kit) == {}


@pytest.mark.parametrize("answer", [Answer.REJECT, NOT_SENT])
async def test_what_never_stood_holds_nothing(kit, answer):
    kit.broker.answers.append(answer)
    assert (await kit.sent(buy(1))).state in END_STATES
    assert await held(kit) == {}


async def test_a_reopened_order_holds_back_again(kit):
    order = await kit.sent(buy(5, 35_000))
    await kit.desk.request_cancel(kit.click(order.ticket_id))
    await kit.poll()
    assert await held(kit) == {}
    kit.broker.change(order.ref.number, filled=2, cancelled=0, remaining=3)
    await kit.desk._tracker.merge(await kit.broker.order_history(DAY))
    assert (await kit.order(order.order_id)).state is OrderState.PARTIAL
    assert await held(kit) == {order.order_id: (105_015, 0)}


async def test_an_order_larger_than_what_is_free_waits(kit):
    async def act(verdict):
        return replace(verdict, room=1)

    await between_gate_and_arm(kit, act)
    order = await kit.sent(buy(1))
    assert (order.state, order.reason) == (OrderState.GATED, reason("reserved"))
    assert kit.broker.posts == []


async def test_an_approval_that_vanished_halts_at_the_last_hop(kit, database):
    await kit.sent(buy(1))
    ticket = await kit.approved(sell(1))
    async with database.transaction() as sql:
        await sql.run(text("UPDATE tickets SET payload_hash = 't1:0' WHERE ticket_id = 'T0000001'"))
    await kit.run()
    assert len(kit.broker.posts) == 1
    assert await kit.switch.state() is TradingState.HALTED
    async with kit.ledger.transaction() as tx:
        (trip,) = await tx.trips()
    assert (trip.breaker, trip.effect, trip.until) == (Breaker.LAST_HOP, TradingState.HALTED, None)
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.CREATED


async def test_a_second_post_for_one_arm_never_leaves(kit):
    order = await kit.sent(buy(1))
    executor = kit.desk._runner._executor
    with pytest.raises(LastHopBroken):
        await executor._post(Armed(order, order.request))
    assert len(kit.broker.posts) == 1
    ticket = await kit.approved(sell(1))
    executor._posted_count += 1
    await kit.run()
    assert len(kit.broker.posts) == 1
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.UNKNOWN
    assert await kit.switch.state() is TradingState.HALTED


async def test_known_numbers_hold_what_was_listed_and_what_is_ours(kit):
    first = await kit.sent(buy(1))
    kit.broker.hidden.add(first.ref.number)
    kit.broker.list_order(replace(first.request, quantity=9))
    second = await kit.sent(sell(1))
    attempt = await attempt_of(kit, second)
    assert attempt.known_numbers == {"0000000001", "0000000002"}
    assert attempt.server_ahead == timedelta(0)


async def test_an_order_by_hand_between_gate_and_arm_is_judged_anew(kit):
    kit.limits = replace(WIDE, day_count=1)
    kit.again()
    ticket = await kit.approved(buy(1))

    async def act(verdict):
        kit.desk._runner._executor._gate.check = check
        kit.broker.list_order(replace(verdict.request, quantity=7, symbol=TIGER))
        await kit.desk._tracker.merge(await kit.broker.order_history(DAY))

    check = kit.desk._runner._executor._gate.check
    await between_gate_and_arm(kit, act)
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert isinstance(await kit.desk._runner._executor.execute(ticket, order), Postponed)
    await kit.run()
    assert "하루 주문 한도" in (await kit.order(order.order_id)).reason
    assert kit.broker.posts == []


@pytest.mark.parametrize("taken", ["ours", "listed before"])
async def test_a_number_that_cannot_be_new_is_doubt(kit, taken):
    first = await kit.sent(buy(2))
    number = (
        first.ref.number if taken == "ours" else kit.broker.list_order(first.request).ref.number
    )
    if taken == "ours":
        kit.broker.hidden.add(number)

    async def same(call):
        if call == "place_order done":
            kit.broker.rows.pop()

    kit.broker.hook = same
    list_order = kit.broker.list_order

    def numbered(request):
        row = list_order(request)
        return replace(row, ref=replace(row.ref, number=number))

    kit.broker.list_order = numbered
    order = await kit.sent(sell(1))
    assert (order.state, order.ref) == (OrderState.UNKNOWN, None)
    assert order.reason == reason("number_taken", number=number)


async def test_the_number_of_an_order_by_hand_is_doubt_even_when_the_baseline_lacks_it(kit):
    request = (await kit.sent(buy(2))).request
    number = kit.broker.list_order(replace(request, quantity=9)).ref.number
    await kit.desk._tracker.merge(await kit.broker.order_history(DAY))
    kit.broker.hidden.add(number)
    list_order = kit.broker.list_order

    def numbered(request):
        row = list_order(request)
        return replace(row, ref=replace(row.ref, number=number))

    kit.broker.list_order = numbered
    order = await kit.sent(sell(1))
    assert (order.state, order.ref) == (OrderState.UNKNOWN, None)


class FullDisk:
    """A ledger that takes nothing from the answer of the post on."""

    def __init__(self, inner):
        self.inner, self.full = inner, False

    def transaction(self):
        if self.full:
            raise StorageError("database or disk is full")
        return self.inner.transaction()


async def test_an_accepted_order_that_cannot_be_stored_goes_to_the_file(kit, tmp_path):
    raw = kit.ledger
    kit.ledger = disk = FullDisk(raw)
    kit.again()
    ticket = await kit.approved(buy(1))

    async def fill_up(call):
        disk.full = disk.full or call == "place_order done"

    kit.broker.hook = fill_up
    await kit.run()
    line = json.loads((tmp_path / "unstored.jsonl").read_text().strip())
    assert (line["order_id"], line["number"]) == (f"{ticket.ticket_id}-1", "0000000001")
    # The alarm could not be stored either: it is told without the database.
    assert await kit.desk._alarms.deliver() is False
    assert KO.say("orders.alert_unstored_title") in [title for title, _ in kit.surface.alerts]
    assert len(kit.broker.posts) == 1
    disk.full = False


def clock_ahead(kit, seconds):
    """Let the broker's list say that its clock runs ahead of ours."""
    read = type(kit.broker).order_history

    async def history(day):
        found = await read(kit.broker, day)
        return replace(found, server_ahead=timedelta(seconds=seconds))

    kit.broker.order_history = history


@pytest.mark.parametrize("seconds", [31, -31])
async def test_nothing_is_armed_while_the_clocks_are_far_apart(kit, seconds):
    clock_ahead(kit, seconds)
    ticket = await kit.approved(buy(1))
    assert await kit.run() == kit.clock.now() + timedelta(seconds=5)
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert (order.state, order.reason) == (OrderState.CREATED, reason("waiting_clock", seconds=31))
    clock_ahead(kit, 0)
    assert await kit.run() is None
    assert len(kit.broker.posts) == 1


async def test_a_lost_order_is_found_by_the_brokers_clock(kit):
    clock_ahead(kit, 25)
    kit.broker.answers.append(TAKEN)
    order = await kit.sent(buy(2, 35_000))
    assert (await attempt_of(kit, order)).server_ahead == timedelta(seconds=25)
    kit.broker.change("0000000001", placed_at=at(10, 1, 24))  # 59 s after the arm
    await kit.poll(2)
    assert (await kit.order(order.order_id)).state is OrderState.WORKING
    await kit.desk._alarms.deliver()
    titles = [title for title, _ in kit.surface.alerts]
    assert titles.count(KO.say("orders.alert_clock_title")) == 1


async def test_what_was_posted_and_answered_is_in_the_journal(kit):
    place = kit.broker.place_order

    async def written(request):
        wire = WireRecord(request="POST order", answer="HTTP 200 ok")
        return replace(await place(request), wire=wire)

    kit.broker.place_order = written
    order = await kit.sent(buy(1))
    facts = (await kit.journal(order.order_id))[-1].facts
    assert (facts["request"], facts["answer"]) == ("POST order", "HTTP 200 ok")


class Refusing:
    """A file of last resort on a disk that takes nothing."""

    def append(self, answer):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("answer", [Answer.ACCEPT, Answer.REJECT])
async def test_with_no_room_anywhere_the_order_is_in_doubt(kit, answer):
    raw = kit.ledger
    kit.ledger = disk = FullDisk(raw)
    kit.again()
    context = replace(kit.context, notes=Refusing())
    kit.desk._runner._executor._outcomes._context = context
    kit.broker.answers.append(answer)
    ticket = await kit.approved(buy(1))

    async def fill_up(call):
        disk.full = disk.full or call == "place_order done"

    kit.broker.hook = fill_up
    await kit.run()
    kit.broker.hook, disk.full = None, False
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.state is OrderState.UNKNOWN
    await kit.desk._alarms.deliver()
    titles = [title for title, _ in kit.surface.alerts]
    told = KO.say("orders.alert_unstored_title") in titles
    assert told == (answer is Answer.ACCEPT)
    assert len(kit.broker.posts) == 1


async def test_an_answer_for_an_order_without_an_attempt_or_record_is_stored(kit, database):
    ticket = await kit.approved(buy(1))
    order = await kit.order(f"{ticket.ticket_id}-1")
    armed = replace(order, state=OrderState.SUBMITTING, request=None)
    await kit.force(armed, OrderState.CREATED)
    async with database.transaction() as sql:
        await sql.run(text("DELETE FROM trade_records"))
    ref = BrokerOrderRef(number="7")
    outcome = Accepted(ref=ref, accepted_at=None)
    noted = await kit.desk._runner._executor._outcomes.note(armed, outcome)
    assert (noted.state, noted.ref) == (OrderState.WORKING, ref)

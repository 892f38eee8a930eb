"""What became of a ticket's orders is told once, when all of them have ended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.domain.orders import OrderState
from core.domain.tickets import TicketKind
from core.errors import StorageError
from tests.fakes.desk_kit import CHANNEL, DAY, KODEX, KOSDAQ, at, buy
from tests.fakes.scripted_broker import Answer


async def told(kit):
    await kit.desk._results.look()
    await kit.outbox.deliver()
    return [item for item in kit.surface.alerts if item[0].startswith("주문 결과")]


async def test_a_filled_order_is_told_once_with_its_name(kit):
    order = await kit.sent(buy(2))
    # Nothing leads anywhere before the ticket has a message.
    assert await told(kit) == []
    assert await kit.publish()
    assert await told(kit) == []
    kit.broker.fill(order.ref.number, 2)
    await kit.poll(2)
    filled = await kit.order(order.order_id)
    assert filled.state is OrderState.FILLED
    words = "매수 KODEX 200 · 체결 2/2주"
    ended = f"제안 {order.ticket_id}의 주문이 모두 끝났습니다.\n{words}"
    assert await told(kit) == [(f"주문 결과: {words}", ended)]
    ticket = await kit.stored(order.ticket_id)
    kit.again()
    assert len(await told(kit)) == 1
    async with kit.ledger.transaction() as tx:
        key = f"result:{CHANNEL}:{ticket.message_id}:{ticket.ticket_id}"
        assert not await kit.outbox.tell(tx, key, "다시", "같은 것")


async def test_another_message_of_the_ticket_tells_nothing_again(kit):
    order = await kit.sent(buy(2))
    assert await kit.publish()
    kit.broker.fill(order.ref.number, 2)
    await kit.poll(2)
    assert len(await told(kit)) == 1
    # Somebody deleted the message by hand: the ticket is shown in a new one.
    ticket = await kit.stored(order.ticket_id)
    async with kit.ledger.transaction() as tx:
        await tx.mark_published(
            ticket.ticket_id, ticket.version, ticket.channel_id, ticket.message_id + 1
        )
    assert (await kit.stored(order.ticket_id)).message_id == ticket.message_id + 1
    kit.again()
    assert len(await told(kit)) == 1
    assert kit.desk._results._told == {order.ticket_id}


async def test_a_basket_is_told_when_its_last_order_has_ended(kit):
    made = await kit.approved(buy(2), buy(1, symbol=KOSDAQ), kind=TicketKind.BASKET)
    assert await kit.publish()
    await kit.run()
    first, second = [await kit.order(f"{made.ticket_id}-{leg}") for leg in (1, 2)]
    kit.broker.fill(first.ref.number, 2)
    await kit.poll(2)
    assert await told(kit) == []
    await kit.desk.request_cancel(kit.click(made))
    await kit.poll(3)
    assert (await kit.order(second.order_id)).state is OrderState.CANCELLED
    [(title, text)] = await told(kit)
    assert title == "주문 결과: 체결 1건 · 취소 1건"
    assert text.splitlines()[1:] == [
        "매수 KODEX 200 · 체결 2/2주",
        "매수 KODEX 코스닥150 · 취소 0/1주",
    ]


async def test_what_was_never_sent_says_so(kit):
    made = await kit.approved(buy(2))
    assert await kit.publish()
    await kit.desk.request_cancel(kit.click(made))
    [(title, _)] = await told(kit)
    assert title.startswith("주문 결과: 매수 KODEX 200 · 보내지 않음 0/")


async def test_an_order_in_doubt_has_no_result(kit):
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    order = await kit.sent(buy(2))
    assert await kit.publish()
    assert order.state is OrderState.UNKNOWN
    assert await told(kit) == []


async def test_what_ended_after_its_day_is_told_on_the_next_morning(kit):
    order = await kit.sent(buy(2))
    assert await kit.publish()
    kit.broker.fill(order.ref.number, 2)
    await kit.poll(2)
    kit.clock.set(at(8, day=DAY + timedelta(days=1)))
    kit.again()
    [(title, _)] = await told(kit)
    assert title == "주문 결과: 매수 KODEX 200 · 체결 2/2주"


async def test_orders_of_two_sessions_ago_are_forgotten(kit):
    order = await kit.sent(buy(2))
    assert await kit.publish()
    kit.broker.fill(order.ref.number, 2)
    await kit.poll(2)
    assert len(await told(kit)) == 1
    assert kit.desk._results._told == {order.ticket_id}
    kit.clock.set(at(9, day=DAY + timedelta(days=1)))
    assert len(await told(kit)) == 1
    assert kit.desk._results._told == {order.ticket_id}
    kit.clock.set(at(9, day=DAY + timedelta(days=20)))
    assert len(await told(kit)) == 1
    assert kit.desk._results._told == set()
    # A day that the calendar does not know has no session before it.
    kit.clock.set(at(9, day=DAY.replace(year=2090)))
    assert len(await told(kit)) == 1


async def test_what_was_not_stored_is_told_later(kit, monkeypatch):
    for symbol in (KODEX, KOSDAQ):
        order = await kit.sent(buy(1, symbol=symbol))
        assert await kit.publish()
        kit.broker.fill(order.ref.number, 1)
        await kit.poll(2)
    alarms, tells = kit.desk._results._alarms, []
    tell = alarms.tell

    async def fails_the_second_time(*given, **named):
        tells.append(named["ticket"])
        if len(tells) == 2:
            raise StorageError("disk full")
        await tell(*given, **named)

    monkeypatch.setattr(alarms, "tell", fails_the_second_time)
    with pytest.raises(StorageError):
        await kit.desk._results.look()
    monkeypatch.undo()
    assert len(await told(kit)) == 2

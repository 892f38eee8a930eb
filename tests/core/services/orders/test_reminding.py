"""A ticket that nobody pressed reminds of itself once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.domain.modes import Mode
from core.domain.tickets import TicketKind, TicketState
from tests.fakes.desk_kit import CHANNEL, KOSDAQ, at, buy


@pytest.fixture
def kit(kit):
    kit.reminder = timedelta(minutes=20)
    kit.again()
    return kit


async def told(kit):
    await kit.desk._reminder.look()
    await kit.outbox.deliver()
    return [text for title, text in kit.surface.alerts if title == "곧 만료되는 제안"]


async def shown(kit, *legs, kind=TicketKind.BASKET):
    made = await kit.ticket(*legs, kind=kind)
    assert await kit.publish()
    return await kit.stored(made)


async def test_a_basket_reminds_twenty_minutes_before_its_time_and_once(kit):
    made = await shown(kit, buy(2), buy(1, symbol=KOSDAQ))
    kit.clock.set(at(14, 39, 59))
    assert await told(kit) == []
    kit.clock.set(at(14, 40))
    words = "매수 KODEX 200 2주 · 매수 KODEX 코스닥150 1주. 승인하지 않으면 15:00에 주문하지 않고 끝납니다."
    assert await told(kit) == [f"제안 {made.ticket_id}: {words}"]
    kit.clock.set(at(14, 50))
    kit.again()
    assert len(await told(kit)) == 1


async def test_a_leg_taken_out_reminds_of_nothing_anew(kit):
    made = await shown(kit, buy(2), buy(1, symbol=KOSDAQ))
    kit.clock.set(at(14, 45))
    assert len(await told(kit)) == 1
    await kit.desk.toggle(kit.click(made, message=made.message_id), 1)
    assert len(await told(kit)) == 1


async def test_what_was_reminded_of_stays_true_after_a_leg_was_taken_out(kit):
    made = await shown(kit, buy(2), buy(1, symbol=KOSDAQ), kind=TicketKind.CHAT)
    kit.clock.set(made.created_at + timedelta(seconds=400))
    [text] = await told(kit)
    assert "승인하지 않으면 10:10에" in text
    new = await kit.desk.toggle(kit.click(made, message=made.message_id), 1)
    assert new.expires_at == made.expires_at
    kit.clock.set(made.expires_at + timedelta(seconds=1))
    await kit.desk._deadlines.expire_tickets()
    assert (await kit.stored(new)).state is TicketState.EXPIRED


async def test_a_ticket_of_ten_minutes_reminds_in_its_last_third(kit):
    made = await shown(kit, buy(1), kind=TicketKind.CHAT)
    kit.clock.set(made.created_at + timedelta(seconds=399))
    assert await told(kit) == []
    kit.clock.set(made.created_at + timedelta(seconds=400))
    assert len(await told(kit)) == 1


async def test_what_is_decided_over_or_not_shown_reminds_of_nothing(kit):
    made = await shown(kit, buy(1))
    await kit.desk.decline(kit.click(made, message=made.message_id))
    await kit.ticket(buy(1), kind=TicketKind.BASKET)
    kit.clock.set(at(14, 45))
    assert await told(kit) == []
    assert await kit.publish()
    kit.clock.set(at(15, 0, 1))
    assert await told(kit) == []


async def test_what_cannot_be_approved_reminds_of_nothing(kit):
    await shown(kit, buy(1))
    kit.broker.mode = Mode.OBSERVE
    kit.clock.set(at(14, 45))
    assert await told(kit) == []


async def test_it_can_be_switched_off(kit):
    kit.reminder = timedelta(0)
    kit.again()
    await shown(kit, buy(1))
    kit.clock.set(at(14, 59))
    assert await told(kit) == []


async def test_its_key_names_the_message(kit):
    made = await shown(kit, buy(1))
    kit.clock.set(at(14, 45))
    await kit.desk._reminder.look()
    [message] = await kit.outbox.waiting()
    assert message.key == f"reminder:{CHANNEL}:{made.message_id}"

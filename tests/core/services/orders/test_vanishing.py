from __future__ import annotations

from core.domain.orders import OrderState
from core.domain.tickets import TicketState
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import CHANNEL, buy


async def published(kit, ticket):
    await kit.publish()
    return await kit.stored(ticket)


async def test_a_ticket_nobody_can_read_cannot_be_approved(kit):
    ticket = await published(kit, await kit.ticket(buy(1)))
    other = await published(kit, await kit.ticket(buy(2)))
    assert await kit.desk.gone(CHANNEL, 1) == 0
    assert await kit.desk.gone(99, ticket.message_id) == 0
    assert await kit.desk.gone(CHANNEL, ticket.message_id) == 1
    ended = await kit.stored(ticket)
    assert ended.state is TicketState.INVALIDATED
    assert "지워져" in ended.state_reason
    assert (await kit.kinds(ticket.ticket_id))[-1] == "ticket.invalidated"
    late = await kit.desk.approve(kit.click(ended, message=ended.message_id))
    assert late is ClickOutcome.ALREADY_DECIDED
    assert (await kit.stored(other)).state is TicketState.PRESENTED
    assert kit.broker.posts == []


async def test_the_messages_that_should_be_there_are_those_of_waiting_tickets(kit):
    ticket = await published(kit, await kit.ticket(buy(1)))
    await published(kit, await kit.approved(buy(2)))
    assert await kit.desk.waiting_messages() == ((CHANNEL, ticket.message_id),)
    await kit.ticket(buy(3))
    assert len(await kit.desk.waiting_messages()) == 1


async def test_an_approved_ticket_is_shown_again(kit):
    ticket = await kit.approved(buy(1))
    shown = await published(kit, ticket)
    await kit.run()
    shown = await published(kit, ticket)
    assert await kit.desk.gone(CHANNEL, shown.message_id) == 1
    again = await kit.stored(ticket)
    assert (again.state, again.version) == (TicketState.APPROVED, shown.version + 1)
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.WORKING


async def test_a_deleted_thread_takes_all_its_tickets_along(kit):
    first = await published(kit, await kit.ticket(buy(1)))
    second = await published(kit, await kit.ticket(buy(2)))
    unseen = await kit.ticket(buy(3))
    assert await kit.desk.gone(CHANNEL) == 2
    states = [(await kit.stored(item)).state for item in (first, second, unseen)]
    assert states == [TicketState.INVALIDATED, TicketState.INVALIDATED, TicketState.PRESENTED]


async def test_a_press_that_was_first_wins(kit, monkeypatch):
    ticket = await published(kit, await kit.ticket(buy(1)))
    vanish = kit.desk.gone.__self__._vanished

    async def late(item):
        await kit.desk.approve(kit.click(ticket, message=ticket.message_id))
        await vanish(item)

    monkeypatch.setattr(kit.desk.gone.__self__, "_vanished", late)
    await kit.desk.gone(CHANNEL, ticket.message_id)
    assert (await kit.stored(ticket)).state is TicketState.APPROVED

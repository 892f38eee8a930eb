"""A message that is not shown: its process was replaced meanwhile, or Discord does not take it."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import DeliveryRefused, StorageError
from tests.fakes.desk_kit import CHANNEL, Undeliverable, buy


async def a_newer_one_is_shown_meanwhile(kit, ticket):
    """Play the other process: it took the database over, changed the ticket and showed that."""
    async with kit.ledger.transaction() as tx:
        await tx.touch_ticket(ticket.ticket_id)
        newest = await tx.ticket(ticket.ticket_id)
        await tx.mark_published(ticket.ticket_id, newest.version, CHANNEL, 500)
        assert await tx.unpublished_tickets() == ()


async def due(kit):
    async with kit.ledger.transaction() as tx:
        return [ticket.ticket_id for ticket in await tx.unpublished_tickets()]


async def test_an_edit_that_lands_late_brings_the_newest_again(kit):
    ticket = await kit.ticket(buy(1))
    show = kit.surface.show_ticket

    async def late(view):
        await a_newer_one_is_shown_meanwhile(kit, ticket)
        return await show(view)

    kit.surface.show_ticket = late
    assert await kit.publish() is True
    assert await due(kit) == [ticket.ticket_id]
    kit.surface.show_ticket = show
    assert await kit.publish() is True
    assert await due(kit) == []
    (view,) = kit.surface.shown.values()
    assert view.ticket.version == 2


async def test_an_edit_whose_answer_is_lost_brings_the_newest_again(kit):
    ticket = await kit.ticket(buy(1))

    async def lost(_view):
        await a_newer_one_is_shown_meanwhile(kit, ticket)
        raise Undeliverable("no answer")

    kit.surface.show_ticket = lost
    assert await kit.publish() is False
    assert await due(kit) == [ticket.ticket_id]


async def test_a_process_that_ends_in_an_edit_brings_the_newest_again(kit):
    ticket = await kit.ticket(buy(1))
    arrived = asyncio.Event()

    async def stands_still(_view):
        await a_newer_one_is_shown_meanwhile(kit, ticket)
        arrived.set()
        await asyncio.Event().wait()

    kit.surface.show_ticket = stands_still
    publishing = asyncio.create_task(kit.publish())
    await asyncio.wait_for(arrived.wait(), 30)
    publishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing
    assert await due(kit) == [ticket.ticket_id]


async def test_a_lost_answer_that_cannot_be_noted_ends_nothing(kit, monkeypatch):
    ticket = await kit.ticket(buy(1))
    kit.surface.failures = 1
    transaction = kit.ledger.transaction

    def full():
        raise StorageError("database or disk is full")

    monkeypatch.setattr(kit.ledger, "transaction", full)
    assert await kit.publish() is False
    monkeypatch.setattr(kit.ledger, "transaction", transaction)
    assert await kit.publish() is True
    assert await due(kit) == []
    assert [view.ticket.ticket_id for view in kit.surface.shown.values()] == [ticket.ticket_id]


def refuse(kit, monkeypatch):
    """Let Discord take no edit; return how often it was asked."""
    asked = []

    async def refused(view):
        asked.append(view.ticket.version)
        raise DeliveryRefused("403 Forbidden (50001): Missing Access")

    monkeypatch.setattr(kit.surface, "show_ticket", refused)
    return asked


async def told(kit):
    await kit.outbox.deliver()
    title = "제안 메시지를 고치지 못하고 있습니다"
    return [text for said, text in kit.surface.alerts if said == title]


async def test_what_a_refused_message_should_say_is_told_in_the_alert_channel(
    kit, clock, monkeypatch
):
    ticket = await kit.ticket(buy(3))
    await kit.publish()
    (message,) = kit.surface.shown
    await kit.desk.approve(kit.click(ticket, message=message))
    await kit.run()
    asked = refuse(kit, monkeypatch)
    assert await kit.publish() is False
    (text,) = await told(kit)
    assert ticket.ticket_id in text
    assert "069500 매수 · 접수 (체결 0/3주)" in text
    await kit.publish()
    assert len(asked) == 1, "asked again at once"
    monkeypatch.undo()
    clock.move(61)
    assert await kit.publish() is True
    (view,) = kit.surface.shown.values()
    assert [order.state.value for order in view.orders] == ["WORKING"]


async def test_a_refused_proposal_is_told_once_for_each_version(kit, clock, monkeypatch):
    ticket = await kit.ticket(buy(1))
    asked = refuse(kit, monkeypatch)
    for _ in range(3):
        await kit.publish()
        clock.move(61)
    async with kit.ledger.transaction() as tx:
        await tx.touch_ticket(ticket.ticket_id)
    await kit.publish()
    assert len(asked) == 4
    first, _ = await told(kit)
    assert "보낸 주문이 없습니다" in first


async def test_a_refusal_that_cannot_be_told_ends_nothing(kit, monkeypatch):
    await kit.ticket(buy(1))
    asked = refuse(kit, monkeypatch)
    reading, reads = kit.desk._publisher._context.books.reading, []

    def broken_after_the_view():
        reads.append(1)
        if len(reads) > 2:
            raise StorageError("disk I/O error")
        return reading()

    monkeypatch.setattr(kit.desk._publisher._context.books, "reading", broken_after_the_view)
    assert await kit.publish() is False
    assert len(asked) == 1
    assert await told(kit) == []

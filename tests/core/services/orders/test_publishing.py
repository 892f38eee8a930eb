"""What a message shows when the process that edits it is replaced while it stands still."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import StorageError
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

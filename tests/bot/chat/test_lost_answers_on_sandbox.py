"""A press arrives, and Discord does not take our acknowledgement."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.chat import conversation
from bot.chat.surfaces import DiscordTicketSurface
from core.domain.orders import OrderState
from core.domain.tickets import TicketState
from tests.bot.chat.test_chat_on_sandbox import answered, open_thread
from tests.fakes.fake_chat_services import make_order, make_view


@pytest.mark.parametrize(("button", "what"), [("no", "decline"), ("cancel", "cancel")])
async def test_what_only_makes_less_is_done_all_the_same(house, bot, chat, button, what) -> None:
    desk = house.discord
    view = make_view()
    if button == "cancel":
        approved = replace(view.ticket, state=TicketState.APPROVED)
        view = make_view(approved, orders=(make_order(OrderState.WORKING),))
    _, message_id = await DiscordTicketSurface(bot).show_ticket(view)
    desk.deadline(0.2)
    desk.fault("POST /interactions/*/*/callback", "cut")
    await desk.press("owner", message_id, f"t1:{button}:4F9KQ2ZD")
    async with asyncio.timeout(10):
        while not chat.tickets.clicks:  # noqa: ASYNC110 - nothing is told on the wire
            await asyncio.sleep(0.005)
    assert [name for name, _ in chat.tickets.clicks] == [what]


async def test_an_approval_that_discord_did_not_acknowledge_decides_nothing(
    house, bot, chat
) -> None:
    desk = house.discord
    _, message_id = await DiscordTicketSurface(bot).show_ticket(make_view())
    desk.deadline(0.2)
    desk.fault("POST /interactions/*/*/callback", "cut")
    result = await desk.press("owner", message_id, "t1:ok:4F9KQ2ZD")
    assert result.failed
    assert chat.tickets.clicks == []


async def test_an_edit_that_discord_does_not_take_ends_no_answer(
    house, bot, chat, monkeypatch
) -> None:
    monkeypatch.setattr(conversation, "EDIT_SECONDS", 0.0)
    house.discord.fault("PATCH /channels/*/messages/*", "cut")
    thread = await open_thread(house)
    await answered(house, thread)

"""The form of ✏️ over the wire: what a person finds in its fields."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.chat.surfaces import DiscordTicketSurface
from core.errors import StorageError
from tests.bot.chat.test_chat_on_sandbox import told
from tests.fakes.fake_chat_services import make_view


def filled(opened) -> dict[str, str]:
    """What a person finds in the fields of a form."""
    inputs = [one["component"] for one in opened.modal["components"]]
    return {one["custom_id"]: one.get("value", "") for one in inputs}


async def test_the_edit_form_holds_the_present_terms_of_a_lone_leg(house, bot, chat) -> None:
    desk = house.discord
    _, message_id = await DiscordTicketSurface(bot).show_ticket(make_view())
    (leg,) = chat.tickets.shown.ticket.legs
    terms = {"leg": "1", "quantity": str(leg.quantity), "price": str(leg.price_won)}
    opened = await desk.press("owner", message_id, "t1:edit:4F9KQ2ZD")
    assert filled(opened) == terms
    # Sent as it came, it asks for just what was there.
    await told(house, await desk.submit_modal("owner", opened, {}))
    assert chat.tickets.edits == [(1, leg.quantity, leg.price_won)]

    at_market = replace(leg, price_won=None)
    chat.tickets.shown = showing(chat, at_market)
    assert filled(await desk.press("owner", message_id, "t1:edit:4F9KQ2ZD"))["price"] == ""


async def test_the_edit_form_of_several_legs_tells_terms_and_fills_none(house, bot, chat) -> None:
    desk = house.discord
    _, message_id = await DiscordTicketSurface(bot).show_ticket(make_view())
    (leg,) = chat.tickets.shown.ticket.legs
    second = replace(leg, number=2, quantity=7, price_won=None)
    chat.tickets.shown = showing(chat, replace(leg, quantity=3, price_won=35_150), second)
    opened = await desk.press("owner", message_id, "t1:edit:4F9KQ2ZD")
    assert filled(opened) == {"leg": "", "quantity": "", "price": ""}
    assert opened.modal["components"][0]["description"] == "1: 3×35,150 · 2: 7×시장가"


@pytest.mark.parametrize("is_slow", [True, False])
async def test_the_edit_form_opens_when_the_ledger_does_not_tell(
    house, bot, chat, monkeypatch, is_slow
) -> None:
    async def view(_ticket_id: str) -> None:
        if is_slow:
            await asyncio.Event().wait()
        raise StorageError("disk full")

    desk = house.discord
    _, message_id = await DiscordTicketSurface(bot).show_ticket(make_view())
    monkeypatch.setattr("bot.chat.ticket_buttons._TERMS_SECONDS", 0.05)
    chat.tickets.view = view
    opened = await desk.press("owner", message_id, "t1:edit:4F9KQ2ZD")
    assert filled(opened) == {"leg": "1", "quantity": "", "price": ""}


def showing(chat, *legs):
    """The ticket with other legs."""
    shown = chat.tickets.shown
    return replace(shown, ticket=replace(shown.ticket, legs=legs))

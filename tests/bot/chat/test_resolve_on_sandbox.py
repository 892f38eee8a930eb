"""Ending the doubt about an order, over the wire."""

from __future__ import annotations

import pytest

from bot.chat.surfaces import DiscordTicketSurface
from core.domain.orders import OrderState
from core.domain.tickets import TicketState
from core.errors import StorageError
from core.services.orders.values import Adopt, ClickOutcome, Void
from tests.bot.chat.conftest import running
from tests.bot.chat.test_chat_on_sandbox import told
from tests.bot.chat.test_switch_on_sandbox import buttons
from tests.fakes.fake_chat_services import make_leg, make_order, make_ticket, make_view

ASK = "r1:ask:4F9KQ2ZD-1"


def doubtful_view(*states: OrderState):
    legs = tuple(make_leg(number) for number in range(1, len(states) + 1))
    orders = tuple(make_order(state, number) for number, state in enumerate(states, 1))
    return make_view(make_ticket(legs=legs, state=TicketState.APPROVED), orders)


async def test_only_unproven_orders_have_the_button_and_the_way_to_look(house, bot) -> None:
    surface = DiscordTicketSurface(bot)
    for state in OrderState:
        _, message_id = await surface.show_ticket(doubtful_view(state))
        message = house.discord.message(message_id)
        asked = state in {OrderState.UNKNOWN, OrderState.OPERATOR_HOLD}
        assert (ASK in buttons(message)) == asked, state
        assert ("같은 주문을 손으로 다시 내지 마세요" in str(message["embeds"])) == asked
        await (
            bot.get_partial_messageable(int(message["channel_id"]))
            .get_partial_message(message_id)
            .delete()
        )


async def test_two_doubts_have_a_button_each(house, bot) -> None:
    view = doubtful_view(OrderState.UNKNOWN, OrderState.WORKING, OrderState.OPERATOR_HOLD)
    _, message_id = await DiscordTicketSurface(bot).show_ticket(view)
    message = house.discord.message(message_id)
    assert buttons(message) == ["t1:cancel:4F9KQ2ZD", ASK, "r1:ask:4F9KQ2ZD-3"]


@pytest.mark.parametrize(
    ("number", "decision"),
    [
        ("0000123", Adopt(number="0000123", typed="4F9KQ2ZD-1")),
        ("없음", Void(typed="4F9KQ2ZD-1")),
        ("NONE", Void(typed="4F9KQ2ZD-1")),
        (" 17 ", Adopt(number="17", typed="4F9KQ2ZD-1")),
    ],
)
async def test_what_was_found_goes_to_the_desk_even_after_a_restart(
    house, chat, number, decision
) -> None:
    desk = house.discord
    async with running(house, chat) as bot:
        surface = DiscordTicketSurface(bot)
        _, message_id = await surface.show_ticket(doubtful_view(OrderState.UNKNOWN))
        opened = await desk.press("owner", message_id, ASK)
        assert opened.kind == "modal"
    async with running(house, chat):
        values = {"number": number, "typed": "4F9KQ2ZD-1"}
        text = await told(house, await desk.submit_modal("owner", opened, values))
    assert "증권사 주문번호로 이어 갑니다" in text
    assert chat.tickets.resolved == [("4F9KQ2ZD-1", decision)]
    what, click = chat.tickets.clicks[-1]
    assert (what, click.ticket_id, click.message_id) == ("resolve", "4F9KQ2ZD", message_id)


@pytest.mark.parametrize("number", ["모름", "12a", "１２", "-3"])
async def test_what_is_neither_a_number_nor_none_changes_nothing(house, bot, chat, number) -> None:
    desk = house.discord
    _, message_id = await DiscordTicketSurface(bot).show_ticket(doubtful_view(OrderState.UNKNOWN))
    opened = await desk.press("owner", message_id, ASK)
    values = {"number": number, "typed": "4F9KQ2ZD-1"}
    text = await told(house, await desk.submit_modal("owner", opened, values))
    assert "바꾼 것이 없습니다" in text
    assert chat.tickets.resolved == []


async def test_every_outcome_is_said_and_every_stranger_refused(house, bot, chat) -> None:
    desk = house.discord
    _, message_id = await DiscordTicketSurface(bot).show_ticket(doubtful_view(OrderState.UNKNOWN))
    outcomes = {
        ClickOutcome.NOT_CONFIRMED: "주문 ID와 다릅니다",
        ClickOutcome.NUMBER_NOT_LISTED: "목록에 없습니다",
        ClickOutcome.CANDIDATE_SHOWN: "종결할 수 없습니다",
        ClickOutcome.RESOLVED_VOID: "없는 주문으로 종결",
    }
    for outcome, words in outcomes.items():
        chat.tickets.resolve_answer = outcome
        opened = await desk.press("owner", message_id, ASK)
        values = {"number": "1", "typed": "4F9KQ2ZD-1"}
        assert words in await told(house, await desk.submit_modal("owner", opened, values))
    chat.tickets.approvers = {desk.users["owner"]}
    refused = await told(house, await desk.press("stranger", message_id, ASK))
    assert "승인자만" in refused
    # The desk refused, so its journal has it.
    assert chat.tickets.clicks[-1][1].user_id == desk.users["stranger"]

    async def broken(click, order_id, decision):
        raise StorageError("disk full")

    chat.tickets.resolve = broken
    assert "처리하지 못했습니다" in await told(house, await desk.press("stranger", message_id, ASK))


async def test_orders_lists_a_button_for_each_doubt(house, bot, chat) -> None:
    chat.orders.today = (
        make_order(OrderState.OPERATOR_HOLD),
        make_order(OrderState.WORKING, ticket_id="WORKING1"),
    )
    result = await house.discord.slash("owner", "매매", "orders")
    message = await house.discord.settled(result)
    assert buttons(message) == [ASK, "t1:cancel:WORKING1"]

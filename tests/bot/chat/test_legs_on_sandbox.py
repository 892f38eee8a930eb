"""Buttons of single legs over the wire, what a ticket says beside its terms, and reminders."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.chat.leg_buttons import leg_buttons
from bot.chat.surfaces import DiscordAlerts, DiscordTicketSurface
from bot.chat.ticket_embed import ticket_buttons, ticket_embed
from bot.locales import load
from core.domain.instrument import Symbol
from core.domain.modes import Mode
from core.domain.money import Won
from core.domain.orders import OrderState, Side
from core.domain.outbox import OutboxMessage
from core.domain.risk import Denied, Rule, Violation
from core.domain.shown import LegChoice, Outlook
from core.domain.tickets import DraftLeg, TicketState
from core.errors import StorageError
from core.services.orders.values import ClickOutcome
from tests.bot.chat.test_chat_on_sandbox import last_ephemeral, told
from tests.fakes.fake_chat_services import NOW, make_leg, make_order, make_ticket, make_view

HOSTILE = "**굵게** @everyone [여기](http://evil.test)"


def choice(number: int, *, is_in: bool = True, name: str = "KODEX 200") -> LegChoice:
    leg = DraftLeg(symbol=Symbol(f"{number:06}"), side=Side.BUY, quantity=number)
    return LegChoice(number=number, name=name, leg=leg, is_in=is_in)


def basket(**changes: Any):
    """A ticket of two legs, with a third that is left out."""
    view = make_view(make_ticket(legs=(make_leg(1), make_leg(2, side=Side.SELL))))
    choices = (choice(1), choice(2), choice(3, is_in=False, name="TIGER 200"))
    return replace(view, choices=choices, **changes)


def description(view, locale: str = "ko") -> str:
    return str(ticket_embed(view, load(locale)).description)


async def test_a_leg_is_taken_out_by_its_button(house, bot, chat) -> None:
    desk = house.discord
    _, message_id = await DiscordTicketSurface(bot).show_ticket(basket())
    rows = desk.message(message_id)["components"]
    labels = [[one.get("label") for one in row["components"]] for row in rows]
    assert labels[1] == ["☑ 매수 KODEX 200", "☑ 매수 KODEX 200", "☐ 매수 TIGER 200"]
    chat.tickets.edit_answer = make_ticket("NEWNEW00")
    await desk.press("owner", message_id, "t1:leg:4F9KQ2ZD:3")
    await asyncio.sleep(0.1)
    [(what, click)] = chat.tickets.clicks
    assert (what, click.ticket_id, click.message_id) == ("toggle 3", "4F9KQ2ZD", message_id)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (ClickOutcome.LAST_LEG, "하나는 남아 있어야 합니다"),
        (ClickOutcome.ALREADY_DECIDED, "지금 상태 — 제안"),
        (Denied(violations=(Violation(rule=Rule.CASH),)), "지금 보이는 제안은 그대로입니다"),
    ],
)
async def test_what_did_not_change_is_told(house, bot, chat, answer, words) -> None:
    _, message_id = await DiscordTicketSurface(bot).show_ticket(basket())
    chat.tickets.edit_answer = answer
    await house.discord.press("owner", message_id, "t1:leg:4F9KQ2ZD:1")
    assert await last_ephemeral(house, "owner", "매매", words)


async def test_a_stranger_is_refused_by_the_desk(house, bot, chat) -> None:
    _, message_id = await DiscordTicketSurface(bot).show_ticket(basket())
    chat.tickets.approvers = {house.discord.users["owner"]}
    said = await told(house, await house.discord.press("stranger", message_id, "t1:leg:4F9KQ2ZD:1"))
    assert said == load("ko").say("orders.click_not_allowed")


async def test_a_ledger_that_fails_is_told(house, bot, chat) -> None:
    async def toggle(_click, _number):
        raise StorageError("disk full")

    _, message_id = await DiscordTicketSurface(bot).show_ticket(basket())
    chat.tickets.toggle = toggle
    await house.discord.press("owner", message_id, "t1:leg:4F9KQ2ZD:1")
    assert await last_ephemeral(house, "owner", "매매", load("ko").say("orders.click_failed"))


async def test_a_reminder_leads_to_its_ticket_by_one_touch(house, bot, chat) -> None:
    desk = house.discord
    message = OutboxMessage(key="reminder:11:22", title="곧", text="제안", created_at=NOW)
    assert await DiscordAlerts(bot).post(message)
    posted = desk.messages("알림", "owner")[-1]
    assert posted["embeds"][0]["title"] == "[모의투자] 🔔 곧"
    [row] = posted["components"]
    guild = chat.settings.guild_id
    assert row["components"][0]["url"] == f"https://discord.com/channels/{guild}/11/22"


def test_twenty_legs_have_a_button_each_below_those_of_the_ticket() -> None:
    many = tuple(choice(number) for number in range(1, 21))
    view = replace(basket(), choices=many, may_override=True)
    rows = ticket_buttons(view, load("ko")).to_components()
    assert [len(row["components"]) for row in rows] == [4, 5, 5, 5, 5]


@pytest.mark.parametrize(
    "ticket",
    [make_ticket(state=TicketState.APPROVED), make_ticket(mode=Mode.OBSERVE)],
)
def test_what_cannot_be_approved_has_no_buttons_of_legs(ticket) -> None:
    assert leg_buttons(replace(basket(), ticket=ticket), load("ko")) == []


def test_a_ticket_counts_down_and_says_the_hour() -> None:
    until = NOW.replace(hour=15, minute=0)
    said = description(make_view(make_ticket(expires_at=until)))
    assert f"만료 <t:{int(until.timestamp())}:R> (15:00까지)" in said


def test_what_people_changed_stays_on_the_message_after_the_press() -> None:
    ticket = make_ticket(state=TicketState.APPROVED)
    view = basket(changes=("주인 님이 고쳤습니다: 3주 → 2주",))
    for shown in (view, replace(view, ticket=ticket, orders=(make_order(OrderState.WORKING),))):
        said = description(shown)
        assert "✏️ 주인 님이 고쳤습니다: 3주 → 2주" in said
        assert "☐ 뺀 주문: 매수 TIGER 200" in said


def test_names_in_changes_are_harmless() -> None:
    view = basket(changes=tuple(HOSTILE * 30 for _ in range(9)))
    said = description(view).split("✏️")[1].splitlines()[0]
    assert "http：//" in said
    assert "http://" not in said
    assert "@everyone" not in said


def test_a_leg_says_weight_and_stop_afterwards_while_it_can_be_pressed() -> None:
    outlooks = {1: Outlook(weight_bps=2_340, stop_won=Won(32_690)), 2: Outlook(weight_bps=0)}
    view = basket(outlooks=outlooks)
    first, second = (field.value for field in ticket_embed(view, load("ko")).fields)
    assert str(first).endswith("체결 뒤 비중 23.4% · 손절 기준 32,690원")
    assert str(second).endswith("체결 뒤 비중 0.0%")
    decided = replace(view, ticket=replace(view.ticket, state=TicketState.DECLINED))
    assert "비중" not in str(ticket_embed(decided, load("ko")).fields[0].value)


@pytest.mark.parametrize("locale", ["ko", "en-US"])
async def test_who_presses_what_just_changed_is_asked_to_read_it_again(house, bot, chat, locale):
    async def approve(_click):
        return ClickOutcome.JUST_CHANGED

    _, message_id = await DiscordTicketSurface(bot).show_ticket(basket())
    chat.tickets.approve = approve
    await house.discord.press("owner", message_id, "t1:ok:4F9KQ2ZD", locale=locale)
    words = "다시 읽고 눌러 주세요" if locale == "ko" else "Please read it again"
    assert await last_ephemeral(house, "owner", "매매", words)

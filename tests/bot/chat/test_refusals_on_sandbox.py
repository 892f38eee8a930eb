"""What goes wrong is answered in words."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import discord
import pytest

from bot.chat.failures import failure_key
from bot.chat.host import host_of
from bot.chat.rows import button_row
from bot.chat.surfaces import DiscordTicketSurface
from bot.chat.ticket_buttons import TicketButton
from core.domain.orders import OrderState
from core.domain.tickets import TicketAction
from core.errors import ModelError, StorageError
from core.services.orders.values import Click, ClickOutcome
from core.services.sessions.values import AnswerChart, AnswerNotice, AnswerText
from tests.bot.chat.conftest import running, settings_for
from tests.bot.chat.test_chat_on_sandbox import PNG, answered, last_ephemeral, open_thread, told
from tests.bot.chat.test_surfaces import make_briefing
from tests.fakes.fake_chat_services import FakeChat, FakeDesk, make_order, make_view


async def test_other_channels_and_guilds_are_refused(house) -> None:
    desk = house.discord
    main = int(desk.channel("알림")["id"])
    async with running(house, FakeChat(settings_for(house, main_channel_id=main))):
        refused = await desk.slash("owner", "매매", "help")
        assert "이 채널에서는" in refused.message["content"]


async def test_a_failed_answer_is_said_and_the_thread_goes_on(house, bot, chat) -> None:
    async def broken(*args):
        raise ModelError("no model")
        yield

    good = chat.sessions.ask
    chat.sessions.ask = broken
    thread = await open_thread(house)
    await last_ephemeral(house, "owner", thread["id"], "답하지 못했습니다")
    chat.sessions.ask = good
    await house.discord.say("owner", thread["id"], "다시")
    await answered(house, thread)


async def test_only_notices_become_the_answer(house, bot, chat) -> None:
    chat.sessions.script = [AnswerNotice("오늘 한도를 다 썼습니다")]
    thread = await open_thread(house)
    await answered(house, thread, "오늘 한도를 다 썼습니다")
    chat.sessions.script = []
    await house.discord.say("owner", thread["id"], "빈 답")
    await last_ephemeral(house, "owner", thread["id"], "답을 만들지 못했습니다")


async def test_who_asks_on_in_the_instant_after_the_last_words_is_answered(
    house, bot, chat
) -> None:
    desk = house.discord
    said: list[asyncio.Future[object]] = []

    async def two_answers(thread_id, user_id, user_name, text):
        chat.sessions.asked.append((thread_id, user_id, text))
        yield AnswerText(f"{len(chat.sessions.asked)}번째 답", final=False)
        yield AnswerChart(png=PNG, filename="chart.png", alt="그림")
        yield AnswerText("", final=True)

    def ask_on(event) -> None:
        # The edit is not answered yet, and the picture is still to come.
        if event.message and event.message["content"] == "1번째 답" and not said:
            said.append(asyncio.ensure_future(desk.say("owner", event.channel_id, "또 물어요")))

    chat.sessions.ask = two_answers
    desk.subscribe(ask_on)
    thread = await open_thread(house)
    await answered(house, thread, "2번째 답")
    await asyncio.gather(*said)
    assert [text for _, _, text in chat.sessions.asked][1:] == ["또 물어요"]
    assert not [m for m in desk.messages(thread["id"]) if "앞의 질문에" in m["content"]]


async def test_two_questions_at_once_are_not_mixed(house, bot, chat) -> None:
    go_on = asyncio.Event()

    async def slow(thread_id, user_id, user_name, text):
        chat.sessions.asked.append((thread_id, user_id, text))
        await go_on.wait()
        yield AnswerText("안녕하세요", final=True)

    chat.sessions.ask = slow
    thread = await open_thread(house)
    await answered(house, thread, "확인하고 있습니다…")
    await house.discord.say("owner", thread["id"], "또")
    await last_ephemeral(house, "owner", thread["id"], "앞의 질문에 답하는 중")
    go_on.set()
    await answered(house, thread)
    assert len(chat.sessions.asked) == 1


async def test_empty_requests_and_trade_inside_a_thread(house, bot, chat) -> None:
    desk = house.discord
    opened = await desk.slash("owner", "매매", "trade")
    assert "비어 있습니다" in await told(
        house, await desk.submit_modal("owner", opened, {"request": "   "})
    )
    thread = await open_thread(house)
    inside = await desk.slash("owner", thread["id"], "trade")
    await desk.settled(await desk.submit_modal("owner", inside, {"request": "또 하나"}))
    assert [one["name"] for one in desk.threads("매매")] == ["KODEX 200 3주 사줘", "또 하나"]


async def test_a_reply_without_a_session_is_said(house, chat) -> None:
    chat.settings = replace(chat.settings, message_content=False)
    desk = house.discord
    async with running(house, chat):
        thread = await open_thread(house)
        await answered(house, thread)
        message = await desk.wait_for(
            lambda: next((m for m in desk.messages(thread["id"]) if m["components"]), None)
        )
        opened = await desk.press("owner", message["id"], "c1:reply")
        chat.sessions.stored.clear()
        await desk.submit_modal("owner", opened, {"request": "이어서"})
        await last_ephemeral(house, "owner", thread["id"], "대화를 찾을 수 없습니다")
        refused = await desk.press("stranger", message["id"], "c1:reply")
        assert "승인자만" in refused.message["content"]
        await desk.slash("stranger", "매매", "halt")
        stranger = int(desk.users["stranger"])
        # Written down after the answer, so that the answer is in time.
        async with asyncio.timeout(30):
            while len(chat.refusals.noted) < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        assert chat.refusals.noted == [
            (stranger, "c1:reply", "chat.refused_trade"),
            (stranger, "halt", "chat.refused_trade"),
        ]


async def test_a_desk_that_fails_is_said(house, bot, chat) -> None:
    class Broken(FakeDesk):
        async def approve(self, click: Click) -> ClickOutcome:
            raise StorageError("disk full")

        async def edit(self, *args):
            raise StorageError("disk full")

        async def request_cancel(self, click: Click) -> ClickOutcome:
            if click.user_id != house.discord.users["owner"]:
                return ClickOutcome.NOT_ALLOWED
            raise StorageError("disk full")

    chat_desk = Broken()
    bot.services = replace(bot.services, tickets=chat_desk)
    channel_id, message_id = await DiscordTicketSurface(bot).show_ticket(make_view())
    await house.discord.press("owner", message_id, "t1:ok:4F9KQ2ZD")
    await last_ephemeral(house, "owner", channel_id, "처리하지 못했습니다")
    # Of an order that may be live, nobody may be told that none went out.
    channel = bot.get_channel(channel_id)
    button = TicketButton(TicketAction.CANCEL, "4F9KQ2ZD", "취소")
    shown = (await channel.send("주문", view=button_row(button))).id
    for who, words in (("owner", "취소 요청을 처리하지"), ("stranger", "주문은 그대로입니다")):
        await house.discord.press(who, shown, "t1:cancel:4F9KQ2ZD")
        await last_ephemeral(house, who, channel_id, words)
    opened = await house.discord.press("owner", message_id, "t1:edit:4F9KQ2ZD")
    values = {"leg": "", "quantity": "1", "price": ""}
    text = await told(house, await house.discord.submit_modal("owner", opened, values))
    assert "처리하지 못했습니다" in text


async def test_viewers_see_orders_without_buttons_and_todays_briefing(house) -> None:
    desk = house.discord
    settings = settings_for(house, viewer_ids=frozenset({desk.users["stranger"]}))
    chat = FakeChat(settings)
    chat.orders.today = (make_order(OrderState.WORKING),)
    chat.cycle.briefing = make_briefing()
    async with running(house, chat):
        orders = await desk.settled(await desk.slash("stranger", "매매", "orders"))
        assert orders["components"] == []
        briefing = await desk.settled(await desk.slash("stranger", "매매", "briefing"))
        assert "아침 브리핑" in briefing["embeds"][0]["title"]
        chat.orders.today = ()
        none = await desk.settled(await desk.slash("owner", "매매", "orders"))
        assert "주문이 없습니다" in none["embeds"][0]["description"]


async def test_an_unknown_form_is_answered(house, bot) -> None:
    old = discord.ui.Modal(title="옛 양식", custom_id="m0:trade:")
    field: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(custom_id="request")
    old.add_item(discord.ui.Label(text="요청", component=field))

    guild = discord.Object(house.discord.guild_id)

    @bot.tree.command(name="old", guild=guild, description="old", auto_locale_strings=False)
    async def command(interaction: discord.Interaction) -> None:
        old.stop()
        await interaction.response.send_modal(old)

    await bot.tree.sync(guild=guild)
    opened = await house.discord.slash("owner", "매매", "old")
    result = await house.discord.submit_modal("owner", opened, {"request": "x"})
    assert "더 이상 쓸 수 없습니다" in result.message["content"]


def test_each_kind_of_failure_has_its_sentence() -> None:
    keys = [StorageError("x"), ModelError("x"), ValueError("x")]
    assert [failure_key(one) for one in keys] == [
        "chat.failed_storage",
        "chat.failed",
        "chat.failed",
    ]


def test_a_foreign_client_is_no_host() -> None:
    class Foreign:
        client = object()

    with pytest.raises(TypeError):
        host_of(Foreign())  # type: ignore[arg-type]

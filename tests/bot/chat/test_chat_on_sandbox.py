"""Commands, forms, buttons and threads over the wire."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
from discord import app_commands
from discord.app_commands.commands import validate_name

from bot.chat.client import TradeBot
from bot.chat.command_groups import GROUPS, TOP
from bot.chat.decided import decided_title, decision_lines
from bot.chat.surfaces import DiscordTicketSurface
from bot.chat.threads import IdleThreads
from bot.locales import load
from core.domain.conversation import SessionState
from core.domain.orders import OrderState
from core.domain.risk import Denied, Rule, Violation
from core.domain.tickets import TicketState
from core.errors import StorageError
from core.services.sessions.values import AnswerChart, AnswerNotice, AnswerText
from tests.architecture.source import ROOT
from tests.bot.chat.conftest import running, settings_for
from tests.fakes.fake_chat_services import FakeChat, make_leg, make_order, make_ticket, make_view

COMMANDS = ROOT / "docs" / "commands.md"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


async def told(house, result):
    """The text of an ephemeral answer."""
    return (await house.discord.settled(result))["content"]


async def last_ephemeral(house, user: str, channel, words: str):
    desk = house.discord

    def look():
        return [m for m in desk.messages(channel, user) if words in m["content"]]

    return (await desk.wait_for(look))[-1]


async def open_thread(house, text: str = "KODEX 200 3주 사줘"):
    desk = house.discord
    opened = await desk.slash("owner", "매매", "trade")
    result = await desk.submit_modal("owner", opened, {"request": text})
    await desk.settled(result)
    return desk.threads("매매")[-1]


async def answered(house, thread, words: str = "안녕하세요"):
    desk = house.discord
    await desk.wait_for(lambda: any(m["content"] == words for m in desk.messages(thread["id"])))


async def test_commands_are_described_in_both_languages(house, bot) -> None:
    found = {one["name"]: one for one in house.discord.commands()}
    assert set(found) == {*TOP, *GROUPS}
    assert "상담" in found["trade"]["description"]
    assert found["trade"]["description_localizations"]["en-US"].startswith("Talk")
    option = found["trade"]["options"][0]
    assert "초성" in option["description"]
    assert "initial" in option["description_localizations"]["en-GB"]


async def test_commands_and_options_have_korean_names_within_discords_rules(house, bot) -> None:
    """The sandbox refuses what Discord would; here each name is asked for."""
    pending: list[tuple[Any, tuple[str, ...]]] = [(one, ()) for one in house.discord.commands()]
    seen = 0
    while pending:
        one, above = pending.pop()
        inner = one.get("options") or []
        korean = (one.get("name_localizations") or {}).get("ko")
        assert korean is not None, (*above, one["name"])
        assert validate_name(korean) == korean
        own = [(part.get("name_localizations") or {}).get("ko") for part in inner]
        assert len(set(own)) == len(own), (*above, one["name"])
        assert {"en-US", "en-GB"}.isdisjoint(one.get("name_localizations") or {})
        pending += [(part, (*above, one["name"])) for part in inner]
        seen += 1
    assert seen > 80
    names = [one["name_localizations"]["ko"] for one in house.discord.commands()]
    assert len(set(names)) == len(names)
    assert names[:3] == ["매매", "잔고", "주문"]


def test_a_phone_shows_at_most_ten_commands_beside_the_groups(bot: TradeBot) -> None:
    guild = discord.Object(bot.services.settings.guild_id)
    kept = bot.tree.get_commands(guild=guild)
    single = [one.name for one in kept if isinstance(one, app_commands.Command)]
    assert set(single) <= set(TOP), "put it into a group of bot/chat/command_groups.py"
    assert len(single) <= 10


async def test_every_command_is_documented_with_a_sample_in_both_languages(bot: TradeBot) -> None:
    """A section of docs/commands.md per command or per small group, each with a sample reply."""
    sections = dict(re.findall(r"(?ms)^## /(.+?)\n(.*?)(?=^## |^---)", COMMANDS.read_text("utf-8")))
    wanting = []
    for command in bot.commands_in_order():
        name = command.qualified_name
        text = sections.get(name) or sections.get(name.rpartition(" ")[0], "")
        has_sample = re.search(r"(?m)^> |→ `", text) is not None
        has_english = re.search(r"(?<!\*)\*[A-Z0-9][^*]{8,}\*", text) is not None
        if not (has_sample and has_english and (name in sections or f"/{name}" in text)):
            wanting.append(name)
    assert wanting == []


async def test_a_request_becomes_a_thread_with_a_streamed_answer(house, bot, chat) -> None:
    desk = house.discord
    thread = await open_thread(house)
    assert thread["name"] == "KODEX 200 3주 사줘"
    await answered(house, thread)
    owner = desk.users["owner"]
    assert chat.sessions.asked == [(int(thread["id"]), owner, "KODEX 200 3주 사줘")]
    # A later message in the thread goes on with the conversation.
    await desk.say("owner", thread["id"], "2주로 줄여줘")
    await desk.wait_for(lambda: len(chat.sessions.asked) == 2)
    assert chat.sessions.asked[1][2] == "2주로 줄여줘"


async def test_strangers_and_foreign_threads_get_no_answer(house, bot, chat) -> None:
    desk = house.discord
    thread = await open_thread(house)
    await answered(house, thread)
    await desk.say("stranger", thread["id"], "다 팔아")
    await desk.say("owner", "매매", "그냥 말")
    await desk.say("owner", thread["id"], "계속")
    await desk.wait_for(lambda: len(chat.sessions.asked) == 2)
    assert [text for _, _, text in chat.sessions.asked] == ["KODEX 200 3주 사줘", "계속"]


async def test_long_answers_charts_and_notices_all_arrive(house, chat) -> None:
    chat.sessions.script = [
        AnswerText("가나다 " * 900, final=True),
        AnswerChart(PNG, "chart.png", "종가 그래프"),
        AnswerNotice("규칙 기반 *답변*입니다"),
    ]
    async with running(house, chat):
        thread = await open_thread(house)
        desk = house.discord
        await last_ephemeral(house, "owner", thread["id"], "규칙 기반")
        posted = desk.messages(thread["id"])
        assert sum(m["content"].count("가나다") for m in posted) == 900
        assert any(desk.files(m["id"]) == {"chart.png": PNG} for m in posted)
        assert posted[-1]["content"] == r"규칙 기반 \*답변\*입니다"


async def test_without_message_content_a_reply_button_goes_on(house, chat) -> None:
    chat.settings = replace(chat.settings, message_content=False)
    async with running(house, chat):
        desk = house.discord
        thread = await open_thread(house)
        await answered(house, thread)
        message = await desk.wait_for(
            lambda: next((m for m in desk.messages(thread["id"]) if m["components"]), None)
        )
        opened = await desk.press("owner", message["id"], "c1:reply")
        assert opened.kind == "modal"
        await desk.submit_modal("owner", opened, {"request": "이어서"})
        await desk.wait_for(lambda: len(chat.sessions.asked) == 2)
        assert chat.sessions.asked[1] == (int(thread["id"]), desk.users["owner"], "이어서")


async def test_without_message_content_every_end_of_a_thread_has_a_way_on(house, chat) -> None:
    """A first answer that fails, and the summary of an idle thread, must not be dead ends."""
    desk = house.discord
    chat.settings = replace(chat.settings, message_content=False)
    good, chat.sessions.script = chat.sessions.script, []
    chat.sessions.fault = StorageError("no")
    async with running(house, chat) as bot:
        thread = await open_thread(house)

        def ends_with_button(words: str):
            posted = desk.messages(thread["id"])
            return (
                posted[-1] if words in posted[-1]["content"] and posted[-1]["components"] else None
            )

        failed = await desk.wait_for(lambda: ends_with_button("답하지 못했"))
        chat.sessions.fault, chat.sessions.script = None, good
        opened = await desk.press("owner", failed["id"], "c1:reply")
        await desk.submit_modal("owner", opened, {"request": "다시"})
        await desk.wait_for(lambda: ends_with_button("안녕하세요"))
        chat.sessions.idle_threads = [int(thread["id"])]
        assert await IdleThreads(bot).sweep() == 1
        summary = ends_with_button("삼성")
        opened = await desk.press("owner", summary["id"], "c1:reply")
        await desk.submit_modal("owner", opened, {"request": "그때 그 이야기"})
        await desk.wait_for(lambda: chat.sessions.asked[-1][2] == "그때 그 이야기")
        assert chat.sessions.reopened == [int(thread["id"])]


async def test_the_symbol_is_completed_and_carried_into_the_request(house, bot, chat) -> None:
    desk = house.discord
    choices = await desk.autocomplete("owner", "매매", "trade", "symbol", "ㅋㄷㅅ")
    assert [one["value"] for one in choices] == ["069500", "0080G0"]
    assert await desk.autocomplete("stranger", "매매", "trade", "symbol", "ㅋㄷㅅ") == []
    opened = await desk.slash("owner", "매매", "trade", {"symbol": "069500"})
    await desk.submit_modal("owner", opened, {"request": "3주 사줘"})
    await desk.wait_for(lambda: chat.sessions.asked)
    assert chat.sessions.asked[0][2] == "KODEX 200(069500) 3주 사줘"
    unknown = await desk.slash("owner", "매매", "trade", {"symbol": "없는종목"})
    assert "찾을 수 없는" in unknown.message["content"]


async def test_a_form_opened_before_a_restart_is_answered_after_it(house, chat) -> None:
    desk = house.discord
    async with running(house, chat):
        opened = await desk.slash("owner", "매매", "trade")
    async with running(house, chat):
        await desk.submit_modal("owner", opened, {"request": "잔고 보여줘"})
        await desk.wait_for(lambda: chat.sessions.asked)
    assert chat.sessions.asked[0][2] == "잔고 보여줘"


async def test_one_double_click_decides_once_and_survives_a_restart(house, chat) -> None:
    desk = house.discord
    async with running(house, chat) as bot:
        channel_id, message_id = await DiscordTicketSurface(bot).show_ticket(make_view())
    async with running(house, chat):
        for _ in range(2):
            result = await desk.press("owner", message_id, "t1:ok:4F9KQ2ZD")
            assert result.kind == "defer"
        await last_ephemeral(house, "owner", channel_id, "승인했습니다")
        await last_ephemeral(house, "owner", channel_id, "이미 결정")
    click = chat.tickets.clicks[0][1]
    assert click.user_id == desk.users["owner"]
    assert (click.channel_id, click.message_id) == (channel_id, message_id)
    assert click.clicked_at.date().isoformat() == "2023-03-02"


async def test_a_strangers_press_is_refused_in_words(house, bot, chat) -> None:
    desk = house.discord
    _, message_id = await DiscordTicketSurface(bot).show_ticket(make_view())
    chat.tickets.approvers = {desk.users["owner"]}
    for custom_id in ("t1:ok:4F9KQ2ZD", "t1:no:4F9KQ2ZD", "t1:edit:4F9KQ2ZD"):
        text = await told(house, await desk.press("stranger", message_id, custom_id))
        assert "승인자만" in text
    # The desk refused each of them, so its journal has them; nothing was decided or edited.
    assert [what for what, _ in chat.tickets.clicks] == ["approve", "decline", "edit"]
    assert {click.user_id for _, click in chat.tickets.clicks} == {desk.users["stranger"]}
    assert not chat.tickets.decided


async def test_edit_takes_numbers_and_names_what_is_wrong(house, bot, chat) -> None:
    desk = house.discord
    _, message_id = await DiscordTicketSurface(bot).show_ticket(make_view())

    async def edit(**values: str) -> str:
        opened = await desk.press("owner", message_id, "t1:edit:4F9KQ2ZD")
        given = {"leg": "1", "quantity": "2", "price": "", **values}
        return await told(house, await desk.submit_modal("owner", opened, given))

    assert "숫자로" in await edit(quantity="많이")
    assert "1부터 1까지" in await edit(leg="2")
    assert "이미 결정" in await edit(price="35,000원")
    assert chat.tickets.edits == [(1, 2, 35_000)]
    assert chat.tickets.clicks[-1][1].message_id == message_id
    chat.tickets.edit_answer = make_ticket("NEWT1CKT")
    assert "NEWT1CKT" in await edit()
    violation = Violation(
        rule=Rule.QUANTITY_MINIMUM, symbol="069500", limit=1, value=0, unit="shares"
    )
    chat.tickets.edit_answer = Denied(violations=(violation,))
    assert "KODEX 200" in await edit()


async def test_orders_can_be_cancelled_from_the_list(house, bot, chat) -> None:
    desk = house.discord
    chat.orders.today = (
        make_order(OrderState.WORKING),
        make_order(OrderState.FILLED, ticket_id="ENDED123"),
    )
    result = await desk.slash("owner", "매매", "orders")
    message = await desk.settled(result)
    buttons = [one for row in message["components"] for one in row["components"]]
    assert [one["custom_id"] for one in buttons] == ["t1:cancel:4F9KQ2ZD"]
    assert "접수" in message["embeds"][0]["fields"][0]["value"]
    await desk.press("owner", message["id"], "t1:cancel:4F9KQ2ZD")
    await last_ephemeral(house, "owner", "매매", "취소를 요청")


async def test_viewers_look_and_others_do_not(house) -> None:
    desk = house.discord
    settings = settings_for(house, viewer_ids=frozenset({desk.users["stranger"]}))
    async with running(house, FakeChat(settings)):
        shown = await desk.settled(await desk.slash("stranger", "매매", "portfolio"))
        assert "885,450" in shown["embeds"][0]["description"] or "순자산" in str(shown["embeds"])
        status = await desk.settled(await desk.slash("stranger", "매매", "status"))
        assert status["embeds"][0]["fields"][0] == {
            "name": "증권사",
            "value": "sim",
            "inline": True,
        }
        briefing = await desk.settled(await desk.slash("stranger", "매매", "briefing"))
        assert "아직 없습니다" in briefing["content"]
        refused = await desk.slash("stranger", "매매", "trade")
        assert "승인자만" in refused.message["content"]


async def test_a_failed_command_is_one_sentence_without_inside(house, bot, chat) -> None:
    chat.portfolio.found = None
    result = await house.discord.slash("owner", "매매", "portfolio", locale="en-US")
    text = await told(house, result)
    assert text == "The broker did not answer. Please try again shortly."


async def test_unknown_buttons_are_answered_in_words(house, bot) -> None:
    import discord

    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="옛 버튼", custom_id="t0:ok:4F9KQ2ZD"))
    view.stop()
    channel = bot.get_channel(bot.services.settings.main_channel_id)
    message = await channel.send("옛 제안", view=view)
    result = await house.discord.press("owner", message.id, "t0:ok:4F9KQ2ZD")
    assert "더 이상 쓸 수 없습니다" in result.message["content"]


async def test_idle_threads_are_summarised_archived_and_reopened(house, bot, chat) -> None:
    desk = house.discord
    thread = await open_thread(house)
    await answered(house, thread)
    number = int(thread["id"])
    chat.sessions.idle_threads = [number]
    chat.orders.live_channels = {number}
    assert await IdleThreads(bot).sweep() == 0
    assert not desk.channel(number)["thread_metadata"]["archived"]
    summaries = [m["content"] for m in desk.messages(number) if "삼성" in m["content"]]
    assert len(summaries) == 1
    assert "＠everyone" in summaries[0]
    # The order has ended: the next sweep archives without a second summary.
    chat.orders.live_channels = set()
    assert await IdleThreads(bot).sweep() == 1
    assert desk.channel(number)["thread_metadata"]["archived"]
    assert chat.sessions.stored[number].state is SessionState.ARCHIVED
    await desk.say("owner", number, "다시")
    await desk.wait_for(lambda: len(chat.sessions.asked) == 2)
    assert chat.sessions.reopened == [number]
    assert not desk.channel(number)["thread_metadata"]["archived"]


async def test_a_closed_thread_says_what_was_decided(house, bot, chat) -> None:
    desk = house.discord
    thread = await open_thread(house)
    await answered(house, thread)
    number = int(thread["id"])
    done = make_view(make_ticket(state=TicketState.APPROVED), (make_order(OrderState.FILLED),))
    waits = make_view(make_ticket("WAITS000", legs=(make_leg(1), make_leg(2))))
    replaced = make_view(make_ticket("OLDOLD00", state=TicketState.SUPERSEDED))
    chat.tickets.in_threads[number] = (replaced, waits, done)
    chat.sessions.idle_threads = [number]
    assert await IdleThreads(bot).sweep() == 1
    [said] = [m["content"] for m in desk.messages(number) if "**결정**" in m["content"]]
    assert "- 매수 KODEX 200(069500) 3주 — 체결: " in said
    assert "- ⏳ 매수 KODEX 200(069500) 3주, 매수 KODEX 200(069500) 3주 — 제안: " in said
    assert "OLDOLD00" not in said
    name = desk.channel(number)["name"]
    assert name.startswith("[체결] 매수 KODEX 200 3주 · KODEX 200")
    ko = load("ko")
    assert decided_title("삼성", (waits,), ko) == "[제안] 매수 KODEX 200 3주 외 1건 · 삼성"
    assert decided_title("삼성", (replaced,), ko) == "삼성"
    assert decision_lines((replaced,), ko) == ""


async def test_a_summary_that_discord_did_not_take_is_posted_later_and_once(
    house, bot, chat
) -> None:
    desk = house.discord
    threads = [await open_thread(house) for _ in range(2)]
    for thread in threads:
        await answered(house, thread)
    first, second = (int(thread["id"]) for thread in threads)
    chat.sessions.idle_threads = [first, second]
    sweeper = IdleThreads(bot)
    desk.fault(f"POST /channels/{first}/messages", "503")
    assert await sweeper.sweep() == 1, "one that fails does not keep the others waiting"
    assert chat.sessions.stored[first].state is SessionState.OPEN
    assert not desk.channel(first)["thread_metadata"]["archived"]
    assert await sweeper.sweep() == 1
    for number in (first, second):
        assert desk.channel(number)["thread_metadata"]["archived"]
        assert len([m for m in desk.messages(number) if "삼성" in m["content"]]) == 1


async def test_a_thread_in_which_somebody_wrote_meanwhile_stays_open(house, bot, chat) -> None:
    thread = await open_thread(house)
    await answered(house, thread)
    number = int(thread["id"])
    chat.sessions.idle_threads = [number]
    idle = chat.sessions.stored[number]

    async def written_meanwhile(_thread_id: int) -> str:
        later = idle.last_activity_at + timedelta(minutes=1)
        chat.sessions.stored[number] = replace(idle, last_activity_at=later)
        return "요약"

    chat.sessions.summarise = written_meanwhile
    assert await IdleThreads(bot).sweep() == 0
    assert not house.discord.channel(number)["thread_metadata"]["archived"]


async def test_a_deleted_thread_does_not_stop_the_sweep(house, bot, chat) -> None:
    thread = await open_thread(house)
    await answered(house, thread)
    number = int(thread["id"])
    await (await bot.fetch_channel(number)).delete()
    chat.sessions.idle_threads = [number]
    assert await IdleThreads(bot).sweep() == 1
    assert chat.sessions.stored[number].state is SessionState.ARCHIVED


async def test_a_finished_ticket_has_no_buttons(house, bot) -> None:
    surface = DiscordTicketSurface(bot)
    channel_id, message_id = await surface.show_ticket(make_view())
    ticket = make_ticket(
        state=TicketState.APPROVED, channel_id=channel_id, message_id=message_id, version=2
    )
    order = make_order(OrderState.FILLED, filled=7)
    assert await surface.show_ticket(make_view(ticket, (order,))) == (channel_id, message_id)
    message = house.discord.message(message_id)
    assert message["components"] == []
    assert message["embeds"][0]["description"].startswith("**체결:")

"""/help over the wire: a short answer, and the rest by choice, after a restart too."""

from __future__ import annotations

import re

from bot.chat import help_controls
from bot.chat.client import TradeBot
from bot.chat.command_groups import GROUPS
from bot.chat.help_words import DAILY, TOPICS
from bot.chat.translation import both_names, named, path_in
from tests.bot.chat.conftest import running, settings_for
from tests.fakes.fake_chat_services import FakeChat

# What a phone shows at once, below the title.
LINES_MAX = 10


def listed(message) -> list[str]:
    return re.findall(r"(?m)^`(/.+?)`", message["embeds"][0]["description"])


def lists_of(message) -> dict[str, list[dict]]:
    """The options of each list below a message."""
    return {
        row["components"][0]["custom_id"]: row["components"][0]["options"]
        for row in message["components"]
    }


async def test_help_is_a_line_for_each_topic_with_a_list_below(house, bot: TradeBot) -> None:
    for locale, daily in (("ko", "매일 쓰는 것"), ("en-US", "For every day")):
        result = await house.discord.slash("owner", "매매", "help", locale=locale)
        embed = result.message["embeds"][0]
        lines = embed["description"].splitlines()
        assert len(lines) <= LINES_MAX
        phrases = bot.services.languages[locale[:2]]
        groups = [f"/{named(phrases, 'name', name) or name}" for name in GROUPS]
        assert re.findall(r"(?m)^\*\*(.+?)\*\*", embed["description"]) == [daily, *groups]
        assert embed.get("fields", []) == []
        assert [one["value"] for one in lists_of(result.message)["h1:topic"]] == list(TOPICS)


async def test_the_topics_hold_every_command_once_in_both_languages(house, bot: TradeBot) -> None:
    desk = house.discord
    for locale in ("ko", "en-US"):
        phrases = bot.services.languages[locale[:2]]
        shown = await desk.slash("owner", "매매", "help", locale=locale)
        names, values = [], []
        for topic in TOPICS:
            answer = await desk.select(
                "owner", shown.message["id"], "h1:topic", [topic], locale=locale
            )
            message = await desk.settled(answer)
            names += listed(message)
            offered = lists_of(message)
            values += [one["value"] for one in offered[f"h1:command:{topic}"]]
            assert [one["value"] for one in offered["h1:topic"] if one.get("default")] == [topic]
        assert names == [both_names(one, phrases) for one in bot.commands_in_order()]
        assert values == [one.qualified_name for one in bot.commands_in_order()]


async def test_a_command_chosen_from_the_list_is_shown_in_full(house, bot: TradeBot) -> None:
    desk = house.discord
    shown = await desk.slash("owner", "매매", "help", {"command": "/시장 시세"})
    offered = lists_of(shown.message)
    assert [one["value"] for one in offered["h1:topic"] if one.get("default")] == ["market"]
    answer = await desk.select(
        "owner", shown.message["id"], "h1:command:market", ["market alerts add"]
    )
    message = await desk.settled(answer)
    assert message["id"] == shown.message["id"]
    assert message["embeds"][0]["title"] == "[모의투자] /시장 알림 추가(market alerts add)"
    chosen = lists_of(message)["h1:command:market"]
    assert [one["value"] for one in chosen if one.get("default")] == ["market alerts add"]


async def test_the_lists_of_help_work_after_a_restart(house, bot: TradeBot) -> None:
    desk = house.discord
    shown = await desk.slash("owner", "매매", "help")
    message_id = shown.message["id"]
    await desk.select("owner", message_id, "h1:topic", [DAILY])
    await bot.close()
    async with running(house, FakeChat(settings_for(house))):
        answer = await desk.select("owner", message_id, "h1:command:daily", ["halt"])
        message = await desk.settled(answer)
        assert message["embeds"][0]["title"] == "[모의투자] /정지(halt)"
        answer = await desk.select("owner", message_id, "h1:topic", ["risk"])
        assert listed(await desk.settled(answer))[0] == "/위험 한도(risk limits)"


async def test_a_command_that_is_no_more_is_told_as_that(house, bot: TradeBot, monkeypatch) -> None:
    desk = house.discord
    shown = await desk.slash("owner", "매매", "help", {"command": "halt"})
    kept = tuple(one for one in bot.commands_in_order() if one.qualified_name != "trade")
    monkeypatch.setattr(bot, "commands_in_order", lambda: kept)
    answer = await desk.select("owner", shown.message["id"], "h1:command:daily", ["trade"])
    assert "trade: 그런 명령이 없습니다" in (await desk.settled(answer))["content"]
    monkeypatch.setattr(help_controls, "TOPICS", (DAILY,))
    answer = await desk.select("owner", shown.message["id"], "h1:topic", ["risk"])
    assert "risk: 그런 명령이 없습니다" in (await desk.settled(answer))["content"]


async def test_help_shows_each_command_in_full_in_both_languages(house, bot: TradeBot) -> None:
    desk = house.discord
    for command in bot.commands_in_order():
        name = command.qualified_name
        shown = await desk.slash("owner", "매매", "help", {"command": f"/{name}"})
        embed = shown.message["embeds"][0]
        own = path_in(command, bot.services.languages["ko"])
        assert embed["title"] == f"[모의투자] /{own}({name})"
        assert f"`/{own}" in embed["fields"][-1]["value"]
        by_own = await desk.slash("owner", "매매", "help", {"command": f"/{own}"}, locale="ko")
        assert by_own.message["embeds"][0]["title"] == embed["title"]
        shown = await desk.slash("owner", "매매", "help", {"command": name}, locale="en-GB")
        english = shown.message["embeds"][0]
        assert english["title"] == f"[Mock trading] /{name}"
        assert f"`/{name}" in english["fields"][-1]["value"]
        assert len(embed["fields"]) == (3 if command.parameters else 2)
    shown = await desk.slash(
        "owner", "매매", "help", {"command": "market alerts add"}, locale="en-US"
    )
    fields = {one["name"]: one["value"] for one in shown.message["embeds"][0]["fields"]}
    assert fields["Who"] == "Approvers and owners"
    assert "`value` Threshold" in fields["Options"]
    choices = await desk.autocomplete("owner", "매매", "help", "command", "관심 종목")
    assert {one["value"] for one in choices} >= {"market watch list", "market watch add"}
    unknown = await desk.slash("owner", "매매", "help", {"command": "없는 것"})
    assert unknown.message["content"].startswith("없는 것: 그런 명령이 없습니다")

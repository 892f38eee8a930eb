"""The summary of a closed thread names what its answers were made of, as data."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from bot.chat.sources import SHOWN_MAX, TOOLS, reads_of, source_lines
from bot.chat.threads import IdleThreads
from bot.locales import LOCALES, load
from core.domain.conversation import ChatLine, ChatSession, Role
from core.domain.instrument import Symbol
from core.domain.news_facts import Confidence, NewsEvent, NewsFact, ReadBy
from core.llm.tools_reading import ACCOUNT, MARKET, RECALL
from tests.bot.chat.test_chat_on_sandbox import answered, open_thread
from tests.fakes.fake_chat_services import NOW, FakeMarket

KO = load("ko")


def tool(name: str, minutes: int = 0, *, status: str = "ok", **arguments: object) -> ChatLine:
    text = f"{name}({json.dumps(arguments)}) → " + json.dumps({"status": status, "x": 1})
    at = NOW + timedelta(minutes=minutes)
    return ChatLine(thread_id=1, role=Role.TOOL, author=name, text=text, at=at)


def fact(link: str, source: str = "연합뉴스", minutes: int = -60) -> NewsFact:
    return NewsFact(
        symbol=Symbol("069500"),
        event=next(iter(NewsEvent)),
        day=NOW.date(),
        source=source,
        confidence=Confidence.HIGH,
        quote="@everyone 지금 사라",
        link=link,
        published_at=NOW + timedelta(minutes=minutes),
        read_by=ReadBy.RULES,
    )


def shown(lines: list[ChatLine], *facts: NewsFact) -> str:
    return source_lines(reads_of(lines), facts, FakeMarket(), KO)


def test_each_source_is_named_once_with_its_newest_instant() -> None:
    lines = [
        tool("quote", symbol="069500"),
        tool("portfolio", 1),
        tool("quote", 2, symbol="069500"),
        tool("quote", 3, symbol="102110"),
    ]
    assert shown(lines).splitlines() == [
        "**자료**",
        "- 잔고 · 03-02 10:01",
        "- 시세 KODEX 200(069500) · 03-02 10:02",
        "- 시세 TIGER 200(102110) · 03-02 10:03",
    ]


def test_what_failed_or_was_only_said_is_no_source() -> None:
    words = 'quote({"symbol": "069500"}) → {"status": "ok"}'
    said = ChatLine(thread_id=1, role=Role.ASSISTANT, author="quote", text=words, at=NOW)
    foreign = replace(said, role=Role.TOOL, author="surf_the_web")
    assert shown([tool("quote", symbol="069500", status="failed"), said, foreign]) == ""
    assert shown([tool("propose_order", symbol="069500")]) == ""


def test_news_are_linked_when_their_host_is_on_the_list_and_they_were_there() -> None:
    facts = (
        fact("https://news.example/1", "*연합*뉴스"),
        fact(""),
        fact("https://news.example/later", minutes=5),
        fact("https://news.example/" + "x" * 400),
    )
    text = shown([tool("news")], *facts)
    assert text.splitlines()[-1] == r"- 그때의 최근 뉴스: [\*연합\*뉴스](<https://news.example/1>)"
    assert "everyone" not in text
    # Without a look at the news nothing of them was a source.
    assert "news.example" not in shown([tool("portfolio")], *facts)
    assert shown([tool("news")]).splitlines() == ["**자료**", "- 뉴스 · 03-02 10:00"]


def test_only_the_newest_are_shown() -> None:
    many = [tool("bars", number, symbol=f"{100_000 + number}") for number in range(SHOWN_MAX + 3)]
    lines = shown(many).splitlines()
    assert len(lines) == SHOWN_MAX + 1
    assert lines[-1] == f"- 일봉 {100_000 + SHOWN_MAX + 2} · 03-02 10:10"


def test_every_reading_tool_has_a_name_in_every_language() -> None:
    assert set(TOOLS) == {*ACCOUNT, *MARKET, *RECALL} - {"search_instrument"}
    for locale in LOCALES:
        for name in TOOLS:
            assert load(locale).say(f"chat.source_{name}")


async def test_a_closed_thread_names_its_sources(house, bot, chat) -> None:
    desk = house.discord
    thread = await open_thread(house)
    await answered(house, thread)
    number = int(thread["id"])
    session = chat.sessions.stored[number]
    assert isinstance(session, ChatSession)
    chat.transcripts.talks[number] = (session, (tool("quote", symbol="069500"), tool("news", 1)))
    chat.news_facts.facts = (fact("https://news.example/1"),)
    chat.sessions.idle_threads = [number]
    assert await IdleThreads(bot).sweep() == 1
    [said] = [m["content"] for m in desk.messages(number) if "**자료**" in m["content"]]
    assert said.splitlines()[-4:] == [
        "**자료**",
        "- 시세 KODEX 200(069500) · 03-02 10:00",
        "- 뉴스 · 03-02 10:01",
        "- 그때의 최근 뉴스: [연합뉴스](<https://news.example/1>)",
    ]
    assert chat.news_facts.asked[0][0] == NOW.date() - timedelta(days=3)

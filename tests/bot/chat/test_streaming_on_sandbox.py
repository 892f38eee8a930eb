"""Streamed answers over the wire: paced, split on sentences, and never more than text."""

from __future__ import annotations

import asyncio

import discord
import pytest

from bot.chat.streaming import FINISH_TRIES, StreamedAnswer
from bot.chat.text import CHUNK_MAX, chunks, flat_tables, units
from bot.locales import load
from core.services.sessions.values import AnswerText
from tests.bot.chat.conftest import running
from tests.bot.chat.test_chat_on_sandbox import open_thread
from tests.fakes.hostile_texts import corpus

SENTENCE = "이 문장은 여기서 끝납니다. "


class Place:
    """Takes messages and edits, and notes each call."""

    def __init__(self, *, fails: int = 0) -> None:
        self.calls: list[tuple[str, str]] = []
        self.fails = fails
        self.edited = asyncio.Event()

    async def send(self, content: str, **_kept: object) -> Message:
        self.calls.append(("send", content))
        return Message(self)

    async def taken(self, content: str) -> None:
        if self.fails:
            self.fails -= 1
            raise discord.DiscordException("busy")
        self.calls.append(("edit", content))
        self.edited.set()


class Message:
    def __init__(self, place: Place) -> None:
        self.place = place

    async def edit(self, *, content: str, **_kept: object) -> None:
        await self.place.taken(content)


def stream_of(place: Place, pace: float = 0.0) -> StreamedAnswer:
    return StreamedAnswer(place, load("ko"), [Message(place)], pace)  # type: ignore[arg-type, list-item]


async def test_the_first_words_are_shown_at_once_and_the_rest_at_the_end():
    place = Place()
    stream = stream_of(place, pace=60)
    showing = asyncio.create_task(stream.show())
    stream.grow(" ")
    stream.grow("첫 마디")
    await place.edited.wait()
    assert place.calls == [("edit", " 첫 마디 ▌".strip())]
    stream.grow(" 그리고 더")
    await asyncio.sleep(0)
    assert len(place.calls) == 1
    stream.end()
    await showing
    await stream.finish(None)
    assert place.calls[-1] == ("edit", "첫 마디 그리고 더")


async def test_long_answers_go_on_in_new_messages_and_finished_ones_are_left_alone():
    place = Place()
    stream = stream_of(place)
    showing = asyncio.create_task(stream.show())
    for _ in range(30):
        place.edited.clear()
        stream.grow(SENTENCE * 10)
        await place.edited.wait()
    stream.end()
    await showing
    await stream.finish(None)
    sent = [text for kind, text in place.calls if kind == "send"]
    assert len(sent) == len(chunks((SENTENCE * 300).strip())) - 1
    finals = [text for _, text in place.calls if not text.endswith("▌")]
    assert all(text.endswith("끝납니다.") for text in finals)
    assert max(units(text) for _, text in place.calls) <= CHUNK_MAX + 2


async def test_what_discord_did_not_take_is_shown_by_the_next_edit():
    place = Place(fails=1)
    stream = stream_of(place)
    showing = asyncio.create_task(stream.show())
    stream.grow("하나")
    while place.fails:  # noqa: ASYNC110 - the fake has no event for a failure
        await asyncio.sleep(0)
    stream.grow(" 둘")
    await place.edited.wait()
    stream.end()
    await showing
    assert place.calls[0][1].startswith("하나 둘")


@pytest.mark.parametrize("fails", [1, FINISH_TRIES - 1, FINISH_TRIES])
async def test_the_end_is_tried_again_but_not_for_ever(fails):
    place = Place(fails=fails)
    stream = stream_of(place)
    stream.grow("끝까지")
    stream.end()
    if fails < FINISH_TRIES:
        await stream.finish(None)
        assert place.calls == [("edit", "끝까지")]
    else:
        with pytest.raises(discord.DiscordException):
            await stream.finish(None)


async def test_an_empty_answer_says_so():
    place = Place()
    stream = stream_of(place)
    stream.end()
    await stream.show()
    await stream.finish(None)
    assert place.calls == [("edit", "답을 만들지 못했습니다. 다시 말씀해 주세요.")]


def test_long_texts_are_cut_at_the_ends_of_sentences():
    parts = chunks("가나다라마바사. 아자차카 타파하", 14)
    assert parts[0] == "가나다라마바사."
    assert chunks("첫 문단은 조금 깁니다.\n\n둘째 문단", 18)[0] == "첫 문단은 조금 깁니다."


def test_tables_become_lines_that_fit_a_phone():
    table = "값:\n| 종목 | 수량 |\n|:---|---:|\n| KODEX 200 | 3 |\n끝 | 아님"
    assert flat_tables(table) == "값:\n종목 · 수량\nKODEX 200 · 3\n끝 | 아님"


async def test_hostile_answers_ping_nobody_and_link_nowhere(house, chat):
    texts = [text for _, text in corpus() if "evil.test" not in text]
    chat.sessions.script = [AnswerText(text + "\n", final=False) for text in texts]
    async with running(house, chat):
        thread = await open_thread(house)
        desk = house.discord
        await desk.wait_for(
            lambda: sum(len(m["content"]) for m in desk.messages(thread["id"])) > 10_000
        )
        posted = desk.messages(thread["id"])
        assert len(posted) > 5
        for message in posted:
            assert message["mention_everyone"] is False
            assert message["mentions"] == message["mention_roles"] == []
            assert "](http" not in message["content"]
            assert "@everyone" not in message["content"]
            assert "<@" not in message["content"].replace("\\<", "")

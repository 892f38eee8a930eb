"""The world of the benchmark of sessions, in a process of its own: Discord, a model that streams.

It plays both sides of the bot: it asks as a person in Discord's threads, answers as the provider,
piece by piece, and notes when the first words left the one and stood in the other.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from aiohttp import web

from core.domain.krx import KST
from sandbox import commands
from sandbox.demo.stage import strategy_text
from sandbox.discord.desk import DiscordDesk
from sandbox.discord.events import DiscordEvent
from sandbox.model.brain import Said, Thought, Wanted
from sandbox.model.handler import ModelState, Request, handle
from sandbox.servers import LOOPBACK, start
from sandbox.world import WorldSettings, build_world

START = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
CHANNEL = "매매"
WAIT_SECONDS = 170.0
# As a provider does: a while of thinking, then some words at a time.
THINKING_SECONDS = 0.3
PIECE_SECONDS = 0.04
PIECE_CHARACTERS = 12
# Nobody asks on in the moment in which the last words appear.
READING_SECONDS = 1.0
# Discord's own figures for the messages of one channel.
CALLS, CALLS_SECONDS = 5, 5.0
# Fifty long answers cost more than a careful user would spend in a day.
WITHOUT_LIMIT = {"OPENAI_DAY_BUDGET_KRW": "1000000", "OPENAI_USER_BUDGET_KRW": "1000000"}
BRIEFING = "브리핑"
FIRST_WORDS = "알겠습니다."
LAST_WORDS = "이상입니다."
_BODY = (
    "보유 종목의 평가 금액과 오늘의 등락을 먼저 살펴보았습니다. 최근 20거래일의 흐름은 크게 바뀌지 "
    "않았고, 거래 대금은 평균보다 1.3배 많습니다. 지금 사야 할 까닭은 자료에서 찾지 못했습니다. "
    "**위험**: 환율이 1,400원 가까이에서 움직이고, 금리 발표가 남아 있습니다.\n"
    "| 항목 | 값 |\n|---|---|\n| 현금 | 500,000원 |\n| 평가 금액 | 480,000원 |\n\n"
)
ANSWER = f"{FIRST_WORDS} {_BODY * 3}{LAST_WORDS}"
# What one question makes the model ask for first; a chart, which is drawn in a child, is one of them.
TOOLS: tuple[Wanted, ...] = (
    Wanted("portfolio", {}),
    Wanted("quote", {"symbol": "069500"}),
    Wanted("bars", {"symbol": "069500", "sessions": 60, "chart": True}),
    Wanted("memory_search", {"query": "환율 금리"}),
    Wanted("risk_limits", {}),
    Wanted("orders", {"scope": "today"}),
    Wanted("order_book", {"symbol": "069500"}),
    Wanted("rules", {}),
    Wanted("bars", {"symbol": "069500", "sessions": 120, "chart": False}),
    Wanted("news", {}),
)
_TAG = re.compile(r"\[(\d+)\.(\d+)\]")

Asked = tuple[int, int]


@dataclass(slots=True)
class Times:
    """When the first words left the provider, when they stood in Discord, when the last ones did."""

    said: dict[Asked, float] = field(default_factory=dict)
    shown: dict[Asked, float] = field(default_factory=dict)
    ended: dict[Asked, float] = field(default_factory=dict)

    def waited(self, number: int) -> list[float]:
        """Return the seconds of each question of a round from the first token to first words."""
        return [
            at - self.said[asked] for asked, at in sorted(self.shown.items()) if asked[0] == number
        ]


def tag_of(messages: list[dict[str, Any]]) -> tuple[Asked | None, bool]:
    """Return which question a request is about, and whether a tool has answered since."""
    last = max((at for at, one in enumerate(messages) if one.get("role") == "user"), default=-1)
    if last < 0:
        return None, False
    found = _TAG.search(str(messages[last].get("content")))
    has_result = any(one.get("role") == "tool" for one in messages[last + 1 :])
    return (None if found is None else (int(found[1]), int(found[2]))), has_result


def thought_of(messages: list[dict[str, Any]], _tools: frozenset[str]) -> Thought:
    """Ask for a tool first, then say a long answer; what is no question of ours gets one sentence."""
    asked, has_result = tag_of(messages)
    if asked is None:
        return Said("요약할 것이 없습니다.")
    number, place = asked
    if number and not has_result:
        return TOOLS[place % len(TOOLS)]
    return Said(ANSWER if number else f"{FIRST_WORDS} {LAST_WORDS}")


async def serve_model(times: Times) -> Any:
    """Serve an OpenAI-compatible endpoint whose answers come at a provider's pace."""
    state = ModelState(brain=thought_of, piece_characters=PIECE_CHARACTERS)

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Request(method=request.method, path=request.path, headers=headers, body=body)
        reply = handle(state, asked, time.time())
        if not reply.events:
            return web.Response(
                status=reply.status, body=reply.body, content_type="application/json"
            )
        tag, _ = tag_of(json.loads(body)["messages"])
        response = web.StreamResponse(status=reply.status, headers=dict(reply.headers))
        response.content_type = "text/event-stream"
        response.enable_chunked_encoding()
        await response.prepare(request)
        pace = PIECE_SECONDS if tag is not None and tag[0] else 0.0
        await asyncio.sleep(THINKING_SECONDS if pace else 0.0)
        for event in reply.events:
            if tag is not None and FIRST_WORDS[:2].encode() in event:
                times.said.setdefault(tag, time.perf_counter())
            await response.write(event)
            await asyncio.sleep(pace)
        await response.write_eof()
        return response

    app = web.Application(client_max_size=4_000_000)
    app.router.add_route("*", "/{path:.*}", answer)
    return await start(app, LOOPBACK, 0)


class People:
    """Who asks in Discord, and sees when an answer begins and ends."""

    def __init__(self, desk: DiscordDesk, times: Times) -> None:
        self._desk = desk
        self._times = times
        self._waiting: dict[str, Asked] = {}
        self._moved = asyncio.Event()
        desk.subscribe(self._saw)

    def _saw(self, event: DiscordEvent) -> None:
        asked = self._waiting.get(event.channel_id)
        if asked is None or event.message is None or event.actor == "owner":
            return
        if event.kind not in {"message_posted", "message_edited"}:
            return
        content = str(event.message["content"])
        if FIRST_WORDS[:2] in content:
            self._times.shown.setdefault(asked, time.perf_counter())
        if LAST_WORDS in content and "▌" not in content:
            self._times.ended[asked] = time.perf_counter()
            del self._waiting[event.channel_id]
            self._moved.set()

    async def open(self, count: int) -> list[str]:
        """Open threads by the form of /trade, each with a short question, and return their ids."""
        for place in range(count):
            opened = await self._desk.slash("owner", CHANNEL, "trade")
            before = {one["id"] for one in self._desk.threads(CHANNEL)}
            await self._desk.submit_modal("owner", opened, {"request": f"[0.{place}] 안녕하세요"})

            def thread(before: set[str] = before) -> str | None:
                fresh = [one for one in self._desk.threads(CHANNEL) if one["id"] not in before]
                return str(fresh[0]["id"]) if fresh else None

            made = await self._desk.wait_for(thread, WAIT_SECONDS)
            await self._desk.wait_for(partial(self._has_ended, made), WAIT_SECONDS)
        return [str(one["id"]) for one in self._desk.threads(CHANNEL)][:count]

    def _has_ended(self, thread: str) -> bool:
        shown = [str(one["content"]) for one in self._desk.messages(thread)]
        return any(LAST_WORDS in text and "▌" not in text for text in shown)

    async def ask(self, number: int, threads: list[str]) -> None:
        """Ask in all of them at once and wait for the whole answers. Raises TimeoutError."""
        for place, thread in enumerate(threads):
            self._waiting[thread] = (number, place)
        for place, thread in enumerate(threads):
            text = f"[{number}.{place}] 지금 계좌를 보고 무엇을 할지 알려 주세요"
            await self._desk.say("owner", thread, text)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while self._waiting:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError as error:
            newest = [str(self._desk.messages(one)[-1]["content"])[:200] for one in self._waiting]
            raise TimeoutError(f"{len(newest)} answers did not end: {newest[:3]}") from error


async def _play(pipe: Connection, sessions: int, singles: int) -> None:
    times = Times()
    world = build_world(WorldSettings(start=START, rate=1.0))
    async with AsyncExitStack() as stack:
        control = await commands.open_world(world, stack)
        model = await serve_model(times)
        stack.push_async_callback(model.close)
        world.addresses.model = f"{model.url}/v1"
        desk = world.discord
        if desk is None:
            raise RuntimeError("the Discord server did not open")
        lines = commands.environment(world, control.url).splitlines()
        given = dict(line.split("=", 1) for line in lines)
        given = {name: text for name, text in given.items() if not name.startswith("KIS_")}
        given |= {"BROKER": "sim", "DISCORD_TOKEN": desk.bot_token, **WITHOUT_LIMIT}
        pipe.send((given, strategy_text(world)))
        await desk.wait_for(lambda: desk.connected and desk.commands(), WAIT_SECONDS)
        people = People(desk, times)
        # It is past eight: the day's cycle begins as soon as the bot is there.
        pipe.send("morning")
        await desk.wait_for(lambda: _has_briefing(desk), WAIT_SECONDS)
        pipe.send("opening")
        threads = await people.open(sessions)
        desk.pace(CALLS, CALLS_SECONDS)
        pipe.send("single")
        for number in range(1, singles + 1):
            await people.ask(number, threads[number % sessions :][:1])
            await asyncio.sleep(READING_SECONDS)
        pipe.send("at once")
        await people.ask(singles + 1, threads)
        pipe.send("done")
        pipe.send(
            {
                "single": [one for number in range(1, singles + 1) for one in times.waited(number)],
                "at once": times.waited(singles + 1),
            }
        )
        # Served until the bot has gone: its last calls are answered.
        await asyncio.to_thread(pipe.recv)


def _has_briefing(desk: DiscordDesk) -> bool:
    """Whether the day's briefing stands in the channel."""
    return any(
        BRIEFING in str(embed.get("title", ""))
        for message in desk.messages(CHANNEL)
        for embed in message.get("embeds", ())
    )


def play(pipe: Connection, sessions: int, singles: int) -> None:
    """Run the world in this process until the other end says that the bot is gone."""
    asyncio.run(_play(pipe, sessions, singles))

"""When the watchdog asks, when it tells, and what it may do then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot import locales
from bot.alerting.discord_channel import DiscordPost
from bot.monitoring import watchdog as watching
from bot.monitoring.watchdog import OTHER_BOT, Leash, Watchdog, bot_at, discord_at
from core.domain.calendar import TradingCalendar
from core.domain.conditions import Condition, Severity
from core.domain.krx import KST
from core.errors import BrokerUnavailable, ConfigurationError
from tests.fakes.hand_clock import HandClock

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=KST)


class Scene:
    """Answers as it is told, and counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **allowed: Any) -> None:
        self.bot = self.discord = ""
        self.asked, self.seconds = 0, 0.0
        monkeypatch.setattr(watching, "host_monotonic", lambda: self.seconds)
        self.clock = HandClock(NOON)
        self.dog = Watchdog(
            Leash(
                ask_bot=self._ask_bot,
                ask_discord=self._ask_discord,
                clock=self.clock,
                calendar=TradingCalendar(),
                phrases=locales.load("ko"),
                silent_seconds=60,
                **allowed,
            )
        )

    async def _ask_bot(self) -> str:
        self.asked += 1
        return self.bot

    async def _ask_discord(self) -> str:
        return self.discord

    async def after(self, seconds: float) -> dict[Condition, str]:
        self.seconds += seconds
        return dict(await self.dog.look())


async def test_silence_is_told_once_it_lasts_and_ends_with_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene(monkeypatch)
    assert await scene.after(0) == {}
    scene.bot, scene.discord = "ConnectError", "HTTP 503"
    assert await scene.after(15) == {}
    assert await scene.after(59) == {}
    found = await scene.after(2)
    assert set(found) == {Condition.BOT_SILENT, Condition.DISCORD_SILENT}
    assert "61초 동안 대답하지 않습니다(ConnectError)" in found[Condition.BOT_SILENT]
    scene.bot = scene.discord = ""
    assert await scene.after(1) == {}
    scene.bot = "ConnectError"
    assert await scene.after(500) == {}


async def test_outside_of_session_time_nobody_is_asked_but_who_was_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene(monkeypatch)
    scene.bot = "ConnectError"
    for now in (NOON.replace(hour=16), NOON + timedelta(days=1)):
        scene.clock.set(now)
        assert await scene.after(500) == {}
    assert scene.asked == 0
    scene = Scene(monkeypatch)
    scene.bot = "ConnectError"
    await scene.after(0)
    scene.clock.set(NOON.replace(hour=16))
    assert Condition.BOT_SILENT in await scene.after(61)
    scene.bot = ""
    assert await scene.after(1) == {}
    asked = scene.asked
    await scene.after(1)
    assert scene.asked == asked


async def test_it_halts_and_reads_the_account_once_for_each_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    async def positions() -> str:
        done.append("read")
        return "KODEX 200 5"

    def halt() -> str:
        done.append("halted")
        return "HALTED"

    scene = Scene(monkeypatch, positions=positions, halt=halt)
    scene.bot = "ConnectError"
    await scene.after(0)
    text = ""
    for _ in range(3):
        text = (await scene.after(61))[Condition.BOT_SILENT]
    assert done == ["halted", "read"]
    assert "증권사의 보유: KODEX 200 5" in text
    assert "HALT 파일을 썼습니다. 봇이 읽으면 멈춥니다." in text
    scene.bot = ""
    await scene.after(1)
    scene.bot = "ConnectError"
    await scene.after(1)
    await scene.after(61)
    assert done == ["halted", "read"] * 2


async def test_a_bot_of_another_folder_is_told_and_never_halts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    async def positions() -> str:
        done.append("read")
        return "-"

    def halt() -> str:
        done.append("halted")
        return "HALTED"

    scene = Scene(monkeypatch, positions=positions, halt=halt)
    scene.bot = OTHER_BOT
    assert await scene.after(0) == {}
    assert await scene.after(59) == {}
    for _ in range(3):
        text = (await scene.after(61))[Condition.BOT_SILENT]
        assert "다른 자료 폴더(DATA_DIR)의 봇" in text
        assert "대답하지 않습니다" not in text
    # The other bot's time is no silence of ours: that begins when nobody answers.
    scene.bot = "ConnectError"
    assert await scene.after(1) == {}
    assert await scene.after(59) == {}
    assert done == []
    assert "대답하지 않습니다(ConnectError)" in (await scene.after(1))[Condition.BOT_SILENT]
    assert done == ["halted", "read"]


async def test_it_acts_in_the_session_only(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def halt() -> str:
        done.append("halted")
        return "HALTED"

    scene = Scene(monkeypatch, halt=halt)
    scene.bot = scene.discord = "ConnectError"
    scene.clock.set(NOON.replace(hour=15, minute=30))
    await scene.after(0)
    scene.clock.set(NOON.replace(hour=15, minute=31))
    found = await scene.after(61)
    assert set(found) == {Condition.BOT_SILENT, Condition.DISCORD_SILENT}
    assert not any("장중" in text or "HALT" in text for text in found.values())
    assert done == []
    scene.clock.set(NOON + timedelta(days=3))
    assert "HALT 파일을 썼습니다" in (await scene.after(61))[Condition.BOT_SILENT]
    assert done == ["halted"]


async def test_what_it_could_not_do_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    async def positions() -> str:
        raise BrokerUnavailable("silence")

    def halt() -> str:
        raise ConfigurationError("NOT HALTED: the disk is full")

    scene = Scene(monkeypatch, positions=positions, halt=halt)
    scene.bot = "ConnectError"
    await scene.after(0)
    text = (await scene.after(61))[Condition.BOT_SILENT]
    assert "매매를 정지하지 못했습니다: NOT HALTED: the disk is full" in text
    assert "증권사의 보유: silence" in text


async def test_what_answers_is_judged() -> None:
    replies: dict[str, Any] = {}
    posted: list[tuple[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        if request.method == "POST":
            posted.append((request.headers["Authorization"], await request.json()))
        status, body = replies["now"]
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    ask, discord = bot_at(url, "mine"), discord_at(url)
    post = DiscordPost(url, SecretStr("token"), 12)
    cases = [
        ((200, {"folder": "mine", "checks": {"loop": "ok"}}), ""),
        (
            (503, {"folder": "mine", "checks": {"loop": "ok", "heartbeat": "late"}}),
            "heartbeat: late",
        ),
        ((200, {"folder": "other", "checks": {}}), OTHER_BOT),
        ((200, ["nonsense"]), "what answers there is no bot"),
        ((200, {}), "what answers there is no bot"),
    ]
    for reply, said in cases:
        replies["now"] = reply
        assert await ask() == said
    replies["now"] = (200, {})
    assert await discord() == ""
    assert await post.send("제목", "@everyone", Severity.CRITICAL)
    assert posted == [
        ("Bot token", {"content": "**제목**\n@everyone", "allowed_mentions": {"parse": []}})
    ]
    replies["now"] = (503, {})
    assert await discord() == "HTTP 503"
    assert not await post.send("t", "b", Severity.CRITICAL)
    await runner.cleanup()
    assert await ask() == "ConnectError"
    assert await discord() == "ConnectError"
    assert not await post.send("t", "b", Severity.CRITICAL)

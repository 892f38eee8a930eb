"""The real bot stands still, and the watchdog says so; it wakes, and the watchdog says that too."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.by_hand import watchdog
from core.domain.krx import KST
from core.errors import ConfigurationError
from core.services.alerts import board
from sandbox import commands
from sandbox.demo.stage import strategy_text
from sandbox.servers import Server
from sandbox.world import World, WorldSettings, build_world
from tests.bot.environment import child_environment, only

pytest.importorskip("apprise", reason="the extra 'alerts' is not installed")
START = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
# apprise imports a module that Python will drop in 3.13, and has its own way without it there.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning"),
]


@pytest.fixture
async def world() -> World:
    return build_world(WorldSettings(start=START, rate=1.0))


@pytest.fixture
async def control(world: World) -> AsyncIterator[Server]:
    async with AsyncExitStack() as stack:
        yield await commands.open_world(world, stack)


@pytest.fixture
async def pager() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    seen: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        seen.append(await request.json())
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"json://127.0.0.1:{runner.addresses[0][1]}/", seen
    await runner.cleanup()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(what: Any) -> None:
    async with asyncio.timeout(180):
        while not what():  # noqa: ASYNC110 - another process acts
            await asyncio.sleep(0.05)


async def test_a_bot_that_stands_still_is_told_halted_and_told_again_when_it_wakes(
    world: World,
    control: Server,
    pager: tuple[str, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    url, seen = pager
    lines = commands.environment(world, control.url).splitlines()
    assert world.discord is not None
    given = dict(line.split("=", 1) for line in lines) | {
        "DISCORD_TOKEN": world.discord.bot_token,
        "DATA_DIR": str(tmp_path / "data"),
        "METRICS_PORT": str(free_port()),
        "ALERT_URLS": url,
        "WATCHDOG_SILENT_SECONDS": "5",
        "WATCHDOG_HALTS": "Y",
        "WATCHDOG_READS_POSITIONS": "Y",
    }
    del given["OPENAI_API_KEY"]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "strategy.toml").write_text(strategy_text(world), encoding="utf-8")
    monkeypatch.setattr(board, "LOOK_SECONDS", 0.5)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=tmp_path,
        env=child_environment(**given),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    only(monkeypatch, tmp_path, **given)
    try:
        from bot.monitoring.watchdog import bot_at
        from bot.settings import load
        from bot.wiring.monitoring import folder_mark

        settings = load()
        ask = bot_at(settings.health_url, folder_mark(settings))
        async with asyncio.timeout(180):
            while await ask():  # noqa: ASYNC110 - another process acts
                await asyncio.sleep(0.1)
        watching = asyncio.create_task(watchdog.watch())
        child.send_signal(signal.SIGSTOP)
        await until(lambda: seen or watching.done())
        assert not watching.done(), watching.exception()
        assert seen[0]["title"] == "🔴 심각 · 대답 없는 봇"
        assert "HALT 파일" in seen[0]["message"]
        assert "증권사의 보유: " in seen[0]["message"]
        assert "docs/runbooks/bot_silent.md" in seen[0]["message"]
        assert (tmp_path / "data" / "HALT").exists()
        desk = world.discord
        await until(lambda: any("대답 없는 봇" in one["content"] for one in desk.messages("알림")))
        child.send_signal(signal.SIGCONT)
        await until(lambda: len(seen) > 1)
        assert seen[1]["title"] == "더 이상 해당하지 않음 · 대답 없는 봇"
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(60):
            await watching
    finally:
        child.send_signal(signal.SIGCONT)
        child.kill()
        await child.wait()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "the watchdog could tell nobody"),
        ({"METRICS_PORT": "off"}, "there is nothing to ask"),
    ],
)
async def test_a_watchdog_that_cannot_work_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, values: dict[str, str], sentence: str
) -> None:
    only(monkeypatch, tmp_path, **values)
    with pytest.raises(ConfigurationError, match=sentence):
        await watchdog.watch()

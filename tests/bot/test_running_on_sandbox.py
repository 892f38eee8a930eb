"""The whole bot, in this process, against the whole sandbox over real sockets."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import discord.gateway
import discord.http
import pytest

from bot import running, sandbox_link
from bot.running import DiscordUnreachable, GatewayLost, Patience
from bot.sandbox_link import SandboxLink
from bot.settings import Settings, load
from core.domain.krx import KST
from core.errors import ConfigurationError
from core.runtime.supervisor import TaskSupervisor
from sandbox import commands
from sandbox.demo.stage import strategy_text
from sandbox.discord.desk import DiscordDesk
from sandbox.servers import Server
from sandbox.world import World, WorldSettings, build_world
from tests.bot.environment import only

START = datetime(2026, 11, 20, 7, 0, tzinfo=KST)
IMPATIENT = Patience(tries=2, wait_seconds=0.01)


@pytest.fixture(autouse=True)
def discord_py_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The link points discord.py at the sandbox for the whole process; undo it per test."""
    socket = discord.gateway.DiscordWebSocket
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    monkeypatch.setattr(socket, "DEFAULT_GATEWAY", socket.DEFAULT_GATEWAY)


@pytest.fixture
async def world() -> World:
    return build_world(WorldSettings(start=START, rate=1.0))


@pytest.fixture
async def control(world: World) -> AsyncIterator[Server]:
    async with AsyncExitStack() as stack:
        yield await commands.open_world(world, stack)


@pytest.fixture
def desk(world: World, control: Server) -> DiscordDesk:
    assert world.discord is not None
    return world.discord


@pytest.fixture
def settings(
    world: World,
    control: Server,
    desk: DiscordDesk,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Settings:
    lines = commands.environment(world, control.url).splitlines()
    given = dict(line.split("=", 1) for line in lines)
    given |= {"DISCORD_TOKEN": desk.bot_token, "DATA_DIR": str(tmp_path / "data")}
    del given["OPENAI_API_KEY"]
    only(monkeypatch, tmp_path, **given)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "strategy.toml").write_text(strategy_text(world), encoding="utf-8")
    return load()


async def connected(desk: DiscordDesk, task: asyncio.Task[None]) -> None:
    """Wait until the bot hears the gateway: its commands exist before that."""
    gateway = desk._house.gateway
    async with asyncio.timeout(30):
        while not gateway.connected and not task.done():  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)
    assert not task.done(), task.exception()


async def settled(task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(30):
        await asyncio.wait({task})


async def test_it_logs_in_answers_and_ends_at_sigterm(
    settings: Settings, desk: DiscordDesk, tmp_path: Path
) -> None:
    task = asyncio.create_task(running.run(settings))
    await connected(desk, task)
    shown = await desk.settled(await desk.slash("owner", "매매", "status"))
    fields = {one["name"]: one["value"] for one in shown["embeds"][0]["fields"]}
    assert fields["모드"] == "모의투자"
    assert fields["오늘 장"] == "09:00–15:30"
    refused = await desk.slash("stranger", "매매", "status")
    assert refused.message is not None
    assert "등록된 사용자만" in refused.message["content"]
    assert (tmp_path / "data" / "heartbeat.json").exists()
    os.kill(os.getpid(), signal.SIGTERM)
    await settled(task)
    task.result()
    # Ended in the middle of its start: every task is over before the database closes, so no
    # connection is left for the garbage collector (an unclosed one fails the test).
    gc.collect()
    assert not [one for one in desk.messages("알림") if one["embeds"]]


async def test_it_opens_the_stream_after_the_login_and_closes_it_at_the_end(
    settings: Settings, desk: DiscordDesk, world: World
) -> None:
    task = asyncio.create_task(running.run(settings))
    async with asyncio.timeout(60):
        while not world.stream.seen and not task.done():  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)
    assert (world.stream.seen[0].tr_id, world.stream.seen[0].msg_cd) == ("H0STCNI9", "OPSP0000")
    shown = await desk.settled(await desk.slash("owner", "매매", "status"))
    fields = {one["name"]: one["value"] for one in shown["embeds"][0]["fields"]}
    assert fields["실시간 시세"].startswith("정상 · KIS WebSocket · 0종목 · ")
    os.kill(os.getpid(), signal.SIGTERM)
    await settled(task)
    task.result()
    async with asyncio.timeout(30):
        while world.stream.holder is not None:  # noqa: ASYNC110 - the server hears of it later
            await asyncio.sleep(0.01)


async def test_a_bot_at_kiwoom_opens_its_stream(
    settings: Settings, desk: DiscordDesk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = commands.broker_environment(world, "kiwoom")
    for name, value in (line.split("=", 1) for line in lines):
        monkeypatch.setenv(name, value)
    task = asyncio.create_task(running.run(load()))
    async with asyncio.timeout(60):
        while len(world.kiwoom_stream.seen) < 5 and not task.done():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    seen = [(one.trnm, one.types, one.return_code) for one in world.kiwoom_stream.seen][:4]
    assert seen == [
        ("LOGIN", (), 0),
        ("REG", ("00",), 0),
        ("REG", ("04",), 0),
        ("REG", ("0s",), 0),
    ]
    shown = await desk.settled(await desk.slash("owner", "매매", "status"))
    fields = {one["name"]: one["value"] for one in shown["embeds"][0]["fields"]}
    assert fields["실시간 시세"].startswith("정상 · Kiwoom WebSocket · 0종목 · ")
    os.kill(os.getpid(), signal.SIGTERM)
    await settled(task)
    task.result()


async def test_a_gateway_that_ends_for_good_ends_the_process_with_a_reason(
    settings: Settings, desk: DiscordDesk
) -> None:
    task = asyncio.create_task(running.run(settings))
    await connected(desk, task)
    await desk.settled(await desk.slash("owner", "매매", "status"))
    await desk.drop("4004")
    await settled(task)
    with pytest.raises(GatewayLost, match="closed the connection for good"):
        task.result()


async def test_a_wrong_token_is_a_sentence(settings: Settings, desk: DiscordDesk) -> None:
    wrong = settings.model_copy(update={"discord_token": type(settings.discord_token)("wrong")})
    with pytest.raises(ConfigurationError, match="DISCORD_TOKEN is refused by Discord"):
        await running.run(wrong, patience=IMPATIENT)
    foreign = settings.model_copy(update={"discord_guild_id": 5})
    with pytest.raises(ConfigurationError, match="DISCORD_GUILD_ID: "):
        await running.run(foreign, patience=IMPATIENT)


async def test_a_discord_that_is_down_is_waited_for_within_bounds(
    settings: Settings, world: World
) -> None:
    world.addresses.discord_api = "http://127.0.0.1:9/api/v10"
    with pytest.raises(DiscordUnreachable, match=r"Discord did not answer for \d+ seconds"):
        await running.run(settings, patience=IMPATIENT)
    # Asked to stop while it waits, it stops instead of trying on.
    task = asyncio.create_task(running.run(settings, patience=Patience(tries=9, wait_seconds=60)))
    async with asyncio.timeout(30):
        while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    await settled(task)
    task.result()


async def test_the_link_follows_the_clock_of_the_sandbox(world: World, control: Server) -> None:
    world.clock.set_rate(0)
    link, supervisor = SandboxLink(control.url), TaskSupervisor()
    addresses, clock = await link.open()
    assert addresses.kis == world.addresses.kis
    assert addresses.discord_api == world.addresses.discord_api
    assert addresses.feeds == world.addresses.feeds
    assert clock.now() == world.clock.now()
    moved = asyncio.Event()
    clock.on_change(moved.set)
    link.follow(clock, supervisor)
    target = START + timedelta(hours=2)
    world.clock.jump(target)
    async with asyncio.timeout(30):
        await clock.sleep_until(target)
    assert moved.is_set()
    assert clock.now() == target
    world.clock.set_rate(4)
    async with asyncio.timeout(30):
        while clock.rate != 4:  # noqa: ASYNC110 - the socket tells it some time
            await asyncio.sleep(0.005)
    await link.close()
    await supervisor.aclose()


async def test_a_sandbox_that_is_down_is_tried_so_often_and_no_more() -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    with pytest.raises(
        ConfigurationError, match=r"^SANDBOX_URL: .*does not answer \([^()]*\); is it running\?$"
    ):
        await SandboxLink("http://127.0.0.1:9", wait=wait).open()
    assert waited == [sandbox_link.RETRY_HOST_SECONDS] * sandbox_link.CONNECT_TRIES


async def test_a_stranger_on_that_port_is_not_taken_for_the_sandbox(world: World) -> None:
    async def wait(_seconds: float) -> None:
        await asyncio.sleep(0)

    async with AsyncExitStack() as stack:
        await commands.open_world(world, stack)
        with pytest.raises(ConfigurationError, match="does not answer"):
            await SandboxLink(world.addresses.kis, wait=wait).open()

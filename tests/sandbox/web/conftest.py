from __future__ import annotations

import io
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

import aiohttp
import pytest
from rich.console import Console

from sandbox import commands
from sandbox.clock import KST
from sandbox.demo.bot_process import BotProcess
from sandbox.demo.stage import Stage
from sandbox.demo.teller import Teller
from sandbox.web.server import serve_page
from sandbox.world import WorldSettings, build_world
from tests.sandbox.web import browser
from tests.sandbox.web.newcomer import running_demo


@pytest.fixture
async def demo(tmp_path):
    """`make demo` as a newcomer starts it: the page's address."""
    async with running_demo(tmp_path / "out") as address:
        yield address


@pytest.fixture
async def chromium(tmp_path):
    if browser.found() is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium)")
    async with browser.running(tmp_path / "profile") as running:
        yield running


@asynccontextmanager
async def a_stage(tmp_path, settings):
    """A stage of such a world whose bot was never started."""
    world = build_world(settings)
    teller = Teller(world, Console(file=io.StringIO()), tmp_path / "transcript.jsonl")
    async with AsyncExitStack() as stack:
        await commands.open_world(world, stack)
        assert world.discord is not None
        yield Stage(world, world.discord, BotProcess(tmp_path, {}), teller, tmp_path)
    teller.close()


@pytest.fixture
async def stage(tmp_path):
    start = datetime(2026, 11, 2, 9, 30, tzinfo=KST)
    async with a_stage(tmp_path, WorldSettings(start=start)) as stage:
        yield stage


@pytest.fixture
async def page(stage):
    running = await serve_page(stage)
    yield running.url
    await running.close()


@pytest.fixture
async def visitor():
    async with aiohttp.ClientSession() as session:
        yield session

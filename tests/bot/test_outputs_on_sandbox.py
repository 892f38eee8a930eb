"""Nothing that the real process writes or serves holds a secret, and each log line is an event with ids."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from core.domain.krx import KST
from sandbox import commands
from sandbox.demo.stage import strategy_text
from sandbox.world import WorldSettings, build_world
from tests.bot.environment import child_environment

pytestmark = [pytest.mark.slow, pytest.mark.untraced]
START = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
# Of settings that the sandbox does not hand out itself.
OWN = {
    "OPENAI_API_KEY": "sk-canary-5b1f0c77e2a94d",
    "SLACK_WEBHOOK": "https://hooks.slack.com/services/T0CANARY99/B12345678/abcdefghijklmnopqrstuvwx",
    "TELEGRAM_BOT_TOKEN": "123456789:AACANARYabcdefghijklmnopqrstuvwx",
    "TELEGRAM_CHAT_ID": "424242",
    "BACKUP_PASSPHRASE": "canary horse battery staple",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def ready(pages: str, client: httpx.AsyncClient, child: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(180):
        while child.returncode is None:
            try:
                if (await client.get(f"{pages}/readyz")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
    raise AssertionError(f"the bot ended with {child.returncode}")


async def test_no_secret_leaves_the_process_but_to_whom_it_belongs(tmp_path: Path) -> None:
    world = build_world(WorldSettings(start=START, rate=1.0))
    data, said, errors = tmp_path / "data", tmp_path / "out", tmp_path / "err"
    data.mkdir()
    async with AsyncExitStack() as stack:
        control = await commands.open_world(world, stack)
        assert world.discord is not None
        lines = commands.environment(world, control.url).splitlines()
        pages = free_port()
        given = dict(line.split("=", 1) for line in lines) | OWN
        given |= {
            "DISCORD_TOKEN": world.discord.bot_token,
            "DATA_DIR": str(data),
            "METRICS_PORT": str(pages),
            "LOG_LEVEL": "DEBUG",
        }
        (data / "strategy.toml").write_text(strategy_text(world), encoding="utf-8")
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        with said.open("wb") as out, errors.open("wb") as err:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                cwd=tmp_path,
                env=child_environment(**given),
                stdout=out,
                stderr=err,
            )
        try:
            url = f"http://127.0.0.1:{pages}"
            await ready(url, client, child)
            served = [(await client.get(f"{url}/{page}")).text for page in ("metrics", "readyz")]
        finally:
            if child.returncode is None:
                child.send_signal(signal.SIGTERM)
            await child.wait()
    assert child.returncode == 0
    kis = world.kis
    secrets = {world.discord.bot_token, kis.app_key, kis.app_secret, kis.account, *OWN.values()}
    secrets -= {OWN["TELEGRAM_CHAT_ID"]}
    assert all(len(secret) >= 8 for secret in secrets)
    shown = {
        "metrics and readyz": "".join(served),
        "discord": json.dumps(world.discord.messages("매매")),
    }
    # Its token is the one thing the bot must keep; that folder is its own, and closed.
    kept = [path for path in data.rglob("*") if path.is_file() and path.parent.name != "tokens"]
    shown |= {
        str(path): path.read_bytes().decode("utf-8", "replace") for path in (said, errors, *kept)
    }
    assert any(path.suffix == ".db" for path in kept)
    found = [(name, one[:6]) for name, text in shown.items() for one in secrets if one in text]
    assert found == []
    events = [json.loads(line) for line in errors.read_text(encoding="utf-8").splitlines()]
    assert {"starting", "token issued", "discord ready"} <= {event["event"] for event in events}
    assert all({"event", "level", "timestamp", "process"} <= event.keys() for event in events)
    assert {event["process"] for event in events} == {child.pid}
    tasks = {event["event"]: event.get("task") for event in events}
    assert tasks["feed is up"]
    assert (data / "tokens").stat().st_mode & 0o077 == 0

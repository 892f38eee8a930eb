"""What an idle bot costs: its memory, and the CPU time until it is ready: `python -m benchmarks.idle`.

The real `python -m bot run` in a process of its own; Discord, KIS with its stream, a model and the
feeds are the sandbox's, over loopback in this process. Before it, in the same run, a process that
imports the same modules and nothing else.

A first start, not measured, creates the database and, as an installation does, the byte-code; it
also lists what is imported. Measured is then a start as on any other day, at seven in the morning,
and with `--day` the same bot after the day's cycle. On a machine that does other work the same
start takes two or three times its CPU time: the yardstick tells. Exit code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from core.domain.krx import KST
from sandbox import commands
from sandbox.demo.stage import strategy_text
from sandbox.world import World, WorldSettings, build_world

RSS_MIB_MAX = 130.0
TIMES_IMPORTS_MAX = 1.3
READY_CPU_SECONDS_MAX = 3.0
START = datetime(2026, 11, 20, 7, 0, tzinfo=KST)
CYCLE = START + timedelta(hours=1, seconds=1)
CYCLE_STEPS = 8
# Business time passes faster while the bars are read: some calls a second are allowed.
CYCLE_RATE = 20.0
WAIT_SECONDS = 180.0
LOOK_SECONDS = 0.05
IDLE_SECONDS = 10.0
_ROOT = Path(__file__).parents[1]
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
_IMPORTED = re.compile(rb"import time:\s+\d+ \|\s+\d+ \|\s+(\S+)")
# Reads names line by line, imports them, and stays until its input ends. What the bot itself tried
# in vain (modules of other systems, libraries that are not installed) is passed over.
_IMPORTS_ALONE = """
import importlib, sys
for name in sys.stdin.readline().split():
    try:
        importlib.import_module(name)
    except ImportError:
        pass
print(len(sys.modules), flush=True)
sys.stdin.readline()
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bot runs, and what it is given."""

    world: World
    folder: Path
    environment: Mapping[str, str]
    pages: str


@asynccontextmanager
async def place(folder: Path) -> AsyncIterator[Place]:
    """Open the world around a bot whose data lie in `folder`."""
    world = build_world(WorldSettings(start=START, rate=1.0))
    async with AsyncExitStack() as stack:
        control = await commands.open_world(world, stack)
        lines = commands.environment(world, control.url).splitlines()
        data, port = folder / "data", free_port()
        data.mkdir()
        (data / "strategy.toml").write_text(strategy_text(world), encoding="utf-8")
        own = {
            "DATA_DIR": str(data),
            "DISCORD_TOKEN": world.discord.bot_token if world.discord else "",
            "METRICS_PORT": str(port),
            "PYTHONPATH": str(_ROOT),
        }
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        given = dict(line.split("=", 1) for line in lines)
        yield Place(world, folder, kept | given | own, f"http://127.0.0.1:{port}")


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its threads, its children left out."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid: int) -> float:
    """Return the memory of a process that is resident now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def until_ready(at: Place, bot: Process, client: httpx.AsyncClient) -> float:
    """Wait until /readyz says so; return the CPU seconds until then."""
    async with asyncio.timeout(WAIT_SECONDS):
        while bot.returncode is None:
            try:
                answer = await client.get(f"{at.pages}/readyz")
                if answer.status_code == httpx.codes.OK:
                    return cpu_seconds(bot.pid)
            except httpx.TransportError:
                pass
            await asyncio.sleep(LOOK_SECONDS)
    raise RuntimeError(f"the bot ended with {bot.returncode}")


async def until_cycle_done(at: Place, client: httpx.AsyncClient) -> None:
    """Let it be eight o'clock, and wait until every step of the day's cycle is over."""
    at.world.clock.jump(CYCLE)
    at.world.clock.set_rate(CYCLE_RATE)
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            figures = (await client.get(f"{at.pages}/metrics")).text
            if figures.count("\nautotrade_cycle_step_outcome{") >= CYCLE_STEPS:
                break
            await asyncio.sleep(1)
    at.world.clock.set_rate(1.0)


@asynccontextmanager
async def running(at: Place, *options: str, errors: int = DEVNULL) -> AsyncIterator[Process]:
    """Run the bot for the time of the block, with options of Python itself."""
    bot = await asyncio.create_subprocess_exec(
        *(sys.executable, *options, "-m", "bot", "run"),
        cwd=at.folder,
        env=at.environment,
        stdout=DEVNULL,
        stderr=errors,
    )
    try:
        yield bot
    finally:
        if bot.returncode is None:
            bot.send_signal(signal.SIGTERM)
        await bot.wait()


async def first_start(at: Place, client: httpx.AsyncClient) -> tuple[str, ...]:
    """Start the bot once; return the modules that it imported, in their order."""
    log = at.folder / "imports.txt"
    with log.open("wb") as file:
        async with running(at, "-X", "importtime", errors=file.fileno()) as bot:
            await until_ready(at, bot, client)
            await asyncio.sleep(IDLE_SECONDS)
    return tuple(name.decode() for name in _IMPORTED.findall(log.read_bytes()))


async def imports_alone(at: Place, modules: Sequence[str]) -> dict[str, float]:
    """Return the figures of a process that imports `modules` and does nothing else."""
    alone = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _IMPORTS_ALONE),
        cwd=at.folder,
        env=at.environment,
        stdin=PIPE,
        stdout=PIPE,
    )
    if alone.stdin is None or alone.stdout is None:
        raise RuntimeError("the process has no pipes")
    try:
        alone.stdin.write(" ".join(modules).encode() + b"\n")
        async with asyncio.timeout(WAIT_SECONDS):
            known = int(await alone.stdout.readline())
        figures = {"modules": known, "rss_mib": rss_mib(alone.pid), "cpu_s": cpu_seconds(alone.pid)}
    finally:
        alone.stdin.close()
        await alone.wait()
    return figures


async def idle(at: Place, client: httpx.AsyncClient, *, day: bool) -> dict[str, float]:
    """Return the figures of a bot that nobody asks anything, with `day` also after its cycle."""
    async with running(at) as bot:
        figures = {"ready_cpu_s": await until_ready(at, bot, client)}
        await asyncio.sleep(IDLE_SECONDS)
        figures["rss_mib"] = rss_mib(bot.pid)
        if day:
            await until_cycle_done(at, client)
            await asyncio.sleep(IDLE_SECONDS)
            figures["rss_after_cycle_mib"] = rss_mib(bot.pid)
    return figures


async def measure(folder: Path, *, day: bool) -> dict[str, Any]:
    """Return every figure of one run."""
    async with place(folder) as at, httpx.AsyncClient(trust_env=False) as client:
        modules = await first_start(at, client)
        alone = await imports_alone(at, modules)
        bot = await idle(at, client, day=day)
    return {
        "load": round(os.getloadavg()[0], 1),
        "yardstick_s": round(yardstick(), 2),
        "imports": {name: round(value, 2) for name, value in alone.items()},
        "bot": {name: round(value, 2) for name, value in bot.items()},
        "times_imports": round(bot["rss_mib"] / alone["rss_mib"], 3),
    }


def yardstick() -> float:
    """Return the CPU seconds of six million additions here and now: a third on an idle machine."""
    began, total = time.process_time(), 0
    for number in range(6_000_000):
        total += number
    return time.process_time() - began


def missed(report: Mapping[str, Any]) -> list[str]:
    """Return the goals that a report misses, in words."""
    bot, goals = report["bot"], []
    if bot["rss_mib"] > RSS_MIB_MAX:
        goals.append(f"an idle bot holds {bot['rss_mib']} MiB")
    if report["times_imports"] > TIMES_IMPORTS_MAX:
        goals.append(f"an idle bot holds {report['times_imports']} x its imports")
    if bot["ready_cpu_s"] > READY_CPU_SECONDS_MAX:
        goals.append(f"a start takes {bot['ready_cpu_s']} s of CPU time until it is ready")
    return goals


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print JSON, and say what was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle", description=__doc__)
    parser.add_argument("--day", action="store_true", help="also after the day's cycle")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(measure(Path(folder), day=options.day))
    report["missed"] = missed(report)
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if report["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())

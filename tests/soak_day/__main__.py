"""`python -m tests.soak_day --days 5`: run the days, print the figures, exit 1 for a miss."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import random
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

from rich.console import Console

from sandbox.clock import KST
from sandbox.demo.place import DATA_FOLDER
from sandbox.demo.stage import CHANNEL, Stage, set_up
from sandbox.demo.teller import Teller
from sandbox.market import opening
from sandbox.world import World, WorldSettings, build_world
from tests.soak_day.acts import SoakedDay
from tests.soak_day.books import judge, read_own
from tests.soak_day.crowd import Crowd, Wall
from tests.soak_day.report import DayFigures, as_json, misses, quantile

FIRST_DAY = date(2026, 11, 2)
FAULTS = ("drop_before", "http_500", "egw00201", "accept_then_drop", "accept_then_500", "truncate")
STREAM_FAULTS = ("swallow", "duplicate", "truncate", "drop", "close")
STREAM_FAULTS_PER_SECOND = 0.1
START_SECONDS = 90.0
LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is put on the bot: trades and clicks a host second, share of requests that fail."""

    days: int
    frames: int
    clicks: float
    faults: float
    seed: int


async def soak(load: Load, folder: Path) -> list[DayFigures]:
    """Run the days in `folder` and return their figures. Raises TimeoutError or BotEnded."""
    start = datetime.combine(FIRST_DAY, time_of_day(7, 58), tzinfo=KST)
    world = build_world(WorldSettings(seed=load.seed, start=start))
    teller = Teller(world, Console(file=io.StringIO()), None)
    figures: list[DayFigures] = []
    async with set_up(world, teller, folder) as stage:
        wall = Wall()
        stage.desk.subscribe(wall.saw)
        await stage.until(lambda: stage.desk.connected, "the bot's connection", START_SECONDS)
        await stage.until(stage.desk.commands, "the bot's commands", START_SECONDS)
        await stage.desk.slash("owner", CHANNEL, "system panel")
        _make_trouble(world, load)
        day = FIRST_DAY
        for _ in range(load.days):
            figures.append(await _one_day(stage, wall, load, day))
            sys.stderr.write(f"{figures[-1].line()}\n")
            day = _next_session(world, day)
    return figures


def _make_trouble(world: World, load: Load) -> None:
    world.kis.faults.seed(load.seed, load.faults, FAULTS)
    world.stream.trades_per_second = load.frames
    if load.frames:
        world.stream.faults.seed(load.seed, STREAM_FAULTS_PER_SECOND / load.frames, STREAM_FAULTS)


@dataclass(slots=True)
class Feed:
    """How many messages of data went out, and in how many host seconds of an open market."""

    world: World
    seconds: float = 0.0
    told: int = 0

    async def watch(self) -> None:
        """Count until cancelled."""
        stream, now = self.world.stream, time.monotonic()
        told = stream.told
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            before, now = now, time.monotonic()
            if opening(self.world.prices, self.world.clock.now()) is not None:
                self.seconds += now - before
                self.told += stream.told - told
            told = stream.told


async def _one_day(stage: Stage, wall: Wall, load: Load, day: date) -> DayFigures:
    crowd = Crowd(stage.desk, wall, load.clicks, random.Random(f"{load.seed} {day}"))
    feed, began = Feed(stage.world), time.monotonic()
    hands = [
        asyncio.create_task(work) for work in (crowd.press_on(), crowd.approve_on(), feed.watch())
    ]
    try:
        await SoakedDay(stage, wall, day).play()
    finally:
        for hand in hands:
            hand.cancel()
        for hand in hands:
            with suppress(asyncio.CancelledError):
                await hand
    seconds = time.monotonic() - began
    ordered = sorted(crowd.clicks.seconds)
    database = next((stage.folder / DATA_FOLDER).glob("autotrade-*.db"))
    return DayFigures(
        day=day,
        seconds=seconds,
        frames_per_second=feed.told / feed.seconds if feed.seconds else 0.0,
        clicks=len(ordered) + crowd.clicks.unanswered,
        unanswered=crowd.clicks.unanswered,
        late=crowd.clicks.late,
        answer_p50=quantile(ordered, 0.5),
        answer_p99=quantile(ordered, 0.99),
        answer_worst=quantile(ordered, 1.0),
        memory_mib=_resident_mib(stage.bot.process_id),
        books=judge(day, stage.world.exchange.orders(day), read_own(database)),
    )


def _next_session(world: World, day: date) -> date:
    following = day + timedelta(days=1)
    while not world.prices.is_session(following):
        following += timedelta(days=1)
    return following


def _resident_mib(process_id: int) -> float:
    """Return what the process holds in memory (VmRSS, proc(5))."""
    lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    found = next(line for line in lines if line.startswith("VmRSS:"))
    return int(found.split()[1]) / 1024


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make soak-day", description=__doc__)
    add = parser.add_argument
    add("--days", type=int, default=5, help="trading days (%(default)s)")
    add("--frames", type=int, default=2000, help="trades of the feed a second (%(default)s)")
    add("--clicks", type=float, default=50.0, help="presses a second (%(default)s)")
    add("--faults", type=float, default=0.01, help="share of requests that fail (%(default)s)")
    add("--seed", type=int, default=7, help="of prices, faults and clicks (%(default)s)")
    add("--json", action="store_true", help="the figures as JSON on standard output")
    return parser


def main(argv: list[str]) -> int:
    """Run it; 0 when nothing was missed."""
    arguments = _parser().parse_args(argv)
    load = Load(
        days=arguments.days,
        frames=arguments.frames,
        clicks=arguments.clicks,
        faults=arguments.faults,
        seed=arguments.seed,
    )
    with tempfile.TemporaryDirectory(prefix="soak-day-") as folder:
        days = asyncio.run(soak(load, Path(folder)))
    missed = misses(days)
    if arguments.json:
        sys.stdout.write(json.dumps(as_json(days), ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{text}\n" for text in missed) or "nothing missed\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

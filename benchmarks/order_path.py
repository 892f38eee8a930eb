"""How long our own share of an order's way is, beside the floor of this machine.

`python -m benchmarks.order_path` measures, on a real SQLite file and over a real loopback KIS:

- armed → first byte: from the last commit before the POST to its first byte on the wire, as a
  ratio to the floor (one durable SQLite commit and a bare httpx POST to the same server, in the
  same run);
- click → armed: our own share of it, the broker's answers subtracted, on days of ten orders (more
  the guard lets nobody send unless the owner sets it so; the day's list is read before each post,
  so a longer day costs more);
- click → defer and click → approved, while 50 clicks a second come in;
- recovery with 10,000 stored orders, 100 of them UNKNOWN, beside the broker's quota.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from benchmarks.order_watch import Floor, Watch
from benchmarks.stored_day import fill_day
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.tickets import Ticket
from sandbox.servers import serve_kis
from sandbox.world import World, WorldSettings, build_world
from storage.migrations.runner import upgrade_here
from tests.fakes.desk_kit import KODEX, WIDE, buy, proposal
from tests.fakes.kis_desk import DATABASE_FILE, KisDesk, kis_desk, shared_clock

START = datetime(2026, 11, 16, 10, 0, tzinfo=KST)
AMPLE = Won(10**12)
# What DAY_ORDER_LIMIT allows unless the owner sets another figure.
DAY_ORDERS = 10
LIMITS = replace(
    WIDE,
    capital_won=AMPLE,
    day_amount_won=AMPLE,
    day_count=10**6,
    minute_count=10**6,
    repeat_count=10**6,
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How often each thing is measured."""

    orders: int = 60
    orders_a_day: int = DAY_ORDERS
    clicks: int = 1_000
    clicks_per_second: int = 50
    stored: int = 10_000
    unknown: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `goal` is what `value` must stay below."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the goal is kept."""
        return self.goal is None or self.value < self.goal


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of all lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


@dataclass
class Stage:
    """One desk and the world around it."""

    world: World
    url: str
    folder: Path
    d: KisDesk

    async def ticket(self) -> Ticket:
        made = await self.d.desk.propose(proposal(buy(1)))
        if not isinstance(made, Ticket):
            raise TypeError(f"nothing was proposed: {made}")
        return made


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """Open a desk on a fresh file."""
    upgrade_here(f"sqlite:///{folder / DATABASE_FILE}")
    world = build_world(
        WorldSettings(
            start=START,
            symbols=("069500", "102110"),
            opening_cash_won=10**10,
            requests_per_second=10**6,
        )
    )
    server = await serve_kis(world)
    anchor = world.clock.anchor
    clock = shared_clock(anchor.business, anchor.host_monotonic)
    try:
        async with kis_desk(folder, server.url, clock, limits=LIMITS) as d:
            yield Stage(world, server.url, folder, d)
    finally:
        await server.close()


@dataclass
class Way:
    """What was measured on the way of orders, in seconds."""

    floors: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)
    owns: list[float] = field(default_factory=list)


async def send_orders(on: Stage, *, count: int, way: Way) -> None:
    """Send `count` orders of one day: click → armed → first byte, and the floor between them."""
    watch = Watch(on.d)
    watch.attach()
    floor = Floor(on.folder, on.url)
    try:
        for number in range(count):
            ticket = await on.ticket()
            watch.clear()
            clicked = time.perf_counter()
            await on.d.desk.approve(on.d.click(ticket))
            await on.d.desk._runner.run_due()
            way.owns.append(watch.armed - clicked - watch.waited)
            way.firsts.append(watch.first_byte - watch.armed_from)
            await on.d.desk._tracker.poll()
            on.world.exchange.deposit(10**6)
            way.floors.append(await floor.once(number))
    finally:
        watch.detach()
        await floor.close()


def way_figures(way: Way, orders_a_day: int) -> list[Figure]:
    """Return the figures of the way of an order."""
    ratio = percentile(way.firsts, 0.5) / percentile(way.floors, 0.5)
    return [
        Figure(name="floor p50", value=percentile(way.floors, 0.5) * 1e3, unit="ms"),
        Figure(name="arm + first byte p50", value=percentile(way.firsts, 0.5) * 1e3, unit="ms"),
        Figure(name="… as a multiple of the floor", value=ratio, unit="x", goal=2.0),
        Figure(
            name="click → armed, our own share p50",
            value=percentile(way.owns, 0.5) * 1e3,
            unit="ms",
            goal=20.0,
            note=f"waits for the broker's answers subtracted; {orders_a_day} orders a day",
        ),
        Figure(
            name="click → armed, our own share p99",
            value=percentile(way.owns, 0.99) * 1e3,
            unit="ms",
        ),
    ]


async def crowd(on: Stage, sizes: Sizes) -> list[Figure]:
    """Press `clicks` buttons at an even pace, whatever becomes of the ones before."""
    shown = [await on.ticket() for _ in range(max(sizes.clicks // 10, 1))]
    defers: list[float] = []
    approvals: list[float] = []

    async def press(number: int, due: float) -> None:
        # Ten presses a ticket: one decides, nine are answered that it was decided.
        ticket = shown[number % len(shown)]
        await asyncio.sleep(0)  # the acknowledgement itself is the chat's: one turn of the loop
        defers.append(time.perf_counter() - due)
        await on.d.desk.approve(on.d.click(ticket))
        approvals.append(time.perf_counter() - due)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(sizes.clicks):
            due = began + number / sizes.clicks_per_second
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            group.create_task(press(number, due))
    pace = f"{sizes.clicks} clicks, {sizes.clicks_per_second} a second"
    return [
        Figure(
            name="click → defer p99.9",
            value=percentile(defers, 0.999) * 1e3,
            unit="ms",
            goal=1_000.0,
            note=pace,
        ),
        Figure(name="click → approved p50", value=percentile(approvals, 0.5) * 1e3, unit="ms"),
        Figure(
            name="click → approved p99",
            value=percentile(approvals, 0.99) * 1e3,
            unit="ms",
            goal=150.0,
            note=pace,
        ),
    ]


async def recovery(on: Stage, sizes: Sizes) -> Figure:
    """Recover a file with many stored orders, some of them in doubt and on the broker's list."""
    await fill_day(on.d, on.world, stored=sizes.stored, unknown=sizes.unknown)
    began = time.perf_counter()
    await on.d.desk._recovery.run()
    return Figure(
        name="recovery",
        value=time.perf_counter() - began,
        unit="s",
        goal=5.0,
        note=f"{sizes.stored:,} orders, {sizes.unknown} UNKNOWN; no quota",
    )


def measure(sizes: Sizes) -> list[Figure]:
    """Measure everything, each part on a fresh file."""

    async def on_fresh(part: Callable[[Stage], Any]) -> Any:
        folder = Path(tempfile.mkdtemp(prefix="order-path-"))
        try:
            async with stage(folder) as opened:
                return await part(opened)
        finally:
            shutil.rmtree(folder)

    way = Way()
    for sent in range(0, sizes.orders, sizes.orders_a_day):
        count = min(sizes.orders_a_day, sizes.orders - sent)
        asyncio.run(on_fresh(partial(send_orders, count=count, way=way)))
    figures = way_figures(way, sizes.orders_a_day)
    figures += asyncio.run(on_fresh(lambda on: crowd(on, sizes)))
    figures.append(asyncio.run(on_fresh(lambda on: recovery(on, sizes))))
    return figures


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "load_1min": os.getloadavg()[0],
        "symbol": KODEX,
        "at": datetime.now(KST).isoformat(timespec="seconds"),
    }


def main(argv: list[str] | None = None) -> int:
    """Print the table and the JSON; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.order_path")
    for name, value in asdict(Sizes()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    parser.add_argument("--json", action="store_true", help="only the JSON")
    arguments = vars(parser.parse_args(argv))
    only_json = arguments.pop("json")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    figures = measure(Sizes(**arguments))
    if not only_json:
        for figure in figures:
            goal = "" if figure.goal is None else f"< {figure.goal:g} {figure.unit}"
            mark = "ok" if figure.holds else "MISSED"
            line = f"{figure.name:34} {figure.value:10.2f} {figure.unit:3} {goal:12} {mark:7}"
            sys.stdout.write(f"{line} {figure.note}".rstrip() + "\n")
    document = {"machine": machine(), "figures": [asdict(figure) for figure in figures]}
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())

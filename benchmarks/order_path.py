"""How long our own share of an order's way is, beside the floor of this machine.

`python -m benchmarks.order_path` measures, on a real SQLite file and over a real loopback KIS:

- armed → first byte: from the last commit before the POST to its first byte on the wire, as a
  ratio to the floor (one durable SQLite commit and a bare httpx POST to the same server, in the
  same run);
- click → armed: our own share of it, the broker's answers subtracted;
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
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import structlog

from benchmarks.stored_day import fill_day
from brokers.kis.wire import order_client
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.tickets import Ticket
from sandbox.servers import serve_kis
from sandbox.world import World, WorldSettings, build_world
from storage.migrations.runner import upgrade_here
from tests.fakes.desk_kit import KODEX, WIDE, buy, proposal
from tests.fakes.kis_desk import DATABASE_FILE, KisDesk, account_at, kis_desk, shared_clock

START = datetime(2026, 11, 16, 10, 0, tzinfo=KST)
AMPLE = Won(10**12)
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


async def way_of_an_order(on: Stage, count: int) -> list[Figure]:
    """Measure click → armed → first byte over `count` orders, and the floor between them."""
    watch = _Watch(on)
    watch.attach()
    floor = _Floor(on)
    floors, firsts, owns = [], [], []
    try:
        for number in range(count):
            ticket = await on.ticket()
            watch.clear()
            clicked = time.perf_counter()
            await on.d.desk.approve(on.d.click(ticket))
            await on.d.desk._runner.run_due()
            owns.append(watch.armed - clicked - watch.waited)
            firsts.append(watch.first_byte - watch.armed_from)
            await on.d.desk._tracker.poll()
            on.world.exchange.deposit(10**6)
            floors.append(await floor.once(number))
    finally:
        watch.detach()
        await floor.close()
    ratio = percentile(firsts, 0.5) / percentile(floors, 0.5)
    return [
        Figure(name="floor p50", value=percentile(floors, 0.5) * 1e3, unit="ms"),
        Figure(name="arm + first byte p50", value=percentile(firsts, 0.5) * 1e3, unit="ms"),
        Figure(name="… as a multiple of the floor", value=ratio, unit="x", goal=2.0),
        Figure(
            name="click → armed, our own share p50",
            value=percentile(owns, 0.5) * 1e3,
            unit="ms",
            goal=20.0,
            note="waits for the broker's answers subtracted",
        ),
        Figure(
            name="click → armed, our own share p99", value=percentile(owns, 0.99) * 1e3, unit="ms"
        ),
    ]


class _Watch:
    """Notes when the arm began and ended, when the first byte left, how long answers took."""

    def __init__(self, on: Stage) -> None:
        self._on = on
        self._kept: list[tuple[Any, str, Any]] = []
        self.clear()

    def clear(self) -> None:
        self.armed = self.armed_from = self.first_byte = self.waited = 0.0

    def attach(self) -> None:
        """Listen at the armer and at both clients' wires."""
        armer = self._on.d.desk._runner._executor._armer
        submit = armer._submitting

        async def submitting(*args: Any) -> Any:
            armed = await submit(*args)
            # What is left of the arm is its commit, which is one half of the floor.
            self.armed_from = time.perf_counter()
            return armed

        arm = armer.arm

        async def whole(*args: Any) -> Any:
            armed = await arm(*args)
            self.armed = time.perf_counter()
            return armed

        self._put(armer, "_submitting", submitting)
        self._put(armer, "arm", whole)
        wire = self._on.d.adapter.wire
        exchange = wire.reads.send

        async def send(request: httpx.Request, **values: Any) -> httpx.Response:
            began = time.perf_counter()
            try:
                return await exchange(request, **values)
            finally:
                self.waited += time.perf_counter() - began

        self._put(wire.reads, "send", send)
        wire.orders.event_hooks = {"request": [self._trace]}

    def _put(self, owner: Any, name: str, instead: Any) -> None:
        self._kept.append((owner, name, instead))
        setattr(owner, name, instead)

    async def _trace(self, request: httpx.Request) -> None:
        async def told(event: str, _info: object) -> None:
            if event == "http11.send_request_headers.complete":
                self.first_byte = time.perf_counter()

        request.extensions["trace"] = told

    def detach(self) -> None:
        """Take the instance's own attributes away again."""
        for owner, name, _ in self._kept:
            delattr(owner, name)
        self._on.d.adapter.wire.orders.event_hooks = {}


class _Floor:
    """One durable commit and one bare POST over a fresh connection, to its first byte."""

    def __init__(self, on: Stage) -> None:
        self._connection = sqlite3.connect(on.folder / "floor.db", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE row (number INTEGER, text TEXT)")
        account = account_at(on.url)
        self._client = order_client(account.allowed, httpx.create_ssl_context())
        self._url = on.url + "/uapi/domestic-stock/v1/trading/order-cash"

    async def once(self, number: int) -> float:
        """Return the seconds of one."""
        sent = 0.0

        async def told(event: str, _info: object) -> None:
            nonlocal sent
            if event == "http11.send_request_headers.complete":
                sent = time.perf_counter()

        began = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO row VALUES (?, ?)", (number, "x" * 500))
        self._connection.execute("COMMIT")
        request = self._client.build_request("POST", self._url, content=b"{}")
        request.extensions["trace"] = told
        await self._client.send(request)
        return sent - began

    async def close(self) -> None:
        self._connection.close()
        await self._client.aclose()


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

    figures: list[Figure] = []
    figures += asyncio.run(on_fresh(lambda on: way_of_an_order(on, sizes.orders)))
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

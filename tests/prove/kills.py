"""SIGKILL by fork server: a desk dies at its own steps, at random moments, and on arrival.

The exchange survives in this process. After one or two kills the last life runs to its end; then
both books are compared.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from brokers.sim.exchange import Exchange
from sandbox.clock import KST
from sandbox.kis.profiles import VTS
from sandbox.kis.state import KisState
from sandbox.kiwoom.state import KiwoomState
from sandbox.servers import serve_kis, serve_kiwoom
from sandbox.world import World, WorldSettings, build_world
from storage.migrations.runner import upgrade_here
from tests.fakes.kis_desk import DATABASE_FILE, holds_token
from tests.prove.kill_judges import judge_ended, read_ended
from tests.prove.kill_life import NEVER, Job
from tests.prove.proof import Outcome, Tell, Unit, repeat, silent

START = datetime(2026, 11, 16, 10, 0, tzinfo=KST)
HELD, SHARES, COST_WON = "102110", 5, 29_000
CASH_WON = 1_000_000
# About as many steps as a life has that nobody kills.
STEPS = 150
SECONDS = 0.6


@dataclass(frozen=True, slots=True)
class Kills:
    """One or two kills and a last life per seed."""

    name: str = "kills"
    proves: str = "a desk killed between click and fill doubles no order and forgets none"
    weight: int = 18
    rounds: int = 0
    """When not 0: exactly so many, whatever the budget."""
    broker: str = "kis"
    """Whose wire the desk and its exchange have between them."""

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """One seed is one round."""
        with (
            tempfile.TemporaryDirectory(prefix="prove-kills-") as name,
            theatre(name, self.broker) as place,
        ):
            if not self.rounds:
                return repeat("kills", seed, budget_seconds, place.play, tell)
            seeds = range(seed, seed + self.rounds)
            outcomes = [repeat("kills", this, 0.0, place.play, tell) for this in seeds]
            return Outcome(
                units=sum(item.units for item in outcomes),
                unit="kills",
                failures=tuple(failure for item in outcomes for failure in item.failures),
                seconds=sum(item.seconds for item in outcomes),
            )


@dataclass
class ForkServer:
    """Lives on demand."""

    process: subprocess.Popen[str]

    def start(self, job: Job) -> int:
        """Start one life; return its process id."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asdict(job)) + "\n")
        self.process.stdin.flush()
        return int(self._line())

    def ended(self) -> int:
        """Wait for the life's end; return its exit code, negative for a signal."""
        return int(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the fork server is gone")
        return line


@dataclass
class Theatre:
    """The surviving world, and the lives that come and go in it."""

    folder: Path
    template: Path
    world: World
    url: str
    lives: ForkServer
    broker: str
    on_arrival: Callable[[], None] | None = None
    _host: float = field(default_factory=time.monotonic)

    def play(self, seed: int) -> Unit:
        dice = random.Random(f"kills {seed}")
        folder = self.folder / f"round{seed}"
        folder.mkdir(mode=0o700)
        shutil.copyfile(self.template, folder / DATABASE_FILE)
        self._new_exchange()
        told = []
        for _ in range(dice.choice((1, 1, 2))):
            told.append(self._killed(folder, dice))
            # The dead order has all the time it needs to trade.
            seconds = dice.choice((1, 20))
            if not holds_token(folder):
                # Killed while it asked for one: the next may be asked for a minute later.
                seconds += 61
            self.world.clock.jump(self.world.clock.now() + timedelta(seconds=seconds))
        self._start(folder, NEVER)
        code = self.lives.ended()
        faults = self._judge(folder, code)
        kills = sum(how.startswith("killed") for how in told)
        note = f"seed {seed}: {', '.join(told)}: {'ok' if not faults else 'faults'}"
        shutil.rmtree(folder, ignore_errors=True)
        return Unit(faults, count=max(kills, 1), note=note)

    def _killed(self, folder: Path, dice: random.Random) -> str:
        """Let one life begin and kill it; a life that was faster than its killer is told so."""
        how = dice.choice(("step", "step", "moment", "arrival"))
        at = dice.randint(1, STEPS)
        pid = self._start(folder, at if how == "step" else NEVER)
        if how == "arrival":
            left = dice.choice((1, 1, 2))

            def arrived() -> None:
                nonlocal left
                left -= 1
                if left == 0:
                    _kill(pid)

            self.on_arrival = arrived
        if how == "moment":
            time.sleep(dice.random() * SECONDS)
            _kill(pid)
        code = self.lives.ended()
        self.on_arrival = None
        return f"killed by {how} {at}" if code == -signal.SIGKILL else f"ended before its {how}"

    def _start(self, folder: Path, dies_at: int) -> int:
        anchor = self.world.clock.anchor
        return self.lives.start(
            Job(
                folder=str(folder),
                url=self.url,
                broker=self.broker,
                business=anchor.business.isoformat(),
                host_monotonic=anchor.host_monotonic,
                dies_at=dies_at,
            )
        )

    def _new_exchange(self) -> None:
        world = self.world
        exchange = Exchange(world.prices, opening_cash_won=CASH_WON)
        exchange.grant(HELD, SHARES, COST_WON)
        place = exchange.place

        def told(*args, **values):
            placed = place(*args, **values)
            if self.on_arrival is not None:
                self.on_arrival()
            return placed

        exchange.place = told  # type: ignore[method-assign]
        world.exchange = exchange
        # The broker's pace is not on trial here.
        fast = 10_000
        if self.broker == "kis":
            world.kis = KisState(exchange, world.prices, VTS, requests_per_second=fast)
        else:
            world.kiwoom = KiwoomState(exchange, world.prices, requests_per_second=fast)

    def _judge(self, folder: Path, code: int) -> list[str]:
        broke = folder / "broke"
        faults = [f"the last life ended with {code}"] if code else []
        if broke.exists():
            faults.append(broke.read_text(encoding="utf-8"))
        orders = self.world.exchange.orders(START.date())
        return faults + judge_ended(read_ended(folder / DATABASE_FILE, orders))


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def theatre(name: str, broker: str) -> Iterator[Theatre]:
    """Start the fork server first, then the exchange's own thread."""
    folder = Path(name)
    template = folder / "empty.db"
    upgrade_here(f"sqlite:///{template}")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.prove.kill_life"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    world = build_world(WorldSettings(start=START, symbols=("069500", "102110")))
    try:
        with serving(world, broker) as url:
            yield Theatre(folder, template, world, url, ForkServer(process), broker)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()


@contextmanager
def serving(world: World, broker: str) -> Iterator[str]:
    """Serve a broker from a thread of this process."""
    serve = serve_kis if broker == "kis" else serve_kiwoom
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="exchange", daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(serve(world), loop).result(30)
    try:
        yield server.url
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()

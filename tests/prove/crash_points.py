"""Every step of the order path, killed before and after it, whatever becomes of the request."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from storage.migrations.runner import upgrade_here
from tests.fakes.kept_greenlets import kept_greenlets
from tests.prove.proof import FAILURES_MAX, Failure, Outcome, Tell, silent
from tests.scenarios.crash_broker import REQUESTS
from tests.scenarios.crash_fence import Crash, Fence
from tests.scenarios.crash_life import AT_THE_PORT, Play, Theatre, points, quiet

# Coprime to any number of points that is likely, so that a share of them is spread over all.
STRIDE = 389


@dataclass(frozen=True, slots=True)
class CrashPoints:
    """All points there are, from another one on with each seed; each once at most."""

    name: str = "crash_points"
    proves: str = "wherever the process dies, and whatever became of its request, one order exists"
    weight: int = 30
    share: int = 0
    """When not 0: exactly so many points, whatever the budget."""
    broker: str = AT_THE_PORT
    """Who is at the other end: a broker at our port, or one with a wire."""
    scene: type[Play] = Play
    """What the first life does."""

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """The unit is one point with one fate of the request."""
        configured = structlog.get_config()
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
        quiet()
        try:
            with asyncio.Runner() as runner, opened_theatre(runner) as theatre:
                return self._all(runner, theatre, seed, budget_seconds, tell)
        finally:
            structlog.configure(**configured)

    def _all(
        self, runner: asyncio.Runner, theatre: Theatre, seed: int, budget: float, tell: Tell
    ) -> Outcome:
        began = time.monotonic()
        every, failures = [], []
        for request in REQUESTS:
            play, faults = self._played(runner, theatre, Fence(), request)
            every += [(number, how, request) for number, how in points(play.fence.names)]
            failures += [Failure(seed, f"nobody died, {request}: {fault}") for fault in faults]
        done = 0
        # One point for a budget of nothing: what `--seed` replays.
        most = self.share or (len(every) if budget else 1)
        for number, how, request in islice(_spread(every, seed), most):
            play, faults = self._played(runner, theatre, Fence(number, how), request)
            done += 1
            if faults:
                at = f"{how} step {number} ({play.fence.names[-1]}), {request}"
                failures.append(Failure(seed + done - 1, f"{at}: {'; '.join(faults[:3])}"))
                tell(f"FAILED {failures[-1].text}")
            spent = time.monotonic() - began
            over = not self.share and spent + spent / done > budget
            if over or len(failures) >= FAILURES_MAX:
                break
        tell(f"{done} of {len(every)} points")
        return Outcome(
            units=done,
            unit="crash points",
            failures=tuple(failures),
            seconds=time.monotonic() - began,
        )

    def _played(
        self, runner: asyncio.Runner, theatre: Theatre, fence: Fence, request: str
    ) -> tuple[Play, list[str]]:
        return played(runner, self.scene(theatre, fence, request, self.broker))


def _spread(every: list[tuple[int, str, str]], seed: int) -> Iterator[tuple[int, str, str]]:
    """Return all points; the n-th of seed s is the first of seed s + n."""
    size = len(every)
    stride = STRIDE if size % STRIDE else STRIDE + 2
    return (every[(seed + index) * stride % size] for index in range(size))


def played(runner: asyncio.Runner, play: Play) -> tuple[Play, list[str]]:
    """Play one point; return it with what was wrong."""
    try:
        runner.run(play.run())
    except Exception as error:  # noqa: BLE001 - a second life that breaks is a finding
        play.faults.append(f"{type(error).__name__}: {error}")
    return play, play.faults


@contextmanager
def opened_theatre(runner: asyncio.Runner) -> Iterator[Theatre]:
    """Open a folder for plays, in memory where there is some."""
    fast = Path("/dev/shm")
    place = str(fast) if fast.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="crash-points-", dir=place) as name:
        folder = Path(name)
        template = folder / "empty.sqlite"
        upgrade_here(f"sqlite:///{template}")
        theatre = Theatre(folder, template)
        runner.get_loop().set_exception_handler(_of_the_living)
        try:
            with kept_greenlets():
                yield theatre
        finally:
            runner.run(theatre.close())


def _of_the_living(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tell of what broke in the background, unless it died with its process."""
    if not isinstance(context.get("exception"), Crash):
        loop.default_exception_handler(context)

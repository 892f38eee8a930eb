"""Runs one seed."""

from __future__ import annotations

import asyncio
import atexit
import gc
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import structlog

from storage.migrations.runner import upgrade_here
from tests.simulation.judge import Violation
from tests.simulation.loop import VirtualLoop
from tests.simulation.plan import plan_of
from tests.simulation.world import Simulation

_QUIET = 50
_CLOSINGS_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one seed came to."""

    seed: int
    violations: tuple[Violation, ...]
    events: int
    kinds: dict[str, int]
    faults: dict[str, int]
    sha256: str
    virtual_seconds: float
    seconds: float = field(compare=False)


@cache
def _scratch() -> Path:
    fast = Path("/dev/shm")
    path = Path(tempfile.mkdtemp(prefix="simulation-", dir=fast if fast.is_dir() else None))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@cache
def _template() -> Path:
    path = _scratch() / "template.sqlite"
    upgrade_here(f"sqlite:///{path}")
    return path


def run_seed(seed: int, *, show: Callable[[str], None] | None = None) -> Report:
    """Live one seed to its end. `show` is told every event."""
    template = _template()
    began = time.perf_counter()
    folder = _scratch() / f"seed{seed}"
    folder.mkdir()
    with _alone(seed) as loop:
        world = Simulation(plan_of(seed), loop, folder, template, show)
        try:
            loop.run_until_complete(world.play())
        finally:
            _wind_up(world)
            shutil.rmtree(folder)
    return Report(
        seed=seed,
        violations=tuple(world.judge.violations),
        events=world.log.count,
        kinds=dict(world.log.kinds),
        faults=dict(world.weather.counts),
        sha256=world.log.sha256,
        virtual_seconds=loop.time(),
        seconds=time.perf_counter() - began,
    )


@contextmanager
def _alone(seed: int) -> Iterator[VirtualLoop]:
    """Give a loop of its own, no log, and no garbage collection at moments nobody chose."""
    logging = structlog.get_config()
    collects = gc.isenabled()
    hook = sys.unraisablehook
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_QUIET))
    gc.disable()
    loop = VirtualLoop(random.Random(f"{seed} loop"))
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()
        sys.unraisablehook = hook
        structlog.configure(**logging)
        if collects:
            gc.enable()


def _wind_up(world: Simulation) -> None:
    """Let go of everything, wrecks of crashed lives included: they may not do anything any more."""
    sys.unraisablehook = lambda _args: None
    for life in world.lives:
        world.end(life, "over")
        for close in life.fence.closing:
            close()
    for task in world.loop.tasks:
        if not task.done():
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            _close(task.get_coro())
    world.loop.graveyard.clear()
    world.loop.tasks.clear()


def _close(coroutine: Any) -> None:
    """Close a coroutine whose `finally` blocks try to go on waiting."""
    for _ in range(_CLOSINGS_MAX):
        try:
            coroutine.close()
        except BaseException:  # noqa: BLE001 - a wreck: whatever it says, it is over
            continue
        return

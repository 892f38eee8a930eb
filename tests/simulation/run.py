"""Runs one seed."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import structlog

from storage.migrations.runner import upgrade_here
from tests.fakes.kept_greenlets import kept_greenlets
from tests.simulation.border import Border
from tests.simulation.border_kis import KisBorder
from tests.simulation.border_kiwoom import KiwoomBorder
from tests.simulation.driver import one_dialect
from tests.simulation.judge import Violation
from tests.simulation.loop import VirtualLoop
from tests.simulation.plan import plan_of
from tests.simulation.world import Simulation

Mutation = Callable[[], AbstractContextManager[object]]

BORDERS: Mapping[str, Callable[[], Border]] = {"kis": KisBorder, "kiwoom": KiwoomBorder}
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
    # Runs at the end of a worker process, too, where atexit does not.
    Finalize(None, shutil.rmtree, args=(path,), kwargs={"ignore_errors": True}, exitpriority=10)
    return path


@cache
def _template() -> Path:
    path = _scratch() / "template.sqlite"
    upgrade_here(f"sqlite:///{path}")
    # What is loaded by now stays: the collection after each seed need not look at it.
    gc.collect()
    gc.freeze()
    return path


def run_seed(
    seed: int,
    *,
    mutate: Mutation | None = None,
    faults: Mapping[str, float] | None = None,
    show: Callable[[str], None] | None = None,
    broker: str = "kis",
) -> Report:
    """Live one seed to its end, or up to the first violation.

    `broker` is whose wire the world has (see `BORDERS`).

    `mutate` makes a context in which the application is a deliberately broken one; it is entered
    before anything is built. `faults` (name to chance) replaces the faults that the seed chooses.
    `show` is told every event.
    """
    template = _template()
    with (mutate or nullcontext)():
        return _run(seed, template, faults, show, broker)


def _run(
    seed: int,
    template: Path,
    faults: Mapping[str, float] | None,
    show: Callable[[str], None] | None,
    broker: str,
) -> Report:
    began = time.process_time()
    folder = _scratch() / f"seed{seed}"
    folder.mkdir()
    with _alone(seed) as loop:
        world = Simulation(plan_of(seed), loop, folder, template, BORDERS[broker](), show)
        if faults is not None:
            world.weather.rates = dict(faults)
        try:
            loop.run_until_complete(world.play())
        finally:
            world.judge.close()
            _wind_up(world)
            shutil.rmtree(folder)
        report = Report(
            seed=seed,
            violations=tuple(world.judge.violations),
            events=world.log.count,
            kinds=dict(world.log.kinds),
            faults=dict(world.weather.counts),
            sha256=world.log.sha256,
            virtual_seconds=loop.time(),
            seconds=time.process_time() - began,
        )
        world.forget()
        del world
    return report


@contextmanager
def _unlisted() -> Iterator[None]:
    """Let asyncio keep no list of all tasks: nobody asks for it here, and the loop has its own."""
    listed: Any = asyncio.tasks._all_tasks  # type: ignore[attr-defined]
    listed.add = lambda _task: None
    try:
        yield
    finally:
        del listed.add


@contextmanager
def _alone(seed: int) -> Iterator[VirtualLoop]:
    """Give a loop of its own, no log, and no garbage collection at moments nobody chose."""
    configured, disabled = structlog.get_config(), logging.root.manager.disable
    collects = gc.isenabled()
    hook = sys.unraisablehook
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(_QUIET),
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    logging.disable(logging.CRITICAL)
    gc.disable()
    loop = VirtualLoop(random.Random(f"{seed} loop"))
    asyncio.set_event_loop(loop)
    try:
        # A wreck complains of what it could not await; it is meant not to.
        with warnings.catch_warnings(), one_dialect(), kept_greenlets(), _unlisted():
            warnings.simplefilter("ignore")
            yield loop
            # What the wrecks asked for while they were closed.
            loop.forget()
            # Here, and at no other moment: the wrecks of this seed must not fall into a later one.
            # What is not frozen now, such as this loop, goes with the wrecks of the next seed.
            gc.collect()
    finally:
        asyncio.set_event_loop(None)
        loop.close()
        sys.unraisablehook = hook
        structlog.configure(**configured)
        logging.disable(disabled)
        if collects:
            gc.enable()


def _wind_up(world: Simulation) -> None:
    """Let go of everything, wrecks of crashed lives included: they may not do anything any more."""
    sys.unraisablehook = lambda _args: None
    world.is_over = True
    for life in world.lives:
        world.end(life, "over")
        for close in life.fence.closing:
            close()
    for task in world.loop.tasks:
        if not task.done():
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            _close(task.get_coro())
    world.loop.forget()


def _close(coroutine: Any) -> None:
    """Close a coroutine whose `finally` blocks try to go on waiting."""
    for _ in range(_CLOSINGS_MAX):
        try:
            coroutine.close()
        except BaseException:  # noqa: BLE001 - a wreck: whatever it says, it is over
            continue
        return

"""Many seeds, in some worker processes, added up."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from tests.simulation.judge import Violation
from tests.simulation.run import Report, run_seed

CHUNK = 8
# A worker is replaced after so many chunks: ten thousand days leave their dust in one process.
CHUNKS_PER_WORKER = 40


@dataclass(slots=True)
class Sum:
    """What many seeds came to."""

    seeds: int = 0
    events: int = 0
    virtual_seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    violations: list[tuple[int, Violation]] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0
    was_interrupted: bool = False

    def add(self, report: Report) -> None:
        self.seeds += 1
        self.events += report.events
        self.virtual_seconds += report.virtual_seconds
        self.kinds.update(report.kinds)
        self.faults.update(report.faults)
        self.violations += [(report.seed, item) for item in report.violations]
        self.hashes[report.seed] = report.sha256


def run_many(
    seeds: Iterable[int],
    *,
    workers: int = 1,
    until: float = float("inf"),
    tell: Callable[[Report], None] = lambda _report: None,
    enough: Callable[[], bool] = lambda: False,
    broker: str = "kis",
) -> Sum:
    """Run the seeds; take no new ones once the host's monotonic clock has passed `until`.

    Nor once there is `enough` of them. Ctrl-C ends the run and gives what there is until then.
    """
    total, began = Sum(), time.monotonic()
    one = partial(_one, broker=broker)
    reports = (
        _alone(seeds, until, one)
        if workers == 1
        else _shared(seeds, workers, until, enough, partial(_some, one=one))
    )
    try:
        for report in reports:
            total.add(report)
            tell(report)
    except KeyboardInterrupt:
        total.was_interrupted = True
    total.seconds = time.monotonic() - began
    return total


def _alone(seeds: Iterable[int], until: float, one: Callable[[int], Report]) -> Iterator[Report]:
    for seed in seeds:
        yield one(seed)
        if time.monotonic() > until:
            return


def _one(seed: int, *, broker: str) -> Report:
    """Run one seed; one that breaks the simulation itself is a violation, too."""
    try:
        report = run_seed(seed, broker=broker)
    except Exception as error:  # noqa: BLE001 - whatever broke it, the other seeds go on
        broken = Violation("broke", f"{type(error).__name__}: {error}", 0.0)
        report = Report(
            seed=seed,
            violations=(broken,),
            events=0,
            kinds={},
            faults={},
            sha256="",
            virtual_seconds=0.0,
            seconds=0.0,
        )
    return report


def _some(seeds: Sequence[int], *, one: Callable[[int], Report]) -> list[Report]:
    return [one(seed) for seed in seeds]


def _shared(
    seeds: Iterable[int],
    workers: int,
    until: float,
    enough: Callable[[], bool],
    some: Callable[[Sequence[int]], list[Report]],
) -> Iterator[Report]:
    waiting = iter(seeds)
    # Spawned: a forked child would share the parent's scratch folder.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        workers, mp_context=context, max_tasks_per_child=CHUNKS_PER_WORKER
    ) as pool:
        running: set[Future[list[Report]]] = set()
        while True:
            while len(running) < workers + 1 and time.monotonic() < until and not enough():
                chunk = list(islice(waiting, CHUNK))
                if not chunk:
                    break
                running.add(pool.submit(some, chunk))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()

"""A million hostile proposals in one go: `python -m tests.prove.proposals [--seeds 0:50] [--workers 1]`.

Each seed is 20,000 proposals (`tests.prove.hostile`), judged apart from the others, so a run that
was broken off goes on at the seed that it named last. Exit code 1 when one passes a limit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor

from tests.prove.hostile import one
from tests.prove.proof import Unit

Say = Callable[[str], object]


def told(units: Iterable[tuple[int, Unit]], say: Say) -> tuple[int, int]:
    """Say what came of each seed; return how many proposals were judged, and how many faults."""
    judged = faults = 0
    for seed, unit in units:
        judged += unit.count
        faults += len(unit.faults)
        say(f"seed {seed}: {unit.count:,} proposals, {unit.note}, {len(unit.faults)} faults\n")
        for fault in unit.faults:
            say(f"  {fault}\n")
    return judged, faults


def _seeds(text: str) -> range:
    first, _, end = text.partition(":")
    found = range(int(first), int(end) if end else int(first) + 1)
    if not found:
        raise argparse.ArgumentTypeError("the first seed comes before the last")
    return found


def main(argv: list[str] | None = None) -> int:
    """Judge the seeds and say how many proposals that were, in how many seconds."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.proposals")
    parser.add_argument("--seeds", type=_seeds, default=range(50), help="FIRST:END, END left out")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args(argv)
    began = time.perf_counter()
    with ProcessPoolExecutor(asked.workers) as workers:
        units = zip(asked.seeds, workers.map(one, asked.seeds), strict=True)
        judged, faults = told(units, sys.stdout.write)
    took = time.perf_counter() - began
    sys.stdout.write(f"{judged:,} proposals in {took:.0f} s, {faults} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""Every injection in every place apart: `python -m tests.prove.places [--place headline] [--seeds 0:31]`.

A seed is a batch of the corpus (`tests.prove.injected`), and is asked in one place after the other:
before a model that obeys it, and before the rules. Without options that is the whole corpus in all
five places. Exit code 1 when one becomes an order, a leak, a ping, a link or an unmarked claim.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product

import structlog

from tests.fakes.injections import injections
from tests.fakes.obedient import Place
from tests.prove.injected import BATCH, batches, judged
from tests.prove.proof import Unit

PLACES = {place.name.lower(): place for place in Place}


def one(asked: tuple[str, int]) -> Unit:
    """Judge the batch `asked[1]` in the place of that name."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    name, seed = asked
    at = seed % batches() * BATCH
    return judged(injections()[at : at + BATCH], [frozenset({PLACES[name]})])


def _seeds(text: str) -> range:
    first, _, end = text.partition(":")
    return range(int(first), int(end) if end else int(first) + 1)


def run(names: Sequence[str], seeds: range, workers: int) -> int:
    """Judge, say what came of each place, and return how many faults there were."""
    work = list(product(names, seeds))
    asked, faults = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    began = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        for (name, seed), unit in zip(work, pool.map(one, work), strict=True):
            asked[name] += unit.count
            faults[name] += len(unit.faults)
            sys.stdout.write(f"{name}, seed {seed}: {unit.count}, {len(unit.faults)} faults\n")
            for fault in unit.faults:
                sys.stdout.write(f"  {fault}\n")
            sys.stdout.flush()
    for name in names:
        sys.stdout.write(f"{name}: {asked[name]:,} injections, {faults[name]} faults\n")
    sys.stdout.write(f"in {time.perf_counter() - began:.0f} s\n")
    return sum(faults.values())


def main(argv: list[str] | None = None) -> int:
    """Read what is wanted, and judge it."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.places")
    parser.add_argument("--place", action="append", choices=sorted(PLACES), help="again for more")
    parser.add_argument("--seeds", type=_seeds, default=None, help="FIRST:END, END left out")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args(argv)
    seeds = range(batches()) if asked.seeds is None else asked.seeds
    return 1 if run(asked.place or sorted(PLACES), seeds, asked.workers) else 0


if __name__ == "__main__":
    sys.exit(main())

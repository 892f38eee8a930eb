"""`python -m tests.saboteurs`: let deliberate defects work until the simulation catches them."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict

from tests.saboteurs.hunt import SEEDS, Hunt, everybody, hunt, remember


def main(argv: list[str] | None = None) -> int:
    """Hunt; 0 when all were caught, 1 when one survives, 2 for bad input."""
    arguments = _parser().parse_args(argv)
    known = [item.name for item in everybody()]
    unknown = sorted(set(arguments.only or ()) - set(known))
    if unknown:
        _parser().error(f"no saboteur {unknown[0]} (known: {', '.join(known)})")
    if arguments.seeds < 1 or arguments.workers < 1:
        _parser().error("seeds and workers are at least 1")
    if arguments.list:
        for item in everybody():
            _say(f"{item.name:34} {item.does}")
        return 0
    found = []
    for done in _hunts(arguments.only or known, arguments.seeds, arguments.workers):
        found.append(done)
        if not arguments.json:
            _say(_line(done))
    if arguments.remember:
        remember(found)
    survivors = sorted(item.name for item in found if item.survives)
    if arguments.json:
        _say(json.dumps([asdict(item) for item in found], ensure_ascii=False, indent=1))
    else:
        said = f"survivors: {', '.join(survivors)}" if survivors else "no survivor"
        _say(f"{len(found) - len(survivors)} of {len(found)} caught; {said}")
    return 1 if survivors else 0


def _hunts(names: list[str], seeds: int, workers: int) -> Iterator[Hunt]:
    # Spawned: a forked child would share the simulation's scratch folder.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = [pool.submit(hunt, name, seeds) for name in names]
        for done in as_completed(waiting):
            yield done.result()


def _line(done: Hunt) -> str:
    caught = "SURVIVES" if done.seed is None else f"seed {done.seed:<4} {done.rule}"
    return f"{done.name:34} {done.seconds:6.1f} s  {caught}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.saboteurs")
    add = parser.add_argument
    add("--only", action="append", metavar="NAME", help="only this one (may be repeated)")
    add("--seeds", type=int, default=SEEDS, help="how many seeds each may survive (%(default)s)")
    add("--workers", type=int, default=2, help="processes (%(default)s)")
    add("--list", action="store_true", help="say who they are and what they do")
    add("--remember", action="store_true", help="note the seeds in caught.toml")
    add("--json", action="store_true", help="the result as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.prove`: see --help."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.prove.bounded import Performs, bounded
from tests.prove.catalogue import PROOFS
from tests.prove.proof import Proof
from tests.prove.runner import Run
from tests.prove.schedule import base_seed, past_failures, seconds_of, seeds_of
from tests.prove.telling import Reporter


def main(
    argv: list[str] | None = None,
    proofs: Sequence[Proof] = PROOFS,
    perform: Performs = bounded,
) -> int:
    """Run proofs; 0 when all passed, 1 when one failed, 2 for bad input, 130 when interrupted."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    known = {proof.name: proof for proof in proofs}
    unknown = sorted(set(arguments.only or ()) - known.keys())
    if unknown:
        parser.error(f"no proof {unknown[0]} (known: {', '.join(known)})")
    try:
        budget, seeds = seconds_of(arguments.budget), seeds_of(arguments.seeds)
        past = past_failures()
    except ValueError as error:
        parser.error(str(error))
    chosen = [known[name] for name in arguments.only or known]
    reporter = Reporter(as_json=arguments.json)
    base = base_seed(datetime.now(UTC)) if arguments.seed is None else arguments.seed
    run = Run(chosen, reporter, perform)
    reporter.line(f"seed {base} · {', '.join(proof.name for proof in chosen)}")
    interrupted = False
    try:
        if arguments.soak:
            run.soak(seeds)
        elif arguments.seed is not None and arguments.only:
            for proof in chosen:
                run.one(proof, base, 0.0)
        else:
            began = time.monotonic()
            run.past(past)
            run.budget(budget - (time.monotonic() - began), base)
    except KeyboardInterrupt:
        interrupted = True
        reporter.end()
        reporter.line("interrupted")
    return reporter.close(run.outcomes, base=base, interrupted=interrupted)


def _as_interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.prove")
    add = parser.add_argument
    add("--budget", default="40m", help="time to use: 600s, 10m, 1h (%(default)s)")
    add("--only", action="append", metavar="NAME", help="only this proof (may be repeated)")
    add("--seed", type=int, help="start here; with --only: exactly this one unit")
    add("--soak", action="store_true", help="one unit of every proof for each of --seeds")
    add("--seeds", default="0:10000", help="for --soak: A:B (%(default)s)")
    add("--json", action="store_true", help="the result as JSON on standard output")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _as_interrupt)
    sys.exit(main())

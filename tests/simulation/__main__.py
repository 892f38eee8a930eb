"""`python -m tests.simulation`: see --help."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field

from tests.prove.schedule import seeds_of
from tests.simulation.many import Sum, run_many
from tests.simulation.run import BORDERS, Report, run_seed

INTERRUPTED = 130
TELL_SECONDS = 60.0


def main(argv: list[str] | None = None) -> int:
    """Run seeds; 0 when none broke a rule, 1 when one did, 2 for bad input, 130 when interrupted."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.seed is not None:
        return _trace(arguments.seed, arguments.broker, show=arguments.trace)
    try:
        seeds = seeds_of(arguments.seeds)
    except ValueError as error:
        parser.error(str(error))
    if arguments.check_determinism:
        return _twice(
            list(seeds)[: arguments.check_determinism], arguments.workers, arguments.broker
        )
    progress = Progress(len(seeds))
    total = run_many(seeds, workers=arguments.workers, tell=progress.tell, broker=arguments.broker)
    _say(_as_json(total, seeds) if arguments.json else _as_text(total, seeds))
    if total.was_interrupted:
        return INTERRUPTED
    return 1 if total.violations else 0


@dataclass(slots=True)
class Progress:
    """Says on standard error how far it is, now and then, and each violation at once."""

    seeds: int
    _began: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)
    _done: int = 0
    _violations: int = 0

    def tell(self, report: Report) -> None:
        """Take in one seed."""
        self._done += 1
        self._violations += len(report.violations)
        for item in report.violations:
            sys.stderr.write(f"seed {report.seed}: {item.rule}: {item.text}\n")
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS:
            self._told = now
            left = (now - self._began) / self._done * (self.seeds - self._done)
            sys.stderr.write(
                f"{self._done:,} of {self.seeds:,} seeds, {self._violations} violations,"
                f" about {left / 60:.0f} min left\n"
            )
            sys.stderr.flush()


def _trace(seed: int, broker: str, *, show: bool) -> int:
    report = run_seed(seed, show=_say if show else None, broker=broker)
    for item in report.violations:
        _say(f"{item.rule}: {item.text}")
    _say(f"seed {seed}: {report.events} events, {report.sha256}")
    return 1 if report.violations else 0


def _twice(seeds: list[int], workers: int, broker: str) -> int:
    """Run each seed twice, in different processes where there are several."""
    first = run_many(seeds, workers=workers, broker=broker).hashes
    second = run_many(reversed(seeds), workers=workers, broker=broker).hashes
    differing = [seed for seed in seeds if first[seed] != second[seed]]
    _say(f"{len(seeds)} seeds twice, {len(differing)} with two histories {differing[:10]}")
    return 1 if differing else 0


def _as_text(total: Sum, seeds: range) -> str:
    lines = [
        f"seeds {seeds.start}:{seeds.stop} · {total.seeds:,} run · {total.events:,} events",
        f"virtual hours {total.virtual_seconds / 3600:,.1f} · starts {total.kinds['start']:,}",
        f"presses {total.kinds['approve']:,} · posts {total.kinds['post']:,}",
        f"taken by the broker {total.kinds['taken']:,}",
        f"faults by kind ({len(total.faults)}):",
        *(f"  {name:24} {count:>8,}" for name, count in sorted(total.faults.items())),
        f"violations {len(total.violations)}",
    ]
    for seed, item in total.violations:
        lines.append(f"  {item.rule}: {item.text}")
        lines.append(f"    replay: python -m tests.simulation --seed {seed} --trace")
    lines.append(f"elapsed {total.seconds:.1f} s · {_rate(total):.1f} seeds/s")
    return "\n".join(lines)


def _as_json(total: Sum, seeds: range) -> str:
    return json.dumps(
        {
            "seeds": [seeds.start, seeds.stop],
            "run": total.seeds,
            "events": total.events,
            "virtual_hours": round(total.virtual_seconds / 3600, 2),
            "kinds": dict(sorted(total.kinds.items())),
            "faults": dict(sorted(total.faults.items())),
            "violations": [
                {
                    "seed": seed,
                    "rule": item.rule,
                    "text": item.text,
                    "at": round(item.at, 3),
                    "replay": f"python -m tests.simulation --seed {seed} --trace",
                }
                for seed, item in total.violations
            ],
            "elapsed_seconds": round(total.seconds, 1),
            "seeds_per_second": round(_rate(total), 2),
        },
        ensure_ascii=False,
        indent=2,
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _rate(total: Sum) -> float:
    return total.seeds / total.seconds if total.seconds else 0.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    add = parser.add_argument
    add("--seeds", default="0:200", help="A:B, B excluded (%(default)s)")
    add("--workers", type=int, default=2, help="worker processes (%(default)s)")
    add("--broker", choices=sorted(BORDERS), default="kis", help="whose wire (%(default)s)")
    add("--json", action="store_true", help="the result as JSON")
    add("--seed", type=int, help="exactly this one, in this process")
    add("--trace", action="store_true", help="with --seed: print every event")
    add(
        "--check-determinism",
        type=int,
        metavar="K",
        default=0,
        help="run the first K seeds twice and compare their histories",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

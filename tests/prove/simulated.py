"""Seeds of the deterministic simulation, in several processes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from tests.prove.proof import FAILURES_MAX, Failure, Outcome, Tell, silent
from tests.simulation.many import Sum, run_many
from tests.simulation.run import Report


@dataclass(frozen=True, slots=True)
class Simulated:
    """The whole order path on a virtual loop; one seed is one history with its faults and crashes."""

    name: str = "simulation"
    proves: str = "no order lost, doubled, late or unapproved in any history, whatever breaks"
    weight: int = 100
    workers: int = 2
    broker: str = "kis"
    """Whose wire the histories have."""

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """Run seed after seed while the budget lasts; without one, exactly this seed."""
        alone = budget_seconds <= 0
        seeds: Iterable[int] = [seed] if alone else count(seed)
        failures: list[Failure] = []

        def told(report: Report) -> None:
            if report.violations:
                first = report.violations[0]
                failures.append(Failure(report.seed, f"{first.rule} {first.text}"))
                tell(f"FAILED seed {report.seed}: {first.rule} {first.text}")

        until = time.monotonic() + budget_seconds
        total = run_many(
            seeds,
            workers=1 if alone else self.workers,
            until=until,
            tell=told,
            enough=lambda: len(failures) >= FAILURES_MAX,
            broker=self.broker,
        )
        tell(_figures(total))
        return Outcome(
            units=total.seeds, unit="seeds", failures=tuple(failures), seconds=total.seconds
        )


def _figures(total: Sum) -> str:
    return (
        f"{total.events:,} events, {total.kinds['post']:,} posts, {total.faults['crash']:,} crashes, "
        f"{sum(total.faults.values()):,} faults of {len(total.faults)} kinds"
    )

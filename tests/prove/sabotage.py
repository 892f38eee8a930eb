"""Every saboteur is caught by the simulation."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from tests.prove.proof import Failure, Outcome, Tell, silent
from tests.saboteurs.hunt import SEEDS, Hunt, everybody, hunt


@dataclass(frozen=True, slots=True)
class Sabotage:
    """All saboteurs, from another one on with each seed; each once at most."""

    name: str = "saboteurs"
    proves: str = f"each deliberate defect breaks a rule within {SEEDS} seeds"
    weight: int = 18
    workers: int = 2

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """The unit is one saboteur; without a budget, exactly one."""
        names = [item.name for item in everybody()]
        first = seed % len(names)
        names = [*names[first:], *names[:first]]
        began = time.monotonic()
        if not budget_seconds:
            found = [hunt(names[0])]
        else:
            found = _hunted(names, self.workers, began + budget_seconds)
        failures = []
        for done in found:
            if done.survives:
                place = [item.name for item in everybody()].index(done.name)
                failures.append(Failure(place, f"{done.name} survives: {done.does}"))
                tell(f"FAILED {done.name} survives")
        late = [done.seed for done in found if done.seed is not None]
        tell(f"{len(late)} of {len(names)} caught, the latest by seed {max(late, default=0)}")
        return Outcome(
            units=len(late) + len(failures),
            unit="saboteurs",
            failures=tuple(failures),
            seconds=time.monotonic() - began,
        )


def _hunted(names: list[str], workers: int, until: float) -> list[Hunt]:
    # Spawned: a forked child would share the simulation's scratch folder.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = [pool.submit(hunt, name, SEEDS, until) for name in names]
        return [done.result() for done in as_completed(waiting)]

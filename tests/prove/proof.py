"""What a proof is, and the one loop that all of them run in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Tell = Callable[[str], None]
FAILURES_MAX = 20


def silent(_text: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One unit that failed; `seed` runs that unit alone."""

    seed: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run of a proof came to. `skipped` is the reason why nothing ran."""

    units: int
    unit: str
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0
    skipped: str = ""

    @property
    def passed(self) -> int:
        """Units without a failure."""
        return self.units - len(self.failures)


class Proof(Protocol):
    """One thing that is proven again and again with new seeds."""

    @property
    def name(self) -> str:
        """How it is called on the command line."""

    @property
    def proves(self) -> str:
        """One sentence."""

    @property
    def weight(self) -> int:
        """Its share of the budget, against the other proofs."""

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """Work from `seed` on until the budget is used; at least one unit, which is `seed`'s."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What one seed came to: how much was done, and what was wrong with it."""

    faults: Sequence[str] = ()
    count: int = 1
    note: str = ""


@dataclass(slots=True)
class _Tally:
    units: int = 0
    failures: list[Failure] = field(default_factory=list)


def repeat(
    unit: str, seed: int, budget_seconds: float, one: Callable[[int], Unit], tell: Tell = silent
) -> Outcome:
    """Run `one(seed)`, `one(seed + 1)`, … while another of them fits in the budget."""
    began = time.monotonic()
    tally = _Tally()
    rounds = 0
    while True:
        this = seed + rounds
        done = one(this)
        rounds += 1
        tally.units += done.count
        if done.note:
            tell(done.note)
        if done.faults:
            text = "; ".join(done.faults[:5])
            tally.failures.append(Failure(this, text))
            tell(f"FAILED seed {this}: {text}")
        spent = time.monotonic() - began
        fits = spent + spent / rounds / 2 < budget_seconds
        if not fits or len(tally.failures) >= FAILURES_MAX:
            break
    return Outcome(
        units=tally.units,
        unit=unit,
        failures=tuple(tally.failures),
        seconds=time.monotonic() - began,
    )

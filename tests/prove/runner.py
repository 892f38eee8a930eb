"""Runs proofs: past failures first, then each in turn within the budget."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.prove.bounded import Performs, directly
from tests.prove.proof import Outcome, Proof
from tests.prove.schedule import PastFailure, in_turn, rotated, share
from tests.prove.telling import Reporter, merged


@dataclass(slots=True)
class Run:
    """One run over some proofs."""

    proofs: Sequence[Proof]
    reporter: Reporter
    perform: Performs = directly
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def past(self, failures: Sequence[PastFailure]) -> None:
        """Try again what once failed."""
        for failure in failures:
            proof = next((item for item in self.proofs if item.name == failure.name), None)
            if proof is not None:
                self.reporter.line(f"past failure: {failure.name} seed {failure.seed}")
                self.one(proof, failure.seed, 0.0)

    def budget(self, seconds: float, base: int) -> None:
        """Share `seconds` among the proofs by weight, each with at least one unit."""
        ends = time.monotonic() + seconds
        waiting = in_turn(self.proofs, base)
        while waiting:
            proof = waiting.pop(0)
            self.one(proof, base, share(ends - time.monotonic(), proof, waiting))

    def soak(self, seeds: range) -> None:
        """Run one unit of every proof for every seed."""
        for seed in seeds:
            for proof in rotated(self.proofs, seed):
                self.one(proof, seed, 0.0)

    def one(self, proof: Proof, seed: int, seconds: float) -> None:
        """Run one proof and remember what came of it."""
        self.reporter.begin(f"{proof.name} · seed {seed} · {seconds:.0f} s: {proof.proves}")
        try:
            outcome = self.perform(proof, seed, seconds, lambda text: self._tell(proof, text))
        finally:
            self.reporter.end()
        self.outcomes[proof.name] = merged(self.outcomes.get(proof.name), outcome)
        done = outcome.skipped or f"{outcome.units:,} {outcome.unit} in {outcome.seconds:.1f} s"
        self.reporter.line(f"{proof.name}: {done}, {len(outcome.failures)} failed")

    def _tell(self, proof: Proof, text: str) -> None:
        self.reporter.line(f"  {proof.name}: {text}")

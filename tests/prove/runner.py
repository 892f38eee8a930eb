"""Runs proofs: past failures first, then each in turn within the budget."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.prove.proof import Failure, Outcome, Proof
from tests.prove.schedule import PastFailure, rotated, share
from tests.prove.telling import Reporter, merged


@dataclass(slots=True)
class Run:
    """One run over some proofs."""

    proofs: Sequence[Proof]
    reporter: Reporter
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
        waiting = rotated(self.proofs, base)
        while waiting:
            proof = waiting.pop(0)
            self.one(proof, base, share(ends - time.monotonic(), proof, waiting))

    def soak(self, seeds: range) -> None:
        """Run one unit of every proof for every seed."""
        for seed in seeds:
            for proof in rotated(self.proofs, seed):
                self.one(proof, seed, 0.0)

    def one(self, proof: Proof, seed: int, seconds: float) -> None:
        """Run one proof and remember what came of it. A proof that breaks has failed."""
        self.reporter.begin(f"{proof.name} · seed {seed} · {seconds:.0f} s: {proof.proves}")
        began = time.monotonic()
        try:
            outcome = proof.run(seed, seconds, lambda text: self._tell(proof, text))
        except Exception as error:  # noqa: BLE001 - whatever broke it, the run goes on and says so
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.name}:{last.lineno}"
            text = f"the proof broke: {type(error).__name__}: {error} ({where})"
            outcome = Outcome(
                units=1,
                unit="runs",
                failures=(Failure(seed, text),),
                seconds=time.monotonic() - began,
            )
            self._tell(proof, text)
        finally:
            self.reporter.end()
        self.outcomes[proof.name] = merged(self.outcomes.get(proof.name), outcome)
        done = outcome.skipped or f"{outcome.units:,} {outcome.unit} in {outcome.seconds:.1f} s"
        self.reporter.line(f"{proof.name}: {done}, {len(outcome.failures)} failed")

    def _tell(self, proof: Proof, text: str) -> None:
        self.reporter.line(f"  {proof.name}: {text}")

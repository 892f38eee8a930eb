"""A proof runs in a process of its own, and does not outlive its bound."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass

from tests.prove.bounded import bounded
from tests.prove.proof import Failure, Outcome, silent
from tests.prove_selftest.ended import is_gone


@dataclass(frozen=True)
class Good:
    name: str = "good"
    proves: str = "that it counts"
    weight: int = 1

    def run(self, seed, budget_seconds, tell=silent):
        tell("it counts")
        return Outcome(units=3, unit="units", seconds=1.5)


class Broken(Good):
    def run(self, seed, budget_seconds, tell=silent):
        raise RuntimeError("broken")


class Gone(Good):
    def run(self, seed, budget_seconds, tell=silent):
        os._exit(3)


class Hanging(Good):
    """Hangs with a child in a session of its own; asked to end, it does."""

    def run(self, seed, budget_seconds, tell=silent):
        with subprocess.Popen(["sleep", "600"], start_new_session=True) as process:
            tell(f"{os.getpid()} {process.pid}")
            time.sleep(600)
        raise AssertionError("nobody ended it")


class Stubborn(Hanging):
    """Does not even hear that it shall end."""

    def run(self, seed, budget_seconds, tell=silent):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return super().run(seed, budget_seconds, tell)


def ended_by_its_bound(proof: Good, grace: float) -> tuple[Outcome, list[str]]:
    """Let the bound pass as soon as the proof hangs, however long that takes to come to."""
    said: list[str] = []
    late = 1_000_000.0
    outcome = bounded(
        proof, 7, 20.0, said.append, beyond=10.0, grace=grace, now=lambda: late if said else 0.0
    )
    return outcome, said


def test_what_a_proof_tells_and_comes_to_is_passed_on():
    said: list[str] = []
    assert bounded(Good(), 1, 0.0, said.append) == Outcome(units=3, unit="units", seconds=1.5)
    assert said == ["it counts"]


def test_a_proof_that_breaks_or_vanishes_has_failed():
    said: list[str] = []
    (broken,) = bounded(Broken(), 4, 0.0, said.append).failures
    assert broken.seed == 4
    assert broken.text.startswith("the proof broke: RuntimeError: broken (run:")
    assert bounded(Gone(), 5, 0.0, said.append).failures == (
        Failure(5, "the proof's process ended with 3"),
    )
    assert said == [broken.text, "the proof's process ended with 3"]


def test_a_proof_that_hangs_is_killed_with_all_that_it_has_started():
    text = "the proof did not end within 30 s and was killed"
    for proof, grace in ((Hanging(), 0.5), (Stubborn(), 0.5)):
        outcome, said = ended_by_its_bound(proof, grace)
        assert outcome.failures == (Failure(7, text),)
        assert (outcome.units, outcome.passed, said[-1]) == (1, 0, text)
        assert all(is_gone(int(number)) for number in said[0].split())

"""The rotating seeds of this run, every past failure, and that the simulation bites."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.simulation.__main__ import main
from tests.simulation.many import run_many
from tests.simulation.mutants import MUTANTS
from tests.simulation.run import run_seed

pytestmark = pytest.mark.untraced

# Two hundred a day, one broker's or the other's.
KIS_SEEDS, KIWOOM_SEEDS, CHUNK = 160, 40, 10
SEEDS = KIS_SEEDS + KIWOOM_SEEDS
MUTANT_SEEDS = 150
# What makes a defect show at once, instead of once in some hundred seeds.
_FAULTS = {
    "never_recognised": {"post_reply_lost": 0.9},
    "unknown_code_is_a_refusal": {"post_unknown_code": 0.9},
}
_DAY = datetime.now(UTC).date().toordinal() - 739_000
FIRST = 1_000_000 + _DAY * SEEDS
PAST = tomllib.loads((Path(__file__).parent / "past_seeds.toml").read_text("utf-8"))["failure"]
ROOT = Path(__file__).parents[2]


def lived(seed: int, broker: str = "kis") -> None:
    report = run_seed(seed, broker=broker)
    again = f"python -m tests.simulation --broker {broker} --seed {seed} --trace"
    assert not report.violations, again


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FIRST, FIRST + KIS_SEEDS, CHUNK))
def test_todays_seeds_break_no_rule(first):
    for seed in range(first, first + CHUNK):
        lived(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FIRST + KIS_SEEDS, FIRST + SEEDS, CHUNK))
def test_todays_seeds_break_no_rule_at_kiwoom_either(first):
    for seed in range(first, first + CHUNK):
        lived(seed, "kiwoom")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["retry_on_timeout", "never_recognised"])
def test_a_broken_application_is_found_at_kiwoom_as_well(name):
    for seed in range(MUTANT_SEEDS):
        report = run_seed(seed, mutate=MUTANTS[name], faults=_FAULTS.get(name), broker="kiwoom")
        if report.violations:
            return
    raise AssertionError(f"{name} lives through {MUTANT_SEEDS} seeds")


@pytest.mark.parametrize("failure", PAST, ids=lambda item: str(item["seed"]))
def test_past_failures_stay_mended(failure):
    lived(failure["seed"], failure.get("broker", "kis"))


@pytest.mark.slow
def test_a_seed_is_one_history():
    for seed in (4, 42):
        assert run_seed(seed) == run_seed(seed)


@pytest.mark.slow
def test_a_history_depends_on_nothing_but_the_seed():
    """Neither on the order of a hash table nor on where things lie in memory."""
    hashes = set()
    for number in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--seed", "42"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": number},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        hashes.add(done.stdout)
    assert len(hashes) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_application_is_found(name):
    for seed in range(MUTANT_SEEDS):
        if run_seed(seed, mutate=MUTANTS[name], faults=_FAULTS.get(name)).violations:
            return
    raise AssertionError(f"{name} lives through {MUTANT_SEEDS} seeds")


def test_a_run_that_is_interrupted_gives_what_there_is():
    def interrupt(_report):
        raise KeyboardInterrupt

    total = run_many(range(3), tell=interrupt)
    assert (total.seeds, total.was_interrupted) == (1, True)


def test_a_long_run_says_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr("tests.simulation.__main__.TELL_SECONDS", 0.0)
    assert main(["--seeds", "0:2", "--workers", "1"]) == 0
    told = capsys.readouterr()
    assert "1 of 2 seeds, 0 violations" in told.err
    assert "violations 0" in told.out

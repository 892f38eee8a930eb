from __future__ import annotations

import json
import random
import signal
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from brokers.kis.master import listings_of
from brokers.kis.posts import classify
from brokers.kiwoom.posts import classify as classify_kiwoom
from brokers.sim import rules
from brokers.wire.clients import RawAnswer
from brokers.wire.fields import read_row
from core.domain.listing import Board
from tests.prove import __main__ as command
from tests.prove import fuzz, fuzz_kis, fuzz_kis_market, fuzz_kiwoom, sessions
from tests.prove.bounded import directly
from tests.prove.catalogue import PROOFS
from tests.prove.day_run import child
from tests.prove.proof import Failure, Outcome, Unit, repeat, silent
from tests.prove.runner import Run
from tests.prove.schedule import (
    PastFailure,
    base_seed,
    in_turn,
    past_failures,
    rotated,
    seconds_of,
    seeds_of,
    share,
)
from tests.prove.telling import Reporter, closing
from tests.prove_selftest.ended import is_gone


@dataclass
class Counting:
    name: str = "counting"
    proves: str = "that it counts"
    weight: int = 1
    bad: int = -1
    seen: list[tuple[int, float]] = field(default_factory=list)

    def run(self, seed, budget_seconds, tell=silent):
        self.seen.append((seed, budget_seconds))
        bad = seed == self.bad
        return Outcome(units=1, unit="units", failures=(Failure(seed, "bad"),) if bad else ())


@dataclass
class Breaking(Counting):
    name: str = "breaking"

    def run(self, seed, budget_seconds, tell=silent):
        raise RuntimeError("broken")


@dataclass
class Skipping(Counting):
    name: str = "skipping"

    def run(self, seed, budget_seconds, tell=silent):
        return Outcome(units=0, unit="days", skipped="no data")


def closed(run: Run, capsys) -> tuple[int, list[str]]:
    code = run.reporter.close(run.outcomes, base=1, interrupted=False)
    return code, capsys.readouterr().out.splitlines()


def test_past_failures_come_first_and_count(capsys):
    proof = Counting(bad=77)
    run = Run([proof], Reporter())
    run.past([PastFailure("counting", 77, ""), PastFailure("gone", 1, "")])
    run.budget(1.0, 5)
    assert [seed for seed, _ in proof.seen] == [77, 5]
    code, lines = closed(run, capsys)
    assert (code, lines[-1]) == (1, "1 passed, 1 failed")
    assert "  replay: python -m tests.prove --only counting --seed 77" in lines


def test_a_proof_that_breaks_has_failed_and_one_without_data_is_skipped(capsys):
    run = Run([Counting(), Breaking(), Skipping()], Reporter())
    run.budget(1.0, 0)
    code, lines = closed(run, capsys)
    assert (code, lines[-1]) == (1, "1 passed, 1 failed, 1 skipped")
    assert any("skipped skipping: no data" in line for line in lines)


def test_the_budget_is_shared_by_weight_and_the_order_rotates():
    light, heavy = Counting("light"), Counting("heavy", weight=3)
    Run([light, heavy], Reporter()).budget(100.0, 0)
    assert light.seen[0][1] == pytest.approx(25, abs=1)
    assert heavy.seen[0][1] == pytest.approx(100, abs=1)
    assert [proof.name for proof in rotated([light, heavy], 1)] == ["heavy", "light"]


# Seconds on two cores that do nothing else, measured: 100 kills by fork server, 10 of the whole
# bot, every crash point at our port, every saboteur with its remembered seed, 2,000 seeds.
NEEDED = {
    "kills": 150.0,
    "sigkill": 160.0,
    "crash_points": 195.0,
    "saboteurs": 65.0,
    "simulation": 890.0,
}
# What these do is finite; they leave the rest of their time to whoever comes after them.
FINITE = {"crash_points", "saboteurs"}


@pytest.mark.parametrize("base", range(len(PROOFS)))
def test_forty_minutes_hold_what_is_promised_whoever_comes_first(base):
    left = seconds_of("40m")
    waiting = in_turn(PROOFS, base)
    got: dict[str, float] = {}
    while waiting:
        proof = waiting.pop(0)
        got[proof.name] = share(left, proof, waiting)
        left -= NEEDED[proof.name] if proof.name in FINITE else got[proof.name]
    assert {name for name, seconds in NEEDED.items() if got[name] < seconds} == set()
    assert list(got)[-1] == "simulation"


def test_soak_gives_every_proof_every_seed():
    proofs = [Counting("one"), Counting("two")]
    Run(proofs, Reporter()).soak(range(3))
    assert [seed for seed, _ in proofs[1].seen] == [0, 1, 2]


def test_a_unit_replays_from_its_own_seed():
    def one(seed):
        return Unit(["bad"] if seed == 12 else [], count=5)

    outcome = repeat("inputs", 12, 0.0, one)
    assert (outcome.units, outcome.failures) == (5, (Failure(12, "bad"),))


@pytest.mark.parametrize("text", ["", "0s", "m", "10x", "-5s", "1.5m"])
def test_a_budget_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="a budget is"):
        seconds_of(text)


def test_budgets_and_seeds_are_read():
    assert (seconds_of("10m"), seconds_of("600s"), seconds_of("600")) == (600, 600, 600)
    assert seeds_of("0:3") == range(3)
    for bad in ("3", "3:3", "a:b"):
        with pytest.raises(ValueError, match="seed"):
            seeds_of(bad)


def test_two_runs_differ():
    moment = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    assert base_seed(moment) != base_seed(moment.replace(second=1))
    assert base_seed(moment) != base_seed(moment.replace(day=3))


def test_the_committed_list_of_past_failures_names_known_proofs(tmp_path):
    known = {proof.name for proof in PROOFS}
    assert {failure.name for failure in past_failures()} <= known
    bad = tmp_path / "past.toml"
    bad.write_text("[[failure]]\nname = 3\n")
    with pytest.raises(ValueError, match="a name and a seed"):
        past_failures(bad)


def test_the_command_replays_one_unit_and_speaks_json(capsys):
    proof = Counting()
    asked = ["--only", "counting", "--seed", "9", "--json"]
    assert command.main(asked, [proof], directly) == 0
    assert proof.seen == [(9, 0.0)]
    shown = capsys.readouterr()
    assert json.loads(shown.out)["proofs"]["counting"]["units"] == 1
    assert shown.err.splitlines()[-1] == closing(1, 0, 0)
    with pytest.raises(SystemExit):
        command.main(["--only", "nobody"])


def test_days_are_sessions_and_the_odd_ones_come():
    days = [sessions.synthetic_day(seed) for seed in range(40)]
    assert all(rules.is_session(day) for day in days)
    opens = {rules.session_hours(day)[0].hour for day in days}
    closes = {rules.session_hours(day)[1].hour for day in days}
    assert (opens, closes) == ({9, 10}, {15, 16})


def test_missing_data_is_named(tmp_path):
    assert "gone.csv.gz" in sessions.missing_data(tmp_path / "gone.csv.gz")
    assert sessions.missing_data(tmp_path) == ""


def test_a_child_and_its_children_are_gone_afterwards():
    script = (
        "import subprocess, sys; p = subprocess.Popen(['sleep', '60']);"
        "print(p.pid, flush=True); p.wait()"
    )
    with child([sys.executable, "-c", script]) as process:
        assert process.stdout is not None
        grandchild = int(process.stdout.readline())
    assert process.returncode == -signal.SIGKILL
    assert is_gone(grandchild)


def test_the_fuzz_finds_a_classifier_that_believes_too_much(monkeypatch):
    monkeypatch.setattr(fuzz_kis, "classify", _believing(classify))
    found = fuzz.feed(fuzz_kis.posts, 2_000, random.Random(1))
    assert found


def _believing(real):
    good = RawAnswer(200, fuzz_kis._POSTS[0].text.encode())

    def believes_all(_answer, day):
        return real(good, day)

    return believes_all


def test_the_fuzz_finds_a_kiwoom_that_believes_too_much_and_loses_holdings(monkeypatch):
    for target in (fuzz_kiwoom.kiwoom_posts, fuzz_kiwoom.kiwoom_balances):
        assert fuzz.feed(target, 200, random.Random(1)) == []
    monkeypatch.setattr(fuzz_kiwoom, "classify", _believing_kiwoom(classify_kiwoom))
    found = fuzz.feed(fuzz_kiwoom.kiwoom_posts, 2_000, random.Random(1))
    assert any("Accepted" in text for text in found)
    monkeypatch.setattr(fuzz_kiwoom, "read_rows", lambda *_: [])
    found = fuzz.feed(fuzz_kiwoom.kiwoom_balances, 200, random.Random(1))
    assert any("no holdings" in text for text in found)


def _believing_kiwoom(real):
    """A classifier that takes every readable answer for a success."""
    good = real(RawAnswer(200, fuzz_kiwoom._POSTS[0].text.encode()), "069500")

    def believes_all(answer, symbol):
        real(answer, symbol)
        return good

    return believes_all


def test_the_fuzz_finds_market_data_that_says_something_else(monkeypatch):
    def misreads(kind, value, where):
        row = read_row(kind, value, where)
        return row.model_copy(
            update={name: held + 1 for name, held in dict(row).items() if isinstance(held, int)}
        )

    monkeypatch.setattr("tests.prove.fuzz_kis_market.read_row", misreads)
    assert fuzz.feed(fuzz_kis_market.market, 200, random.Random(1))


def test_the_fuzz_finds_listings_out_of_nowhere(monkeypatch):
    (listing,) = listings_of(fuzz_kis_market.zipped(fuzz_kis_market.LINE), Board.KOSPI)
    other = replace(listing, code="114800")
    monkeypatch.setattr("brokers.kis.master.listings_of", lambda *_: (other,))
    assert fuzz.feed(fuzz_kis_market.masters, 50, random.Random(1))


def test_the_fuzz_finds_holdings_that_vanish_and_errors_that_escape(monkeypatch):
    monkeypatch.setattr(fuzz_kis, "read_rows", lambda *_: [])
    assert any(
        "no holdings" in text for text in fuzz.feed(fuzz_kis.balances, 200, random.Random(1))
    )

    def breaks(_dice):
        raise ZeroDivisionError

    assert fuzz.feed(breaks, 1, random.Random(1)) == ["breaks: ZeroDivisionError: "]

"""Runs one demo day as a child and never leaves it behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from brokers.sim import rules
from tests.prove import judges
from tests.prove.transcript import Event, read

ROOT = Path(__file__).parents[2]
DAY_SECONDS_MAX = 300.0
_PNG = b"\x89PNG\r\n"
_TAIL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPlan:
    """Which day to play."""

    seed: int
    day: date
    prices: Path | None = None
    adjusted: Path | None = None

    def arguments(self, folder: Path) -> list[str]:
        """Return the command line."""
        command = [sys.executable, "-m", "sandbox", "demo", "--once", "--seed", str(self.seed)]
        command += ["--date", self.day.isoformat(), "--out", str(folder)]
        command += ["--transcript", str(folder / "transcript.jsonl")]
        if self.prices is not None:
            command += ["--prices", str(self.prices)]
        if self.adjusted is not None:
            command += ["--adjusted", str(self.adjusted)]
        return command


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRun:
    """A day that was played, and what the judges say."""

    plan: DayPlan
    seconds: float
    events: tuple[Event, ...]
    faults: tuple[str, ...]

    @property
    def note(self) -> str:
        """One line about the day."""
        states = judges.states_seen(self.events)
        counts = ", ".join(f"{word} {count}" for word, count in states.items()) or "no order"
        verdict = "ok" if not self.faults else "faults"
        return f"{self.plan.day} seed {self.plan.seed}: {self.seconds:.1f} s, {counts}, {verdict}"


def play(plan: DayPlan) -> DayRun:
    """Play a day in a folder that is gone afterwards, and judge it."""
    with tempfile.TemporaryDirectory(prefix="prove-day-") as name:
        folder = Path(name)
        began = time.monotonic()
        code, tail = _run(plan.arguments(folder))
        seconds = time.monotonic() - began
        path = folder / "transcript.jsonl"
        events = tuple(read(path)) if path.exists() else ()
        hours = judges.Hours(*rules.session_hours(plan.day))
        why = next((event.text for event in events if event.kind == "failed"), tail)
        faults = [f"{plan.day}: exit {code}: {why[:_TAIL]}"] if code else []
        faults += [f"{plan.day}: {fault}" for fault in judges.judge_day(events, hours)]
        faults += [f"{plan.day}: {fault}" for fault in _pictures(folder)]
    return DayRun(plan=plan, seconds=seconds, events=events, faults=tuple(faults))


def _pictures(folder: Path) -> list[str]:
    found = list(folder.glob("briefing-*.png"))
    if len(found) != 1:
        return [f"{len(found)} pictures of the briefing, not 1"]
    if not found[0].read_bytes().startswith(_PNG):
        return ["the briefing's picture is no PNG"]
    return []


def _run(command: list[str]) -> tuple[int, str]:
    """Return the exit code and the end of what it said."""
    with child(command) as process:
        try:
            said, _ = process.communicate(timeout=DAY_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            return -1, f"did not end within {DAY_SECONDS_MAX:.0f} s"
    text = " ".join(said.decode("utf-8", "replace").split())
    return process.returncode, text[-_TAIL:]


@contextmanager
def child(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process in a group of its own; afterwards nobody of that group is left."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        with process:
            try:
                yield process
            finally:
                _end(process.pid)
    finally:
        _end(process.pid)


def _end(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return

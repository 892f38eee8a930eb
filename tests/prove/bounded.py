"""Runs a proof in a process of its own, which is killed when the proof does not end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Protocol

from tests.prove.proof import Failure, Outcome, Proof, Tell

# Beyond its budget: the last unit, which had begun within it.
BEYOND_SECONDS = 600.0
# To let go of its children and folders once it is asked to end.
GRACE_SECONDS = 20.0
_LOOK_SECONDS = 1.0


class Performs(Protocol):
    """Runs one proof to its outcome, whatever becomes of it."""

    def __call__(self, proof: Proof, seed: int, seconds: float, tell: Tell, /) -> Outcome: ...


def directly(proof: Proof, seed: int, seconds: float, tell: Tell) -> Outcome:
    """Run a proof in this process, without a bound. One that breaks has failed."""
    began = time.monotonic()
    try:
        return proof.run(seed, seconds, tell)
    except Exception as error:  # noqa: BLE001 - whatever broke it, the run goes on and says so
        last = traceback.extract_tb(error.__traceback__)[-1]
        text = f"the proof broke: {type(error).__name__}: {error} ({last.name}:{last.lineno})"
        tell(text)
        return replace(_failed(seed, text), seconds=time.monotonic() - began)


def bounded(
    proof: Proof,
    seed: int,
    seconds: float,
    tell: Tell,
    *,
    beyond: float = BEYOND_SECONDS,
    grace: float = GRACE_SECONDS,
    now: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Run a proof in a child; one that takes `beyond` seconds more than its budget has failed.

    Afterwards neither the child nor anybody whom it has started is left.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    began = now()
    child = context.Process(target=_work, args=(proof, seed, seconds, theirs), name=proof.name)
    child.start()
    theirs.close()
    outcome = None
    try:
        outcome = _heard(ours, tell, began + seconds + beyond, now)
    except EOFError:
        child.join(grace)
        outcome = _failed(seed, f"the proof's process ended with {child.exitcode}")
        tell(outcome.failures[0].text)
    finally:
        if outcome is not None:
            child.join(grace)
        _end(child, grace)
        ours.close()
    if outcome is None:
        text = f"the proof did not end within {seconds + beyond:.0f} s and was killed"
        tell(text)
        outcome = _failed(seed, text)
    return replace(outcome, seconds=outcome.seconds or now() - began)


def _failed(seed: int, text: str) -> Outcome:
    return Outcome(units=1, unit="runs", failures=(Failure(seed, text),))


def _work(proof: Proof, seed: int, seconds: float, pipe: Connection) -> None:
    """Be the child: run the proof, say what it tells, and at last what came of it."""
    signal.signal(signal.SIGTERM, _as_interrupt)
    with suppress(KeyboardInterrupt):
        pipe.send(directly(proof, seed, seconds, pipe.send))


def _as_interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _heard(pipe: Connection, tell: Tell, until: float, now: Callable[[], float]) -> Outcome | None:
    """Pass on what the child tells until it says what came of it; None when it is too late."""
    while now() < until:
        if pipe.poll(_LOOK_SECONDS):
            said = pipe.recv()
            if isinstance(said, Outcome):
                return said
            tell(said)
    return None


def _end(child: SpawnProcess, grace: float) -> None:
    """Ask a child that still lives to end, then kill it and all that it has started."""
    if not child.is_alive():
        return
    assert child.pid is not None
    started = _descendants(child.pid)
    child.terminate()
    child.join(grace)
    if child.is_alive():
        started |= _descendants(child.pid)
        child.kill()
        child.join()
    for number in started:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def _descendants(number: int) -> set[int]:
    """Return who was started by a process, and by those; whatever session they are in."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    parents = {int(pid): int(parent) for pid, parent in map(str.split, listed.splitlines())}
    found = {number}
    while grown := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {number}

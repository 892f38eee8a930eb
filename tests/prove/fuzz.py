"""Seeded mutation fuzz without sockets."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from tests.prove import (
    fuzz_kis,
    fuzz_kis_market,
    fuzz_kiwoom,
    fuzz_kiwoom_stream,
    fuzz_stream,
    fuzz_words,
)
from tests.prove.proof import Outcome, Tell, Unit, repeat, silent

Target = Callable[[random.Random], str]
# How many inputs of each kind one seed stands for; the dear ones are few.
BATCH: tuple[tuple[Target, int], ...] = (
    (fuzz_words.custom_ids, 6_000),
    (fuzz_kis.reads, 4_000),
    (fuzz_kis_market.market, 4_000),
    (fuzz_kis_market.masters, 200),
    (fuzz_kis.posts, 4_000),
    (fuzz_kis.balances, 3_000),
    (fuzz_stream.frames, 6_000),
    (fuzz_stream.controls, 2_000),
    (fuzz_kiwoom.kiwoom_reads, 4_000),
    (fuzz_kiwoom.kiwoom_posts, 4_000),
    (fuzz_kiwoom.kiwoom_balances, 3_000),
    (fuzz_kiwoom_stream.kiwoom_frames, 4_000),
    (fuzz_kiwoom_stream.kiwoom_controls, 2_000),
    (fuzz_words.tool_arguments, 2_000),
    (fuzz_words.strategy_texts, 100),
    (fuzz_words.price_lines, 500),
    (fuzz_words.setting_values, 200),
    (fuzz_words.feeds, 40),
    (fuzz_words.big_feeds, 4),
)
FAULTS_MAX = 3
# Faults that begin alike are one and the same.
SAME = 20


@dataclass(frozen=True, slots=True)
class Fuzz:
    """Damaged input at every edge."""

    name: str = "fuzz"
    proves: str = "damaged input gives a value or the error of its edge, and never a false success"
    weight: int = 4

    def run(self, seed: int, budget_seconds: float, tell: Tell = silent) -> Outcome:
        """One seed is one batch over all kinds."""
        rates: dict[str, tuple[int, float]] = {}
        with fuzz_words.clean_environment(), fuzz_words.scratch_folder(), _logged_nowhere():
            outcome = repeat("inputs", seed, budget_seconds, lambda this: _batch(this, rates), tell)
        for name, (count, seconds) in rates.items():
            tell(f"{name}: {count:,} inputs, {count / max(seconds, 1e-9):,.0f} per second")
        return outcome


@contextmanager
def _logged_nowhere() -> Iterator[None]:
    """Write what is logged, as a log would, and keep none of it."""
    configured = structlog.get_config()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(nowhere))
        try:
            yield
        finally:
            structlog.configure(**configured)


def _batch(seed: int, rates: dict[str, tuple[int, float]]) -> Unit:
    faults: list[str] = []
    for target, count in BATCH:
        dice = random.Random(f"{target.__name__} {seed}")
        began = time.perf_counter()
        faults += feed(target, count, dice)
        before, spent = rates.get(target.__name__, (0, 0.0))
        spent += time.perf_counter() - began
        rates[target.__name__] = (before + count, spent)
    return Unit(faults, count=sum(count for _, count in BATCH))


def feed(target: Target, count: int, dice: random.Random) -> list[str]:
    """Give a target `count` inputs; return what was wrong, at most a few."""
    faults: list[str] = []
    for _ in range(count):
        try:
            fault = target(dice)
        except Exception as error:  # noqa: BLE001 - any other error is the finding
            fault = f"{target.__name__}: {type(error).__name__}: {str(error)[:200]}"
        if fault and all(fault[:SAME] != known[:SAME] for known in faults):
            faults.append(fault[:600])
            if len(faults) >= FAULTS_MAX:
                break
    return faults

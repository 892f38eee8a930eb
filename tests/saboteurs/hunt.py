"""Lets saboteurs work while seeds run, until each is caught."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.saboteurs import approving, arming, keeping, sending, standing, tracking
from tests.saboteurs.saboteur import SABOTEURS, Saboteur
from tests.saboteurs.weather import WEATHER
from tests.simulation.run import run_seed

# The modules that the saboteurs live in; importing them collects these.
HOMES = (sending, arming, approving, standing, tracking, keeping)
SEEDS = 500
CAUGHT = Path(__file__).parent / "caught.toml"


@dataclass(frozen=True, slots=True)
class Hunt:
    """What came of one saboteur: the seed that caught it first, or None, and by which rule.

    `is_open` says that time ran out before it had lived through all seeds.
    """

    name: str
    does: str
    seed: int | None
    rule: str = ""
    seconds: float = 0.0
    is_open: bool = False

    @property
    def survives(self) -> bool:
        """Whether it lived through every seed."""
        return self.seed is None and not self.is_open


def everybody() -> tuple[Saboteur, ...]:
    """Return all saboteurs."""
    return tuple(SABOTEURS.values())


def hunt(name: str, seeds: int = SEEDS, until: float = float("inf")) -> Hunt:
    """Run seeds with the saboteur at work until one of them shows a violation.

    Most are at work in the faults that each seed draws; some need one kind of fault to show. The
    seed that caught it the last time comes first. A violation counts only where the same seed has
    none without the saboteur. `until` is a host monotonic second.
    """
    wanted = SABOTEURS[name]
    began = time.monotonic()
    for seed in _seeds(name, seeds):
        report = run_seed(seed, mutate=wanted.at_work, faults=WEATHER.get(name))
        spent = time.monotonic() - began
        if report.violations and not run_seed(seed, faults=WEATHER.get(name)).violations:
            first = report.violations[0]
            rule = f"{first.rule}: {first.text}"[:160]
            return Hunt(name, wanted.does, seed, rule, spent)
        if time.monotonic() > until:
            return Hunt(name, wanted.does, None, seconds=spent, is_open=True)
    return Hunt(name, wanted.does, None, seconds=time.monotonic() - began)


def _seeds(name: str, seeds: int) -> Iterator[int]:
    last = caught().get(name)
    if last is not None and last < seeds:
        yield last
    yield from (seed for seed in range(seeds) if seed != last)


def remember(found: Iterable[Hunt]) -> None:
    """Write down which seed caught whom: the next hunt tries it first."""
    seeds = dict(sorted({**caught(), **{item.name: item.seed for item in found}}.items()))
    lines = [f"{name} = {seed}" for name, seed in seeds.items() if seed is not None]
    head = CAUGHT.read_text(encoding="utf-8").partition("\n")[0]
    CAUGHT.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    caught.cache_clear()


@cache
def caught() -> dict[str, int]:
    """Return which seed caught whom the last time."""
    return {
        name: seed
        for name, seed in tomllib.loads(CAUGHT.read_text(encoding="utf-8")).items()
        if isinstance(seed, int)
    }

"""Watches the database and the exchange, and says what must not have happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.world import Simulation


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule."""

    rule: str
    text: str
    at: float


class Violated(Exception):
    """The first violation ends the seed."""


class Judge:
    def __init__(self, world: Simulation) -> None:
        self._world = world
        self.violations: list[Violation] = []

    def open(self) -> None: ...

    def blame(self, rule: str, text: str) -> None:
        self._world.log.tell("VIOLATION", f"{rule} {text}")
        self.violations.append(Violation(rule, text, self._world.loop.time()))

    def committed(self) -> None:
        self._world.log.tell("commit")

    def settled(self) -> None: ...

    def final(self) -> None: ...

"""The border of one process: every effect on the world passes here, or does not happen.

At a seeded step the process crashes: that call, and every later one, raises `Crash` and has no
effect. `Crash` is a BaseException: nothing in the application may catch it and go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.loop import Life


class Crash(BaseException):
    """The process is gone."""


@dataclass(frozen=True, slots=True)
class CrashPlan:
    """Crash at the `count`-th step whose name begins with `at`."""

    at: str
    count: int


@dataclass(slots=True)
class Fence:
    """Counts the steps of one life, and ends it at the planned one."""

    life: Life
    on_crash: Callable[[str], None]
    plan: CrashPlan | None = None
    steps: int = 0
    seen: int = 0
    closing: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_down(self) -> bool:
        """Whether the process is gone."""
        return self.life.is_over

    def step(self, name: str) -> None:
        """Pass one effect, or crash here. Raises Crash."""
        if self.life.is_over:
            raise Crash(name)
        self.steps += 1
        plan = self.plan
        if plan is not None and name.startswith(plan.at):
            self.seen += 1
            if self.seen >= plan.count:
                self.crash(name)
                raise Crash(name)

    def crash(self, name: str) -> None:
        """End the life now."""
        if not self.life.is_over:
            self.life.is_over = True
            self.on_crash(name)

"""Where one life ends: before or after its n-th step that reaches outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

BEFORE, AFTER = HOWS = ("before", "after")


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Fence:
    """Counts the steps of one life; ends it at one of them. `at` 0 lets it live."""

    at: int = 0
    how: str = BEFORE
    names: list[str] = field(default_factory=list)
    is_down: bool = False
    on_crash: list[Callable[[], None]] = field(default_factory=list)

    def enter(self, name: str) -> None:
        """Begin a step, or die before it."""
        if self.is_down:
            raise Crash(name)
        self.names.append(name)
        if self.how == BEFORE:
            self._die(name)

    def leave(self, name: str) -> None:
        """End a step, or die after it."""
        if self.how == AFTER:
            self._die(name)

    def _die(self, name: str) -> None:
        if len(self.names) == self.at:
            self.is_down = True
            for drop in self.on_crash:
                drop()
            raise Crash(name)

"""What a saboteur is, and how the many are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Swap:
    """One attribute of the application and what stands there instead."""

    owner: Any
    name: str
    instead: Any


@dataclass(frozen=True, slots=True)
class Saboteur:
    """One defect: its name, one sentence, and the swaps that make it."""

    name: str
    does: str
    swaps: Callable[[], Sequence[Swap]]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Break the application for as long as the block lasts."""
        done: list[tuple[Swap, Any]] = []
        try:
            for swap in self.swaps():
                if not hasattr(swap.owner, swap.name):
                    raise AttributeError(f"{self.name}: there is no {swap.owner}.{swap.name}")
                # What an owner itself holds is put back; what it inherits is found again.
                done.append((swap, vars(swap.owner).get(swap.name, _INHERITED)))
                setattr(swap.owner, swap.name, swap.instead)
            yield
        finally:
            for swap, kept in reversed(done):
                if kept is _INHERITED:
                    delattr(swap.owner, swap.name)
                else:
                    setattr(swap.owner, swap.name, kept)


_INHERITED = object()
SABOTEURS: dict[str, Saboteur] = {}


def saboteur(swaps: Callable[[], Sequence[Swap]]) -> Callable[[], Sequence[Swap]]:
    """Add the function as a saboteur: its name and its docstring say what it does."""
    name = swaps.__name__
    if name in SABOTEURS:
        raise ValueError(f"two saboteurs are called {name}")
    SABOTEURS[name] = Saboteur(name, (swaps.__doc__ or "").strip(), swaps)
    return swaps

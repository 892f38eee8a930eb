"""Faults to inject, in order per path or by a seeded coin."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .wire import Fault, FaultKind, Reply

QUEUE_MAX = 1000
DELAY_SECONDS_MAX = 60.0

BEFORE = frozenset({"drop_before", "http_500", "egw00201", "too_fast", "egw00215"})
"""Faults of requests that never reach the exchange.

`egw00201` is what KIS calls too fast, `egw00215` what its ledger does; a broker without such a
second count says for both that it was too fast.
"""
AFTER = frozenset({"accept_then_drop", "accept_then_500", "delay", "truncate", "empty"})
"""Faults of answers: the request has had its effect."""

_Fault = TypeVar("_Fault")


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault to come."""

    name: str
    seconds: float = 0.0


def planned(item: object) -> Planned:
    """Read a fault as the control API writes it: a name, or {"delay": seconds}.

    Raises ValueError for anything else.
    """
    if isinstance(item, Planned):
        return item
    if isinstance(item, str) and item in BEFORE | AFTER and item != "delay":
        return Planned(item)
    seconds = delay_of(item)
    if seconds is not None:
        return Planned("delay", seconds)
    raise ValueError(f"not a fault: {item!r} (one of {sorted(BEFORE | AFTER)})")


def delay_of(item: object) -> float | None:
    """Return the host seconds of {"delay": seconds}; None for anything else."""
    if isinstance(item, Mapping) and set(item) == {"delay"}:
        seconds = item["delay"]
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if is_number and 0 <= seconds <= DELAY_SECONDS_MAX:
            return float(seconds)
    return None


@dataclass(slots=True)
class ByChance(Generic[_Fault]):
    """Faults that a seeded coin decides: each time one of `kinds`, with probability `rate`."""

    rate: float = 0.0
    kinds: tuple[_Fault, ...] = ()
    coin: random.Random = field(default_factory=lambda: random.Random(0))

    def begin(self, seed: int, rate: float, kinds: Iterable[_Fault]) -> None:
        """Throw anew from now on. Raises ValueError for a rate that is none."""
        if not 0 <= rate <= 1:
            raise ValueError("rate is between 0 and 1")
        self.kinds = tuple(kinds)
        self.rate = rate if self.kinds else 0.0
        self.coin = random.Random(seed)

    def throw(self) -> _Fault | None:
        """Return the fault of this time, if it has one."""
        if self.rate and self.coin.random() < self.rate:
            return self.coin.choice(self.kinds)
        return None


@dataclass(slots=True)
class FaultPlan(ByChance[Planned]):
    """Which answers go wrong.

    A path is given whole, by its last part ("order-cash") or as "*" for every path.
    """

    queues: dict[str, deque[Planned]] = field(default_factory=dict)

    def add(self, path: str, faults: Iterable[object]) -> None:
        """Queue faults for the next requests to `path`. Raises ValueError when unreadable."""
        queue = self.queues.setdefault(path, deque())
        for item in faults:
            if len(queue) >= QUEUE_MAX:
                raise ValueError(f"at most {QUEUE_MAX} faults wait for one path")
            queue.append(planned(item))

    def seed(self, seed: int, rate: float, kinds: Iterable[object]) -> None:
        """From now on each request fails with probability `rate`, in one of `kinds`."""
        self.begin(seed, rate, map(planned, kinds))

    def clear(self) -> None:
        """Forget every fault."""
        self.queues.clear()
        self.rate = 0.0

    def take(self, path: str) -> Planned | None:
        """Return the fault of this request, and forget it."""
        for key in (path, path.rsplit("/", 1)[-1], "*"):
            queue = self.queues.get(key)
            if queue:
                return queue.popleft()
        return self.throw()


def carry_out(
    fault: Planned,
    answer: Callable[[], Reply],
    *,
    outage: Reply,
    too_fast: Reply,
    ledger_too_fast: Reply,
) -> Reply | Fault:
    """Return what the client gets instead of `answer()`, which runs unless the fault is BEFORE.

    `outage`, `too_fast` and `ledger_too_fast` are what this broker's server says then.
    """
    before: dict[str, Reply | Fault] = {
        "drop_before": Fault(FaultKind.DROP),
        "http_500": outage,
        "egw00201": too_fast,
        "too_fast": too_fast,
        "egw00215": ledger_too_fast,
    }
    if fault.name in before:
        return before[fault.name]
    reply = answer()
    after: dict[str, Reply | Fault] = {
        "accept_then_drop": Fault(FaultKind.DROP, reply),
        "accept_then_500": outage,
        "empty": Reply(200, None, reply.headers),
        "truncate": Fault(FaultKind.TRUNCATE, reply),
        "delay": Fault(FaultKind.DELAY, reply, fault.seconds),
    }
    return after[fault.name]

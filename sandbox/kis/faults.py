"""Faults to inject, in order per path or by a seeded coin."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .wire import Fault, FaultKind, Reply

QUEUE_MAX = 1000

BEFORE = frozenset({"drop_before", "http_500", "egw00201", "too_fast"})
"""Faults of requests that never reach the exchange. `egw00201` is what KIS calls too fast."""
AFTER = frozenset({"accept_then_drop", "accept_then_500", "delay", "truncate", "empty"})
"""Faults of answers: the request has had its effect."""

_OUTAGE = Reply(500, {"rt_cd": "1", "msg_cd": "", "msg1": ""})
_TOO_FAST = Reply(
    500, {"rt_cd": "1", "msg_cd": "EGW00201", "msg1": "초당 거래건수를 초과하였습니다."}
)


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
    if isinstance(item, Mapping) and set(item) == {"delay"}:
        seconds = item["delay"]
        if isinstance(seconds, int | float) and 0 <= seconds <= 60:
            return Planned("delay", float(seconds))
    raise ValueError(f"not a fault: {item!r} (one of {sorted(BEFORE | AFTER)})")


@dataclass(slots=True)
class FaultPlan:
    """Which answers go wrong.

    A path is given whole, by its last part ("order-cash") or as "*" for every path.
    """

    queues: dict[str, deque[Planned]] = field(default_factory=dict)
    rate: float = 0.0
    kinds: tuple[Planned, ...] = ()
    coin: random.Random = field(default_factory=lambda: random.Random(0))

    def add(self, path: str, faults: Iterable[object]) -> None:
        """Queue faults for the next requests to `path`. Raises ValueError when unreadable."""
        queue = self.queues.setdefault(path, deque())
        for item in faults:
            if len(queue) >= QUEUE_MAX:
                raise ValueError(f"at most {QUEUE_MAX} faults wait for one path")
            queue.append(planned(item))

    def seed(self, seed: int, rate: float, kinds: Iterable[object]) -> None:
        """From now on each request fails with probability `rate`, in one of `kinds`."""
        if not 0 <= rate <= 1:
            raise ValueError("rate is between 0 and 1")
        self.kinds = tuple(planned(item) for item in kinds)
        self.rate = rate if self.kinds else 0.0
        self.coin = random.Random(seed)

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
        if self.rate and self.coin.random() < self.rate:
            return self.coin.choice(self.kinds)
        return None


def carry_out(fault: Planned, answer: Callable[[], Reply]) -> Reply | Fault:
    """Return what the client gets instead of `answer()`, which runs unless the fault is BEFORE."""
    before: dict[str, Reply | Fault] = {
        "drop_before": Fault(FaultKind.DROP),
        "http_500": _OUTAGE,
        "egw00201": _TOO_FAST,
        "too_fast": _TOO_FAST,
    }
    if fault.name in before:
        return before[fault.name]
    reply = answer()
    after: dict[str, Reply | Fault] = {
        "accept_then_drop": Fault(FaultKind.DROP, reply),
        "accept_then_500": _OUTAGE,
        "empty": Reply(200, None, reply.headers),
        "truncate": Fault(FaultKind.TRUNCATE, reply),
        "delay": Fault(FaultKind.DELAY, reply, fault.seconds),
    }
    return after[fault.name]

"""Faults of the stream: in order, or by a seeded coin per data message."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

QUEUE_MAX = 1000
DELAY_SECONDS_MAX = 60.0
KINDS = frozenset({"swallow", "duplicate", "truncate", "drop", "close", "delay"})
"""`drop` ends the connection without a word, `close` with a closing frame; `swallow` loses the
message, `truncate` cuts it, `delay` holds it and all behind it back for host seconds."""


@dataclass(frozen=True, slots=True)
class StreamFault:
    """One fault to come."""

    kind: str
    seconds: float = 0.0


def planned(item: object) -> StreamFault:
    """Read a fault as the control API writes it: a name, or {"delay": seconds}.

    Raises ValueError for anything else.
    """
    if isinstance(item, str) and item in KINDS - {"delay"}:
        return StreamFault(item)
    if isinstance(item, Mapping) and set(item) == {"delay"}:
        seconds = item["delay"]
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if is_number and 0 <= seconds <= DELAY_SECONDS_MAX:
            return StreamFault("delay", float(seconds))
    raise ValueError(f"not a fault of the stream: {item!r} (one of {sorted(KINDS)})")


@dataclass(slots=True)
class StreamFaults:
    """Which data messages go wrong."""

    queue: deque[StreamFault] = field(default_factory=deque)
    rate: float = 0.0
    kinds: tuple[StreamFault, ...] = ()
    coin: random.Random = field(default_factory=lambda: random.Random(0))

    def add(self, faults: Iterable[object]) -> None:
        """Queue faults for the next data messages. Raises ValueError when unreadable."""
        for item in faults:
            if len(self.queue) >= QUEUE_MAX:
                raise ValueError(f"at most {QUEUE_MAX} faults of the stream wait")
            self.queue.append(planned(item))

    def seed(self, seed: int, rate: float, kinds: Iterable[object]) -> None:
        """From now on each data message fails with probability `rate`, in one of `kinds`."""
        if not 0 <= rate <= 1:
            raise ValueError("rate is between 0 and 1")
        self.kinds = tuple(planned(item) for item in kinds)
        self.rate = rate if self.kinds else 0.0
        self.coin = random.Random(seed)

    def clear(self) -> None:
        """Forget every fault."""
        self.queue.clear()
        self.rate = 0.0

    def take(self) -> StreamFault | None:
        """Return the fault of this message, and forget it."""
        if self.queue:
            return self.queue.popleft()
        if self.rate and self.coin.random() < self.rate:
            return self.coin.choice(self.kinds)
        return None

"""Faults of a stream, whichever broker's: in order, or by a seeded coin per data message."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from .kis.faults import QUEUE_MAX, ByChance, delay_of

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
    seconds = delay_of(item)
    if seconds is not None:
        return StreamFault("delay", seconds)
    raise ValueError(f"not a fault of the stream: {item!r} (one of {sorted(KINDS)})")


@dataclass(slots=True)
class StreamFaults(ByChance[StreamFault]):
    """Which data messages go wrong."""

    queue: deque[StreamFault] = field(default_factory=deque)

    def add(self, faults: Iterable[object]) -> None:
        """Queue faults for the next data messages. Raises ValueError when unreadable."""
        for item in faults:
            if len(self.queue) >= QUEUE_MAX:
                raise ValueError(f"at most {QUEUE_MAX} faults of the stream wait")
            self.queue.append(planned(item))

    def seed(self, seed: int, rate: float, kinds: Iterable[object]) -> None:
        """From now on each data message fails with probability `rate`, in one of `kinds`."""
        self.begin(seed, rate, map(planned, kinds))

    def clear(self) -> None:
        """Forget every fault."""
        self.queue.clear()
        self.rate = 0.0

    def take(self) -> StreamFault | None:
        """Return the fault of this message, and forget it."""
        if self.queue:
            return self.queue.popleft()
        return self.throw()

"""What came of taking one approved order to the broker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.domain.orders import Order


@dataclass(frozen=True, slots=True)
class Sent:
    """The POST was made (or proven not to have left); the order carries the outcome."""

    order: Order


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing was sent; try again at `until`.

    `fault` is a sentence for people when something could not be read, else empty.
    """

    until: datetime
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Nothing was sent and nothing will be."""

    order: Order


@dataclass(frozen=True, slots=True)
class Beyond:
    """Nothing was sent: the market left the envelope. Whoever offers it anew ends the order.

    `reason` is the sentence to end it with.
    """

    order: Order
    reason: str


@dataclass(frozen=True, slots=True)
class Fenced:
    """Nothing was sent and this process sends nothing more: another one holds the lease."""

    order: Order


Execution = Sent | Postponed | Stopped | Beyond | Fenced

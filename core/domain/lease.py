"""Who may arm orders: one holder at a time, each with an epoch of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The one row. `epoch` rises with every holder; an order armed under an older one is a fault."""

    epoch: int
    holder: str
    renewed_at: datetime

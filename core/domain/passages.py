"""What is remembered of a holding from one morning to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from core.domain.instrument import Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedPosition:
    """One holding since it began, as far as its closes were looked at.

    `begun_on` is the session of its first fill, or the session it was first seen at where nobody
    knows that fill. Every close from `begun_on` up to `seen_through` is in `peak_won`, the highest
    of them in won a share of `seen_through` (0 before the first). `half_sold` tells whether a fill
    of a half take-profit was observed. Entry is the broker's average cost and not kept here.
    """

    symbol: Symbol
    begun_on: date
    seen_through: date
    peak_won: int
    half_sold: bool
    updated_at: datetime

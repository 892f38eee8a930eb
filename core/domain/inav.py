"""What a share of an ETF is worth now (iNAV), as far as somebody says so."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class NavGap(Enum):
    """Why there is no iNAV. The locale files hold words for each (``orders.note_nav_…``).

    NOT_OFFERED: this broker or mode has none. UNREADABLE: it has, and did not answer.
    """

    NOT_OFFERED = "not_offered"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class NavReading:
    """The newest iNAV of one symbol, or why there is none.

    `in_vi` tells of a volatility interruption; None where nobody says.
    """

    nav_won: Decimal | None = None
    gap: NavGap | None = None
    in_vi: bool | None = None


NO_NAV = NavReading(gap=NavGap.NOT_OFFERED)


def above_nav_bps(price_won: int, nav_won: Decimal) -> int:
    """Return how far a price is above the iNAV in basis points, rounded to zero."""
    return int((price_won / nav_won - 1) * 10_000)

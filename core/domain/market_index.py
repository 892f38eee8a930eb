"""Market indices. Levels are points, so Decimal; volumes are shares and won like everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum


class MarketIndex(Enum):
    """The indices that are asked for."""

    KOSPI = "KOSPI"
    KOSDAQ = "KOSDAQ"
    KOSPI200 = "KOSPI 200"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLevel:
    """An index now.

    Open, high and low are None before the open; the counts of rising, falling and unchanged issues
    are None where the broker's mode does not offer them.
    """

    index: MarketIndex
    level: Decimal
    change: Decimal
    change_percent: Decimal
    open_level: Decimal | None
    high_level: Decimal | None
    low_level: Decimal | None
    volume_shares: int
    turnover_won: int
    rising: int | None
    falling: int | None
    unchanged: int | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexBar:
    """One session of an index."""

    session: date
    open_level: Decimal
    high_level: Decimal
    low_level: Decimal
    close_level: Decimal
    volume_shares: int
    turnover_won: int

"""Rankings of the market: what trades most, what moved most."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from core.domain.money import Won


class VolumeOrder(Enum):
    """What a volume ranking is sorted by."""

    SHARES = "shares"
    INCREASE = "increase"
    TURNOVER = "turnover"


class Direction(Enum):
    """Which end of the day's changes comes first."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRank:
    """One line of the volume ranking.

    `code` is the listed code; of an ETN it has seven characters, so it is no `Symbol`.
    `increase_percent` is against the average; brokers cap it (9999.99 means that or more).
    """

    rank: int
    code: str
    name: str
    price_won: Won
    change_won: int
    change_percent: Decimal
    volume_shares: int
    average_shares: int | None
    increase_percent: Decimal | None
    turnover_won: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRank:
    """One line of the ranking by change. `days` counts sessions in a row, negative when falling."""

    rank: int
    code: str
    name: str
    price_won: Won
    change_won: int
    change_percent: Decimal
    volume_shares: int
    days: int

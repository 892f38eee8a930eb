"""What the market shows: quotes and bars. Prices are raw won unless a name says adjusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from core.domain.instrument import Symbol
from core.domain.money import Won


class Designation(Enum):
    """Why the exchange warns of an instrument. The locale files hold a name per member.

    `UNKNOWN` is a state that the broker names and we do not know: nothing is bought on it.
    """

    ADMINISTRATIVE = "administrative"
    RISK = "risk"
    WARNING = "warning"
    CAUTION = "caution"
    OVERHEATED = "overheated"
    LIQUIDATION = "liquidation"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The newest price of one symbol.

    `best_ask_won` and `best_bid_won` are None when that side of the book is empty or the source
    does not carry it. `upper_limit_won` and `lower_limit_won` are the day's band as the broker
    states it. `received_at` is our own clock when the price was asked for: it is no older than
    that, however long the answer took. `designations` are the exchange's warnings; what is halted
    cannot be traded at all. `in_vi` tells of a volatility interruption, None where nobody says.
    """

    symbol: Symbol
    last_won: Won
    base_won: Won
    upper_limit_won: Won
    lower_limit_won: Won
    tick_won: int
    best_ask_won: Won | None
    best_bid_won: Won | None
    open_won: Won
    high_won: Won
    low_won: Won
    volume_shares: int
    is_halted: bool
    received_at: datetime
    designations: frozenset[Designation] = frozenset()
    in_vi: bool | None = None

    @property
    def change_bps(self) -> int:
        """Change against the base price (previous close), in basis points, rounded to zero."""
        return int((self.last_won - self.base_won) * 10_000 / self.base_won)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One session of one symbol. A day without trades has `volume_shares` 0 and flat prices."""

    symbol: Symbol
    session: date
    open_won: int
    high_won: int
    low_won: int
    close_won: int
    volume_shares: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarSeries:
    """Bars of one symbol, oldest first. `adjusted` tells whether splits and distributions are in.

    `source` names where they came from, for the briefing.
    """

    symbol: Symbol
    adjusted: bool
    source: str
    bars: tuple[Bar, ...]

"""What stands in the book and what traded last. Prices are raw won."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from core.domain.instrument import Symbol
from core.domain.money import Won


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLevel:
    """Shares that wait at one price."""

    price_won: Won
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBook:
    """Both sides of one symbol's book, best price first; a side may be empty.

    `changed_at` is the venue's time of day, None where the source does not say. `expected_won` and
    `expected_shares` are what an auction would match now (None and 0 outside one).
    `in_volatility_interruption` is the exchange's VI, None where nobody says. `received_at` is our
    own clock when asked.
    """

    symbol: Symbol
    asks: tuple[BookLevel, ...]
    bids: tuple[BookLevel, ...]
    ask_shares: int
    bid_shares: int
    changed_at: time | None
    expected_won: Won | None
    expected_shares: int
    in_volatility_interruption: bool | None
    received_at: datetime

    @property
    def best_ask_won(self) -> Won | None:
        """The cheapest price somebody sells at, or None."""
        return self.asks[0].price_won if self.asks else None

    @property
    def best_bid_won(self) -> Won | None:
        """The dearest price somebody buys at, or None."""
        return self.bids[0].price_won if self.bids else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One trade on the venue. `strength_percent` is 체결강도: bought against sold, 100 is even."""

    at: time
    price_won: Won
    change_won: int
    shares: int
    strength_percent: Decimal | None

"""What is listed, as the exchange's records have it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from core.domain.market import Designation
from core.domain.money import Won


class Board(Enum):
    """The boards that publish a list of what they trade."""

    KOSPI = "KOSPI"
    KOSDAQ = "KOSDAQ"


class Kind(Enum):
    """What kind of security it is; everything that we never trade is OTHER."""

    ETF = "ETF"
    ETN = "ETN"
    STOCK = "stock"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentFacts:
    """One instrument's record. `multiple` is None for what follows no index.

    `tax_code` is the broker's own code for how gains are taxed ("" when not stated).
    """

    code: str
    name: str
    english_name: str
    isin: str
    kind: Kind
    listed_shares: int | None
    previous_close_won: Won | None
    multiple: Decimal | None
    tax_code: str
    listed_on: date | None
    delisted_on: date | None
    is_halted: bool
    is_administrative: bool
    is_caution: bool
    trades_on_nxt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One line of a board's list. `designations` are the exchange's warnings of the day.

    `previous_shares`, the volume of the session before, is None where the list does not state it.
    """

    board: Board
    code: str
    isin: str
    name: str
    kind: Kind
    base_won: Won
    lot: int
    previous_shares: int | None
    listed_on: date | None
    listed_shares: int | None
    is_halted: bool
    designations: frozenset[Designation]

"""Our own books beside the broker's: what is reserved, what others did, where the two differ.

Shares by our books = adjustments + own fills + fills of EXTERNAL orders. At start and after the
close they are compared with what the broker holds; a symbol that differs is held until a person
accepts the broker's number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from core.domain.instrument import Symbol
from core.domain.orders import BrokerOrder, OrderState, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What one armed order holds back: won for a buy, shares for a sell.

    It is made in the arm transaction and ends with the order, never before.
    """

    order_id: str
    symbol: Symbol
    side: Side
    won: int
    shares: int
    reserved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalOrder:
    """An order in the broker's list that this bot did not send: a person, another program."""

    session: date
    row: BrokerOrder
    first_seen_at: datetime
    updated_at: datetime


class AdjustmentKind(Enum):
    """Why shares entered or left our books without an order that we know."""

    OPENING = "opening"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Shares (signed) put into our books by the first start or by a person."""

    symbol: Symbol
    shares: int
    kind: AdjustmentKind
    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Shares of one symbol by our books and by the broker, where they differ."""

    symbol: Symbol
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolHold:
    """No order is sent for this symbol until a person has looked."""

    symbol: Symbol
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnstoredAnswer:
    """A broker's number for an order of ours that the database could not take: kept in a file."""

    order_id: str
    number: str
    branch: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedTerms:
    """What later orders of its day are judged by of one armed order, and no more.

    `quantity` is all that it may trade, filled or not; `price_won` None is a market order;
    `number` is the broker's, None as long as there is none.
    """

    order_id: str
    side: Side
    state: OrderState
    quantity: int
    price_won: int | None
    number: str | None
    signature: str
    armed_at: datetime

"""The life of an order: what is asked for, the states it passes, and what the broker said.

State is data. `TRANSITIONS` is the one table of legal moves; `REOPENINGS` are the moves out of an
end state that only higher broker evidence (a cumulative quantity that rose, a number that
appeared) may cause, each of them an incident.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum

from core.domain.instrument import Symbol
from core.domain.money import Shares, Won
from core.domain.unsent import Unsent


class Side(Enum):
    """Buy or sell."""

    BUY = "buy"
    SELL = "sell"


class OrderType(Enum):
    """Limit orders are the rule; a market order only when the person chose it."""

    LIMIT = "limit"
    MARKET = "market"


class OrderState(Enum):
    """Where one order stands."""

    CREATED = "CREATED"
    GATED = "GATED"
    SUBMITTING = "SUBMITTING"
    WORKING = "WORKING"
    PARTIAL = "PARTIAL"
    FILLED = "FILLED"
    BLOCKED = "BLOCKED"
    EXPIRED = "EXPIRED"
    NOT_SENT = "NOT_SENT"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    PARTIAL_CANCELLED = "PARTIAL_CANCELLED"
    VOID = "VOID"
    UNKNOWN = "UNKNOWN"
    OPERATOR_HOLD = "OPERATOR_HOLD"
    CANCEL_PENDING = "CANCEL_PENDING"


S = OrderState

# Approved but not yet on the wire: may still be dropped without a trace at the broker.
WAITING_STATES = frozenset({S.CREATED, S.GATED})
# The broker has it, or may have it: cash or shares stay reserved and it is polled.
LIVE_STATES = frozenset(
    {S.SUBMITTING, S.WORKING, S.PARTIAL, S.UNKNOWN, S.OPERATOR_HOLD, S.CANCEL_PENDING}
)
# Nobody can prove what happened: symbol and side are frozen until it is known.
# From the arm to the post: a token, a slot of the pace, and what both may take. What could not
# leave by then, because the machine stood still, was decided on a price that is gone.
DEPARTS_WITHIN = timedelta(seconds=25)
IN_DOUBT_STATES = frozenset({S.SUBMITTING, S.UNKNOWN, S.OPERATOR_HOLD})
# Nothing more is expected.
END_STATES = frozenset(
    {
        S.FILLED,
        S.BLOCKED,
        S.EXPIRED,
        S.NOT_SENT,
        S.REJECTED,
        S.CANCELLED,
        S.PARTIAL_CANCELLED,
        S.VOID,
    }
)
# What a read of the broker's own list may show.
_OBSERVED = frozenset(
    {S.WORKING, S.PARTIAL, S.FILLED, S.CANCELLED, S.PARTIAL_CANCELLED, S.REJECTED}
)

TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    S.CREATED: frozenset({S.GATED, S.BLOCKED, S.EXPIRED}),
    S.GATED: frozenset({S.SUBMITTING, S.BLOCKED, S.EXPIRED}),
    S.SUBMITTING: frozenset({S.WORKING, S.REJECTED, S.NOT_SENT, S.UNKNOWN}),
    # In doubt again where the number it was given turns out to be another order's.
    S.WORKING: (_OBSERVED - {S.WORKING}) | {S.CANCEL_PENDING, S.UNKNOWN},
    # A remainder can be refused by the exchange after a part was filled.
    S.PARTIAL: frozenset({S.FILLED, S.PARTIAL_CANCELLED, S.CANCEL_PENDING}),
    # A cancel races with fills; the broker may also refuse it and leave the order working.
    S.CANCEL_PENDING: _OBSERVED - {S.REJECTED},
    S.UNKNOWN: _OBSERVED | {S.OPERATOR_HOLD, S.VOID},
    S.OPERATOR_HOLD: _OBSERVED | {S.VOID},
    **{state: frozenset() for state in END_STATES},
}

REOPENINGS: dict[OrderState, frozenset[OrderState]] = {
    S.CANCELLED: frozenset({S.WORKING, S.PARTIAL, S.PARTIAL_CANCELLED, S.FILLED}),
    S.PARTIAL_CANCELLED: frozenset({S.PARTIAL, S.FILLED}),
    S.REJECTED: _OBSERVED - {S.REJECTED},
    S.NOT_SENT: _OBSERVED,
    S.VOID: _OBSERVED,
}


def may_move(old: OrderState, new: OrderState) -> bool:
    """Whether `old` → `new` is in the table (reopenings not included)."""
    return new in TRANSITIONS[old]


def may_reopen(old: OrderState, new: OrderState) -> bool:
    """Whether broker evidence may take an order out of the end state `old` into `new`."""
    return new in REOPENINGS.get(old, frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """Exactly what is sent. A limit order has a price; a market order has none (0 on the wire)."""

    symbol: Symbol
    side: Side
    quantity: Shares
    price_won: Won | None
    order_type: OrderType = OrderType.LIMIT

    def __post_init__(self) -> None:
        if self.quantity < 1:
            raise ValueError("quantity must be at least 1")
        if (self.order_type is OrderType.LIMIT) != (self.price_won is not None):
            raise ValueError("a limit order has a price, a market order has none")
        if self.price_won is not None and self.price_won < 1:
            raise ValueError("price must be positive")

    @property
    def signature(self) -> str:
        """Return the natural key of this order within one account and day.

        KIS and Kiwoom offer no client order id, so equal signatures cannot be told apart.
        """
        price = self.price_won if self.price_won is not None else "market"
        return f"{self.symbol}:{self.side.value}:{self.quantity}:{price}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The bounds a person approved: never more shares, never a worse price, never later."""

    symbol: Symbol
    side: Side
    quantity_max: Shares
    limit_won: Won | None
    good_until: datetime
    order_type: OrderType = OrderType.LIMIT

    def violation(self, request: OrderRequest, at: datetime) -> str | None:
        """Return which bound `request` breaks (symbol, side, type, quantity, price, time) or None."""
        checks = (
            ("symbol", request.symbol == self.symbol),
            ("side", request.side is self.side),
            ("type", request.order_type is self.order_type),
            ("quantity", request.quantity <= self.quantity_max),
            ("price", self._price_allowed(request.price_won)),
            ("time", at <= self.good_until),
        )
        return next((name for name, holds in checks if not holds), None)

    def _price_allowed(self, price_won: Won | None) -> bool:
        if self.limit_won is None or price_won is None:
            return self.limit_won is price_won
        if self.side is Side.BUY:
            return price_won <= self.limit_won
        return price_won >= self.limit_won


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOrderRef:
    """How the broker names an order: its number, and what else it wants to hear of it.

    `branch` is the branch that numbered it at KIS, and the stock code at Kiwoom.
    """

    number: str
    branch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRecord:
    """What was posted and what came back, as texts without keys, tokens or account numbers."""

    request: str
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """접수: the broker took the order and gave it a number. Nothing is filled yet."""

    ref: BrokerOrderRef
    accepted_at: datetime | None
    code: str = ""
    wire: WireRecord | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The broker refused, by a code on the list of proven refusals."""

    code: str
    text: str
    wire: WireRecord | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """No byte of the order left this machine: `cause` for people, `reason` for the journal."""

    reason: str
    cause: Unsent = Unsent.OTHER
    wire: WireRecord | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """Anything not proven. The order may exist at the broker."""

    reason: str
    wire: WireRecord | None = field(default=None, compare=False, repr=False)


SubmitOutcome = Accepted | Rejected | NotSent | Unresolved


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOrder:
    """One row of the broker's order list: cumulative quantities, the truth about fills.

    `average_price_won` is the mean price of what was filled so far (None before the first fill).
    `is_cancel_row` marks a cancel request that the broker lists as a row of its own.
    """

    ref: BrokerOrderRef
    original_number: str
    symbol: Symbol
    side: Side
    order_type: OrderType
    ordered: int
    price_won: int
    filled: int
    remaining: int
    cancelled: int
    rejected: int
    average_price_won: Decimal | None
    placed_at: datetime
    is_cancel_row: bool = False

    @property
    def signature(self) -> str:
        """Return the natural key, comparable with `OrderRequest.signature`."""
        price = "market" if self.order_type is OrderType.MARKET else self.price_won
        return f"{self.symbol}:{self.side.value}:{self.ordered}:{price}"

    def state(self) -> OrderState:
        """Return the state that the cumulative quantities prove."""
        if self.filled >= self.ordered > 0:
            return OrderState.FILLED
        if self.remaining > 0:
            return OrderState.PARTIAL if self.filled > 0 else OrderState.WORKING
        if self.filled > 0:
            return OrderState.PARTIAL_CANCELLED
        return OrderState.REJECTED if self.rejected > 0 else OrderState.CANCELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHistory:
    """A *complete* read of one day's orders, every page. An incomplete read raises instead.

    `server_ahead` is how far the broker's clock runs before ours (negative: behind), None when the
    answer does not say.
    """

    day: date
    read_at: datetime
    orders: tuple[BrokerOrder, ...]
    server_ahead: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One approved leg on its way. `version` counts its state changes.

    `filled` and `average_price_won` are the cumulative truth of the last broker read.
    `request` is None until the gate fixed what will be sent.
    """

    order_id: str
    ticket_id: str
    leg: int
    envelope: Envelope
    state: OrderState
    request: OrderRequest | None = None
    ref: BrokerOrderRef | None = None
    filled: int = 0
    average_price_won: Decimal | None = None
    reason: str = ""
    created_at: datetime
    updated_at: datetime

    @property
    def remaining(self) -> int:
        """Shares that may still trade."""
        return (self.request.quantity if self.request else self.envelope.quantity_max) - self.filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The write-ahead record of the one POST an order may cause.

    `known_numbers` are the broker's order numbers that cannot be this order: read before the arm,
    or ours. `server_ahead` is the broker's clock against ours at that read. `lease_epoch` is the
    lease under which it was armed.
    """

    order_id: str
    signature: str
    session: date
    armed_at: datetime
    known_numbers: frozenset[str]
    server_ahead: timedelta = timedelta(0)
    lease_epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FillObservation:
    """What one broker read added: the delta of the cumulative quantity and its price.

    `price_won` is the mean price of the added shares, derived from the cumulative amounts.
    """

    order_id: str
    quantity: Shares
    price_won: Won
    cumulative: int
    observed_at: datetime

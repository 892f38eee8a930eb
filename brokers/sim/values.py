"""Values of the simulated exchange: prices, orders, refusals, holdings.

The exchange is synchronous and has no clock of its own: every call carries the instant (aware,
KST) at which it happens, and `Exchange.advance` matches minute by minute up to that instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DayBar:
    """One session of one symbol in won. No trades: volume 0 and open = high = low = 0."""

    session: date
    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass(frozen=True, slots=True)
class MinutePrice:
    """What trades in one business minute. Constant inside the minute.

    `bid` and `ask` are the best prices of the book (0 when that side is empty); `volume` is what
    trades in this minute and `cumulative_volume` since the open; open/high/low are the day's so far.
    """

    last: int
    bid: int
    ask: int
    volume: int
    cumulative_volume: int
    day_open: int
    day_high: int
    day_low: int


class PriceSource(Protocol):
    """Where the market's prices come from. Depends on (seed, symbol, date) only."""

    @property
    def label(self) -> str:
        """What messages call these prices, for example 가상 시세 (seed 7)."""

    def symbols(self) -> tuple[str, ...]:
        """Return every symbol."""

    def name(self, symbol: str) -> str:
        """Return the Korean name, or the code when none is known."""

    def is_session(self, day: date) -> bool:
        """Whether the exchange opens on `day`."""

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """Return (open, close) of a session day, aware KST."""

    def base_price(self, symbol: str, day: date) -> int:
        """Return the base price of `day` (the previous session's raw close)."""

    def minute(self, symbol: str, day: date, minute: int) -> MinutePrice:
        """Return minute `minute` (0 = the first after the open) of a session day."""

    def daily_bars(self, symbol: str, start: date, end: date, *, adjusted: bool) -> list[DayBar]:
        """Return finished sessions between both days included, oldest first."""


class Refusal(Enum):
    """Why the exchange refuses."""

    UNKNOWN_SYMBOL = "unknown symbol"
    MARKET_CLOSED = "market closed"
    NOT_A_SESSION = "not a session"
    BAD_QUANTITY = "bad quantity"
    OFF_TICK = "price off the tick"
    OUTSIDE_BAND = "price outside the band"
    NOT_ENOUGH_CASH = "not enough cash"
    NOT_ENOUGH_SHARES = "not enough shares"
    UNKNOWN_ORDER = "unknown order"
    NOTHING_LEFT = "nothing left to cancel"


class Lasting(Enum):
    """What becomes of the part of an order that does not trade as it comes."""

    DAY = "waits until the close"
    AT_ONCE = "is cancelled (IOC)"
    WHOLE = "nothing trades unless all of it does (FOK)"
    TO_THE_CLOSE = "waits, and in the closing auction takes any price (조건부지정가)"


@dataclass(frozen=True, slots=True)
class Placed:
    """The exchange took the order under this number (counts from 1 each day)."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The exchange did not take the order."""

    reason: Refusal


@dataclass(frozen=True, slots=True)
class Execution:
    """One trade of one order, with the commission charged for it."""

    number: int
    quantity: int
    price: int
    fee: int
    at: datetime


@dataclass(slots=True)
class ExchangeOrder:
    """One order of one day, with its cumulative quantities.

    `price` is 0 for a market order. `original` is the number that a cancel row or an amended order
    refers to (0 otherwise); `amends` says which: an amended order lives on under its own number,
    and what it took over counts as cancelled in the one that it amends.
    """

    day: date
    number: int
    symbol: str
    is_buy: bool
    is_market: bool
    quantity: int
    price: int
    placed_at: datetime
    filled: int = 0
    amount: int = 0
    cancelled: int = 0
    rejected: int = 0
    original: int = 0
    reserved_won: int = 0
    amends: bool = False
    closes_at_market: bool = False

    @property
    def is_cancel(self) -> bool:
        """Whether this row only cancels shares of another one."""
        return self.original != 0 and not self.amends

    @property
    def remaining(self) -> int:
        """Shares still in the book."""
        return self.quantity - self.filled - self.cancelled - self.rejected


@dataclass(frozen=True, slots=True)
class Holding:
    """Shares of one symbol; `sellable` excludes what open sell orders reserve."""

    symbol: str
    quantity: int
    sellable: int
    average_cost: Decimal
    bought_today: int
    sold_today: int


@dataclass(frozen=True, slots=True)
class CashBook:
    """Cash in won. Trades settle on the second session after (D+2).

    `deposit` is settled today, `d1` and `d2` after the next and the second settlement; `orderable`
    is d2 minus what open buy orders reserve. Fees and taxes of today are sums.
    """

    deposit: int
    d1: int
    d2: int
    orderable: int
    buys_today: int
    sells_today: int
    fees_today: int
    taxes_today: int


@dataclass(frozen=True, slots=True)
class MarketView:
    """What a quote call returns: the minute, the day's limits and the base price."""

    minute: MinutePrice
    base: int
    upper_limit: int
    lower_limit: int
    tick: int
    is_open: bool

"""What the market says while it moves: trades, net asset values, market states, and who wants them.

Prices are raw won. A NAV is a Decimal, because it has fractions of a won.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import NamedTuple

from core.domain.instrument import Symbol
from core.domain.money import Won


class Channel(Enum):
    """A kind of realtime data of one symbol. Each costs one registration."""

    TRADE = "trade"
    BOOK = "book"
    NAV = "nav"
    MARKET_STATE = "market_state"


class Priority(IntEnum):
    """Which symbols are kept when the registrations are short: the lower is kept first."""

    HOLDING = 1
    OPEN_ORDER = 2
    WATCHLIST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """That somebody wants to follow `channels` of one symbol."""

    symbol: Symbol
    priority: Priority
    channels: frozenset[Channel] = frozenset({Channel.TRADE})


@dataclass(frozen=True, slots=True, order=True)
class Registration:
    """One symbol on one channel, as the source is asked for it."""

    symbol: Symbol
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The newest trade of one symbol, with the day so far.

    `base_won` is what the day's change is counted from (기준가). `volume_shares` is of the day,
    cumulative. Best ask and bid are None when that side is empty or the source does not say.
    `in_vi` tells of a volatility interruption; None when nobody said. `traded_at` is the broker's
    time of the trade, None where the source states none; `received_at` is our own clock.
    """

    symbol: Symbol
    last_won: Won
    base_won: Won
    volume_shares: int
    best_ask_won: Won | None
    best_bid_won: Won | None
    is_halted: bool
    in_vi: bool | None
    traded_at: datetime | None
    received_at: datetime

    @property
    def change_bps(self) -> int:
        """Change against the base price, in basis points, rounded to zero."""
        return int((self.last_won - self.base_won) * 10_000 / self.base_won)


class Trade(NamedTuple):
    """One trade as it arrives: the fields of a Tick.

    Thousands come in a second and all but the newest of a symbol are let go, so it is the one
    value here that is a tuple: making a dataclass of each takes longer than reading it.
    """

    symbol: Symbol
    last_won: Won
    base_won: Won
    volume_shares: int
    best_ask_won: Won | None
    best_bid_won: Won | None
    is_halted: bool
    in_vi: bool | None
    traded_at: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookTop:
    """The best prices of the order book and what is offered on either side in all ten steps."""

    symbol: Symbol
    best_ask_won: Won | None
    best_bid_won: Won | None
    ask_shares: int
    bid_shares: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NavTick:
    """The indicative net asset value of one ETF share (iNAV); `last_won` where it came along."""

    symbol: Symbol
    nav_won: Decimal
    last_won: Won | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketState:
    """Whether one symbol is halted or in a volatility interruption (VI)."""

    symbol: Symbol
    is_halted: bool
    in_vi: bool
    received_at: datetime


class FeedHealth(Enum):
    """How far what the feed says may be believed."""

    LIVE = "live"
    STALE = "stale"
    OFF = "off"


class FeedTrouble(Enum):
    """Why a feed is not live. The locale files hold words for each (`feed.trouble_…`)."""

    NONE = "none"
    STARTING = "starting"
    SILENT = "silent"
    DISCONNECTED = "disconnected"
    KEY_IN_USE = "key_in_use"
    REFUSED = "refused"
    RESTING = "resting"
    NOT_FOLLOWED = "not_followed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolState:
    """What is known of one symbol now. Unless LIVE, nothing usable is carried.

    `since` is when it became what it is. `tick.in_vi` and `tick.is_halted` already hold what the
    market state channel said.
    """

    symbol: Symbol
    tick: Tick | None
    nav: NavTick | None
    health: FeedHealth
    since: datetime
    book: BookTop | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """The feed as a whole, for `/status`.

    `source` names where it comes from. `followed` counts symbols, `left_out` those wished symbols
    that the registrations could not hold. `restarts` counts connections after the first.
    """

    source: str
    health: FeedHealth
    since: datetime
    trouble: FeedTrouble
    followed: int
    left_out: int
    restarts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FillHint:
    """That something happened to an order. Only a hint: the order list read over REST is the truth."""

    order_number: str | None
    symbol: Symbol | None
    received_at: datetime

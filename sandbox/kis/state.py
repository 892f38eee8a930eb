"""What the KIS server remembers: keys, tokens, the request window, faults, and its exchange."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from brokers.sim.values import (
    CashBook,
    DayBar,
    ExchangeOrder,
    Execution,
    Holding,
    Lasting,
    MarketView,
    Placed,
    PriceSource,
    Refused,
)

from .faults import FaultPlan
from .profiles import VTS, Profile

APP_KEY = "PSSandboxAppKey".ljust(36, "0")
APP_SECRET = "SandboxAppSecretOfNobody".ljust(180, "0")
ACCOUNT = "50112233"
PRODUCT = "01"

_REMEMBERED_REQUESTS = 10_000


class Market(Protocol):
    """The calls of the simulated exchange that the KIS server makes."""

    def advance(self, now: datetime) -> list[Execution]:
        """Match up to `now`."""

    def place(
        self,
        now: datetime,
        symbol: str,
        *,
        is_buy: bool,
        quantity: int,
        price: int,
        is_market: bool = False,
        lasting: Lasting = Lasting.DAY,
    ) -> Placed | Refused: ...

    def cancel(self, now: datetime, number: int, quantity: int | None = None) -> Placed | Refused:
        """Cancel `quantity` shares of an order of today, or all that is left of it."""

    def amend(
        self,
        now: datetime,
        number: int,
        *,
        price: int,
        quantity: int | None = None,
        is_market: bool = False,
    ) -> Placed | Refused:
        """Give what is left of an order of today, or a part of it, another price."""

    def orders(self, day: date) -> list[ExchangeOrder]:
        """Return the day's orders, oldest first."""

    def executions(self, day: date) -> list[Execution]:
        """Return the day's trades, oldest first."""

    def holdings(self, now: datetime) -> list[Holding]:
        """Return what the account holds."""

    def cash(self, now: datetime) -> CashBook:
        """Return the account's cash."""

    def buying_power(
        self, now: datetime, symbol: str, price: int, *, is_market: bool
    ) -> tuple[int, int]:
        """Return (won, shares) that can be bought."""

    def market(self, now: datetime, symbol: str) -> MarketView | None:
        """Return the quote, or None for an unknown symbol."""


@dataclass(frozen=True, slots=True)
class Token:
    """One access token."""

    value: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """How an order was asked for: its ORD_DVSN and the venue that it was sent to."""

    division: str
    venue: str = "KRX"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the server saw it, for tests and the demo's narrator."""

    at: datetime
    method: str
    path: str
    tr_id: str
    status: int
    msg_cd: str


@dataclass(slots=True)
class KisState:
    """One account at one (simulated) broker."""

    exchange: Market
    prices: PriceSource
    profile: Profile = VTS
    requests_per_second: int = 0
    """0 takes the profile's limits, the ledger's included."""
    ledger_per_second: int = 0
    """Calls of the ledger; 0 takes the profile's limit, unless `requests_per_second` is set."""
    accepts_old: bool = False
    """Whether what the real server took until 2026-02-10 is still taken (INQR_DVSN 02)."""
    adds_fields: bool = False
    """Whether records of the stream end with the field that clients of late 2026 expect."""
    app_key: str = APP_KEY
    app_secret: str = field(default=APP_SECRET, repr=False)
    account: str = ACCOUNT
    product: str = PRODUCT
    faults: FaultPlan = field(default_factory=FaultPlan)
    token: Token | None = None
    dead_tokens: set[str] = field(default_factory=set)
    issued: int = 0
    last_issue: datetime | None = None
    window: deque[datetime] = field(default_factory=deque)
    ledger_window: deque[datetime] = field(default_factory=deque)
    requests: deque[Seen] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_REQUESTS))
    order_posts: Counter[date] = field(default_factory=Counter)
    """How many orders arrived on a day, those that a fault then lost included."""
    asked: dict[tuple[date, int], Asked] = field(default_factory=dict)
    """How each order was asked for, by day and number; one that is not here is plain."""
    marks: dict[str, dict[str, str]] = field(default_factory=dict)
    """Fields of inquire-price that the exchange's warnings change, by symbol."""
    disparities: dict[str, int] = field(default_factory=dict)
    """By how many basis points a price stands away from its NAV, by symbol; else a little noise."""
    history: dict[tuple[str, date], list[DayBar]] = field(default_factory=dict)
    """The traded sessions of a year before a day: what highs and lows are read from."""

    def admit(self, now: datetime) -> bool:
        """Whether this request is within the limit of a sliding business second."""
        limit = self.requests_per_second or self.profile.requests_per_second
        return _counted(self.window, now, limit)

    def admit_to_ledger(self, now: datetime) -> bool:
        """Whether the ledger takes one more call in this sliding business second."""
        if self.requests_per_second and not self.ledger_per_second:
            return True
        limit = self.ledger_per_second or self.profile.ledger_per_second
        return _counted(self.ledger_window, now, limit)

    def invalidate_token(self) -> None:
        """Kill the token as maintenance does: issued again within 6 h, it is the same dead one."""
        if self.token is not None:
            self.dead_tokens.add(self.token.value)


def _counted(window: deque[datetime], now: datetime, limit: int) -> bool:
    """Count one call, or say that `limit` of them have been counted within the last second."""
    while window and window[0] <= now - timedelta(seconds=1):
        window.popleft()
    if len(window) >= limit:
        return False
    window.append(now)
    return True

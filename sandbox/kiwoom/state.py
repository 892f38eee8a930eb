"""What the Kiwoom server remembers: keys, token, how often each api-id was called, faults."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from brokers.sim.values import PriceSource
from sandbox.kis.faults import FaultPlan
from sandbox.kis.state import Market

APP_KEY = "SandboxKiwoomAppKey".ljust(43, "0")
APP_SECRET = "SandboxKiwoomSecretOfNobody".ljust(43, "0")
ACCOUNT = "81190067"
ACCOUNT_CLASS = "11"

_REMEMBERED_REQUESTS = 10_000
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Profile:
    """What differs between 실전투자 and 모의투자.

    `burst` is how many calls of one api-id may come at once; after that one a second is served.
    """

    mode: str
    burst: int
    orders_page: int = 20
    holdings_page: int = 20
    chart_page: int = 240

    @property
    def is_vts(self) -> bool:
        """Whether this is 모의투자."""
        return self.mode == "vts"


PROFILES = {"vts": Profile("vts", burst=1), "real": Profile("real", burst=2)}
QUERIES_PER_SECOND = 5
ORDERS_PER_SECOND = 5


@dataclass(frozen=True, slots=True)
class Token:
    """One access token."""

    value: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the server saw it. `result` is the answer's return_code and message."""

    at: datetime
    path: str
    api_id: str
    status: int
    result: str
    message: str


@dataclass(slots=True)
class KiwoomState:
    """One account at one (simulated) broker."""

    exchange: Market
    prices: PriceSource
    profile: Profile = PROFILES["vts"]
    requests_per_second: int = 0
    """Calls of one api-id; 0 takes the profile's limits."""
    app_key: str = APP_KEY
    app_secret: str = field(default=APP_SECRET, repr=False)
    account: str = ACCOUNT
    account_class: str = ACCOUNT_CLASS
    faults: FaultPlan = field(default_factory=FaultPlan)
    token: Token | None = None
    issued: int = 0
    levels: dict[str, tuple[float, datetime]] = field(default_factory=dict)
    """By api-id: how many calls are left, as of when."""
    queries: deque[datetime] = field(default_factory=deque)
    orders: deque[datetime] = field(default_factory=deque)
    requests: deque[Seen] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_REQUESTS))
    order_posts: Counter[date] = field(default_factory=Counter)
    """How many purchases and sales arrived on a day, those that a fault then lost included."""
    disparities: dict[str, int] = field(default_factory=dict)
    """By how many basis points a price stands away from its NAV, by symbol; else a little noise."""
    marks: dict[str, dict[str, str]] = field(default_factory=dict)
    """Fields of ka10100 that the exchange's warnings change, by symbol."""

    def admit(self, api_id: str, now: datetime, *, is_order: bool) -> int:
        """Return 0 when this call may be served, else the limit that it went over."""
        if self.requests_per_second:
            return self._own(api_id, now, self.requests_per_second, self.requests_per_second)
        window = self.orders if is_order else self.queries
        limit = ORDERS_PER_SECOND if is_order else QUERIES_PER_SECOND
        while window and window[0] <= now - _SECOND:
            window.popleft()
        if len(window) >= limit:
            return limit
        over = self._own(api_id, now, 1, self.profile.burst)
        if not over:
            window.append(now)
        return over

    def _own(self, api_id: str, now: datetime, rate: int, burst: int) -> int:
        """Count one call of an api-id by a bucket that refills at `rate` a second."""
        level, since = self.levels.get(api_id, (float(burst), now))
        level = min(level + (now - since).total_seconds() * rate, float(burst))
        served = level >= 1
        self.levels[api_id] = (level - 1 if served else level, now)
        return 0 if served else rate

    def invalidate_token(self) -> None:
        """Drop the token as maintenance does; the next one is another."""
        self.token = None

"""What a broker can do.

`BrokerAdapter` is frozen and stateless: it performs calls and takes the token as an argument.
`Broker` is the same without tokens; `core.runtime.broker_session` makes one from the other.

Reads raise the errors of `core.errors`. They never return "nothing there" for "could not read":
a history is complete or it raises, an empty answer is BrokerProtocolError.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from core.domain.account import AccountSnapshot, BuyingPower
from core.domain.instrument import Symbol
from core.domain.market import BarSeries, Quote
from core.domain.modes import Mode
from core.domain.money import Won
from core.domain.orders import (
    BrokerOrderRef,
    OrderHistory,
    OrderRequest,
    OrderType,
    SubmitOutcome,
)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token. Its value never shows in a repr."""

    value: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerIdentity:
    """Which account on which host: for the start log, messages and the database stamp.

    `account_hash` stands for the account where the number must not appear; `account_masked`
    shows its last digits only.
    """

    broker: str
    mode: Mode
    base_url: str
    account_masked: str
    account_hash: str


class NamesItself(Protocol):
    """Whoever says which account this is. The mode may change while the process runs."""

    @property
    def identity(self) -> BrokerIdentity:
        """Say which account on which host this is, and in which mode now."""


class BrokerAdapter(Protocol):
    """One broker in one mode. Every call takes the token that the runtime holds."""

    @property
    def identity(self) -> BrokerIdentity:
        """Say which account on which host this is."""

    async def issue_token(self) -> AccessToken:
        """Ask the broker for a token. Raises BrokerError; RateLimited when asked too often."""

    async def place_order(self, token: AccessToken, request: OrderRequest) -> SubmitOutcome:
        """Send exactly one POST and classify the answer. Never raises for a broker's answer."""

    async def cancel_order(self, token: AccessToken, ref: BrokerOrderRef) -> SubmitOutcome:
        """Ask to cancel all that remains. Only a later history read proves the cancellation."""

    async def order_history(self, token: AccessToken, day: date) -> OrderHistory:
        """Read every order of `day`, all pages."""

    async def account(self, token: AccessToken) -> AccountSnapshot:
        """Read cash and holdings, all pages."""

    async def buying_power(
        self, token: AccessToken, symbol: Symbol, price_won: Won, order_type: OrderType
    ) -> BuyingPower:
        """Read what may be bought without credit at `price_won`."""

    async def sellable(self, token: AccessToken, symbol: Symbol) -> int:
        """Read how many shares may be sold now."""

    async def quote(self, token: AccessToken, symbol: Symbol) -> Quote:
        """Read the newest price. Raises BrokerRefused for an unknown symbol."""

    async def daily_bars(
        self, token: AccessToken, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        """Read daily bars, oldest first, both ends included, all pages."""

    async def is_open_day(self, token: AccessToken, day: date) -> bool:
        """Ask whether the exchange opens on `day`. Raises NotOfferedHere where a mode lacks it."""

    async def close(self) -> None:
        """Close connections."""


class Broker(Protocol):
    """What services see: the adapter's calls without the token, paced and retried (reads only)."""

    @property
    def identity(self) -> BrokerIdentity:
        """Say which account on which host this is."""

    async def place_order(self, request: OrderRequest) -> SubmitOutcome:
        """Send exactly one POST; never retried."""

    async def cancel_order(self, ref: BrokerOrderRef) -> SubmitOutcome:
        """Ask once to cancel all that remains."""

    async def order_history(self, day: date) -> OrderHistory:
        """Read every order of `day`, all pages."""

    async def account(self) -> AccountSnapshot:
        """Read cash and holdings."""

    async def buying_power(
        self, symbol: Symbol, price_won: Won, order_type: OrderType
    ) -> BuyingPower:
        """Read what may be bought without credit."""

    async def sellable(self, symbol: Symbol) -> int:
        """Read how many shares may be sold now."""

    async def quote(self, symbol: Symbol) -> Quote:
        """Read the newest price."""

    async def daily_bars(
        self, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        """Read daily bars, oldest first."""

    async def is_open_day(self, day: date) -> bool:
        """Ask whether the exchange opens on `day`."""


class WatchedBroker(Protocol):
    """The reads of a broker, and nothing that orders or cancels."""

    async def order_history(self, day: date) -> OrderHistory:
        """Read every order of `day`, all pages."""

    async def account(self) -> AccountSnapshot:
        """Read cash and holdings."""


class AccessTokens(Protocol):
    """The access tokens of one account, as whoever logs in with one asks for them."""

    async def get(self) -> AccessToken:
        """Return a valid token. Raises BrokerError."""

    def invalidate(self, token: AccessToken) -> None:
        """Forget a token that the broker rejected."""


class TokenStore(Protocol):
    """Where a token survives a restart: one entry per (app key, mode), readable by its owner only."""

    def load(self, key: str) -> AccessToken | None:
        """Return the stored token, or None when absent or unreadable."""

    def save(self, key: str, token: AccessToken) -> None:
        """Replace the stored token in one step."""

    def delete(self, key: str) -> None:
        """Forget the stored token."""

"""What may be asked about the account beside cash, holdings and the order list.

As in `core.ports.market_data`, what a mode does not offer comes back as a `NotOfferedHere` value.
Open orders are always offered: where the broker has no such call they come out of the order list.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Protocol

from core.domain.statements import AssetStatement, OpenOrder, ProfitByDay, ProfitByTrade
from core.errors import NotOfferedHere
from core.ports.broker import AccessToken


class StatementCall(Enum):
    """The calls, by the name of the method that makes them."""

    OPEN_ORDERS = "open_orders"
    ASSETS = "assets"
    PROFIT_BY_DAY = "profit_by_day"
    PROFIT_BY_TRADE = "profit_by_trade"


class StatementsAdapter(Protocol):
    """One account's statements. A call that is `refused` raises that before any request."""

    def refused(self, call: StatementCall) -> NotOfferedHere | None:
        """Return why this account does not offer `call`, or None when it does. Calls nothing."""

    async def open_orders(self, token: AccessToken) -> tuple[OpenOrder, ...]:
        """Read today's orders that still work, all pages."""

    async def assets(self, token: AccessToken) -> AssetStatement:
        """Read everything that is in the account, by class."""

    async def profit_by_day(self, token: AccessToken, start: date, end: date) -> ProfitByDay:
        """Read the realised profit of each day, both ends included, all pages."""

    async def profit_by_trade(self, token: AccessToken, start: date, end: date) -> ProfitByTrade:
        """Read the realised profit of each symbol and day, both ends included, all pages."""


class Statements(Protocol):
    """What services see: paced, retried, without tokens."""

    def refused(self, call: StatementCall) -> NotOfferedHere | None:
        """Return why `call` is not offered here, or None when it is. Calls nothing."""

    async def open_orders(self) -> tuple[OpenOrder, ...] | NotOfferedHere:
        """Read today's orders that still work."""

    async def assets(self) -> AssetStatement | NotOfferedHere:
        """Read everything that is in the account, by class."""

    async def profit_by_day(self, start: date, end: date) -> ProfitByDay | NotOfferedHere:
        """Read the realised profit of each day."""

    async def profit_by_trade(self, start: date, end: date) -> ProfitByTrade | NotOfferedHere:
        """Read the realised profit of each symbol and day."""

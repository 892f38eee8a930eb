"""The broker that services see: of the real account, it posts only while the interlock is complete.

The last wall before the adapter. It asks nobody's opinion about an order; it only knows whether
real money may move at all, and says so in the mode that every message names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from core.domain.account import AccountSnapshot, BuyingPower
from core.domain.instrument import Symbol
from core.domain.market import BarSeries, Quote
from core.domain.modes import Mode
from core.domain.money import Won
from core.domain.orders import (
    BrokerOrderRef,
    NotSent,
    OrderHistory,
    OrderRequest,
    OrderType,
    SubmitOutcome,
)
from core.domain.unsent import Unsent
from core.ports.broker import Broker, BrokerIdentity


class Completeness(Protocol):
    """What this needs of the interlock."""

    @property
    def is_complete(self) -> bool:
        """Whether real orders may go out at this instant."""


@dataclass(frozen=True, slots=True)
class InterlockedBroker:
    """Implements `core.ports.broker.Broker`. Reads and cancellations pass: they risk nothing."""

    broker: Broker
    interlock: Completeness

    @property
    def identity(self) -> BrokerIdentity:
        """Say which account this is; its mode is *observe* while real orders may not go out."""
        identity = self.broker.identity
        if identity.mode is Mode.REAL and not self.interlock.is_complete:
            return replace(identity, mode=Mode.OBSERVE)
        return identity

    async def place_order(self, request: OrderRequest) -> SubmitOutcome:
        """Pass one order on, or send nothing and say so."""
        if not self.identity.mode.may_send_orders:
            return NotSent(reason="the real-money interlock is not complete", cause=Unsent.LOCKED)
        return await self.broker.place_order(request)

    async def cancel_order(self, ref: BrokerOrderRef) -> SubmitOutcome:
        """Pass on: what was sent while it was allowed can always be cancelled."""
        return await self.broker.cancel_order(ref)

    async def order_history(self, day: date) -> OrderHistory:
        """Pass on."""
        return await self.broker.order_history(day)

    async def account(self) -> AccountSnapshot:
        """Pass on."""
        return await self.broker.account()

    async def buying_power(
        self, symbol: Symbol, price_won: Won, order_type: OrderType
    ) -> BuyingPower:
        """Pass on."""
        return await self.broker.buying_power(symbol, price_won, order_type)

    async def sellable(self, symbol: Symbol) -> int:
        """Pass on."""
        return await self.broker.sellable(symbol)

    async def quote(self, symbol: Symbol) -> Quote:
        """Pass on."""
        return await self.broker.quote(symbol)

    async def daily_bars(
        self, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        """Pass on."""
        return await self.broker.daily_bars(symbol, start, end, adjusted=adjusted)

    async def is_open_day(self, day: date) -> bool:
        """Pass on."""
        return await self.broker.is_open_day(day)

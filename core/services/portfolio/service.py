"""Cash and holdings as the person sees them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.domain.account import Portfolio
from core.domain.instrument import Symbol
from core.domain.money import Won
from core.domain.orders import LIVE_STATES, WAITING_STATES, Order, OrderType, Side
from core.ports.broker import Broker
from core.ports.ledger import Ledger


@dataclass(frozen=True, slots=True)
class PortfolioService:
    """Implements core.ports.desk.PortfolioReader.

    `reference` is any symbol of the universe: brokers state orderable cash per symbol and price
    only. `reserved` returns what our own live buy orders hold back, in won.
    """

    broker: Broker
    reference: Symbol
    reserved: Callable[[], Awaitable[int]]

    async def portfolio(self) -> Portfolio:
        """Read the account now. Raises BrokerError."""
        account = await self.broker.account()
        quote = await self.broker.quote(self.reference)
        power = await self.broker.buying_power(self.reference, quote.last_won, OrderType.LIMIT)
        return Portfolio(
            account=account,
            orderable_won=power.cash_won,
            reserved_won=Won(await self.reserved()),
        )


@dataclass(frozen=True, slots=True)
class ReservedCash:
    """What our own unfinished buy orders may still cost, read from the order ledger."""

    ledger: Ledger

    async def __call__(self) -> int:
        """Return the sum over approved buys that have not ended, in won."""
        async with self.ledger.transaction() as books:
            orders = await books.orders_in(LIVE_STATES | WAITING_STATES)
        return sum(_reserved_won(order) for order in orders)


def _reserved_won(order: Order) -> int:
    if order.envelope.side is not Side.BUY:
        return 0
    price = order.request.price_won if order.request else order.envelope.limit_won
    return max(order.remaining, 0) * (price or 0)

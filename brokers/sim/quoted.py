"""`BROKER=sim` on real prices: another broker quotes, our own exchange fills. A dry run.

The other broker is seen through `QuoteReads`, which has no call that could send an order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Protocol, Self, runtime_checkable

from brokers.sim.adapter import SimBroker
from brokers.sim.quoted_prices import QuotedPrices
from core.domain.account import AccountSnapshot, BuyingPower
from core.domain.instrument import Symbol
from core.domain.market import BarSeries, Quote
from core.domain.money import Won
from core.domain.orders import (
    BrokerOrderRef,
    NotSent,
    OrderHistory,
    OrderRequest,
    OrderType,
    Rejected,
    SubmitOutcome,
)
from core.domain.unsent import Unsent
from core.errors import BrokerError, BrokerRefused
from core.ports.broker import AccessToken, BrokerIdentity

NextRequest = Callable[[], Awaitable[None]]


class QuoteReads(Protocol):
    """What is asked of the broker that quotes: prices, never an order."""

    async def issue_token(self) -> AccessToken:
        """Ask for a token."""

    async def quote(self, token: AccessToken, symbol: Symbol) -> Quote:
        """Read the newest price."""

    async def daily_bars(
        self, token: AccessToken, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        """Read daily bars."""

    async def close(self) -> None:
        """Close connections."""


@runtime_checkable
class PacedReads(Protocol):
    """Reads whose calls may take several requests."""

    def paced(self, next_request: NextRequest) -> Self:
        """Return a copy that awaits `next_request` before each request of a call but the first."""


async def _at_once() -> None:
    """Wait for nothing: the pace is somebody else's business."""


@dataclass(frozen=True, slots=True)
class QuotedSimBroker:
    """BrokerAdapter that fills in `sim` at the prices `reads` quotes.

    Every call first reads the quotes it depends on; a quote that cannot be read fails the call,
    because a fill at an old price would be an untrue one.
    """

    sim: SimBroker
    prices: QuotedPrices
    reads: QuoteReads
    next_request: NextRequest = _at_once

    @property
    def identity(self) -> BrokerIdentity:
        """Say that this is the simulated account on those prices: another one than on others."""
        known = self.sim.identity
        text = f"{known.account_hash}:{self.prices.label}"
        return replace(known, account_hash=sha256(text.encode()).hexdigest()[:16])

    def paced(self, next_request: NextRequest) -> QuotedSimBroker:
        """Return a copy that awaits `next_request` before each request of a call but the first."""
        reads = self.reads
        if isinstance(reads, PacedReads):
            reads = reads.paced(next_request)
        return replace(self, reads=reads, next_request=next_request)

    async def issue_token(self) -> AccessToken:
        """Ask the quoting broker for a token."""
        return await self.reads.issue_token()

    async def place_order(self, token: AccessToken, request: OrderRequest) -> SubmitOutcome:
        """Place one order in the simulated exchange at a price read now; NotSent without one."""
        try:
            await self._refresh(token, (request.symbol,))
        except BrokerRefused as error:
            return Rejected(code=error.code, text=error.text)
        except BrokerError as error:
            return NotSent(reason=str(error) or type(error).__name__, cause=Unsent.NO_QUOTE)
        return await self.sim.place_order(token, request)

    async def cancel_order(self, token: AccessToken, ref: BrokerOrderRef) -> SubmitOutcome:
        """Cancel all that remains of one of today's orders."""
        return await self.sim.cancel_order(token, ref)

    async def order_history(self, token: AccessToken, day: date) -> OrderHistory:
        """Return every order of `day`; what still works meets the prices of now."""
        working = {
            Symbol(order.symbol) for order in self.sim.exchange.orders(day) if order.remaining
        }
        await self._refresh(token, working)
        return await self.sim.order_history(token, day)

    async def account(self, token: AccessToken) -> AccountSnapshot:
        """Return cash and what is held, at prices read now."""
        held = {item.symbol for item in (await self.sim.account(token)).positions}
        await self._refresh(token, held)
        return await self.sim.account(token)

    async def buying_power(
        self, token: AccessToken, symbol: Symbol, price_won: Won, order_type: OrderType
    ) -> BuyingPower:
        """Return what may be bought; a market order counts at the upper limit."""
        await self._refresh(token, (symbol,))
        return await self.sim.buying_power(token, symbol, price_won, order_type)

    async def sellable(self, token: AccessToken, symbol: Symbol) -> int:
        """Return the shares that may be sold now; 0 when none are held."""
        return await self.sim.sellable(token, symbol)

    async def quote(self, token: AccessToken, symbol: Symbol) -> Quote:
        """Read the newest price and let the exchange know it."""
        quote = await self.reads.quote(token, symbol)
        # What stood before this quote meets the prices that were known until now.
        self.sim.exchange.advance(self.sim.clock.now())
        self.prices.note(quote)
        return quote

    async def daily_bars(
        self, token: AccessToken, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        """Read the quoting broker's own bars."""
        return await self.reads.daily_bars(token, symbol, start, end, adjusted=adjusted)

    async def is_open_day(self, token: AccessToken, day: date) -> bool:
        """Whether the simulated exchange opens on `day`."""
        return await self.sim.is_open_day(token, day)

    async def close(self) -> None:
        """Write the account and close the connections."""
        try:
            await self.sim.close()
        finally:
            await self.reads.close()

    async def _refresh(self, token: AccessToken, symbols: Iterable[Symbol]) -> None:
        """Read the quotes of `symbols`, one request after the other in its turn."""
        for number, symbol in enumerate(sorted(symbols)):
            if number:
                await self.next_request()
            await self.quote(token, symbol)

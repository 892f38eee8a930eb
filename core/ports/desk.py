"""What services offer to one another without importing one another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Protocol

from core.domain.account import Portfolio
from core.domain.instrument import Instrument, Symbol
from core.domain.market import BarSeries, Quote
from core.domain.orders import Order
from core.domain.risk import Denied
from core.domain.tickets import Proposal, Ticket
from core.ports.ledger import LedgerTransaction

# Called in the transaction that stores a proposal, whatever became of it.
Along = Callable[[LedgerTransaction, Ticket | Denied], Awaitable[None]]


class MarketReader(Protocol):
    """Quotes, bars and the instruments of the universe (core.services.market)."""

    async def quote(self, symbol: Symbol) -> Quote:
        """Return a fresh quote. Raises BrokerError."""

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        """Return the last `sessions` finished bars up to `end`, oldest first. Raises BrokerError."""

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the facts of a symbol of the universe."""

    def instruments(self) -> tuple[Instrument, ...]:
        """Return the universe."""

    def search(self, query: str, limit: int = 25) -> tuple[Instrument, ...]:
        """Return instruments by code, Korean name or initial consonants, best first."""


class PortfolioReader(Protocol):
    """Cash and holdings (core.services.portfolio)."""

    async def portfolio(self) -> Portfolio:
        """Read the account now. Raises BrokerError."""


class OrderReader(Protocol):
    """What is on its way (core.services.orders)."""

    async def orders_today(self) -> tuple[Order, ...]:
        """Return today's orders, oldest first."""

    async def open_orders(self) -> tuple[Order, ...]:
        """Return approved orders that have not ended."""

    async def has_live(self, channel_id: int) -> bool:
        """Whether a ticket or order shown in this channel or thread has not ended."""


class Proposer(Protocol):
    """The only way from a suggestion to an order (core.services.orders)."""

    async def propose(self, proposal: Proposal) -> Ticket | Denied:
        """Check a proposal. A Ticket is stored and shown with ✅ ✏️ ❌; a Denied names all rules."""

"""What every part of the watchtower works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from core.domain.alerts import AlertDefaults
from core.domain.calendar import TradingCalendar
from core.domain.instrument import Symbol, name_and_code
from core.domain.krx import KST, SessionHours
from core.domain.risk import Denied
from core.domain.standing import StandingGap, StopReached
from core.domain.tickets import Proposal, Ticket
from core.ports.archive import PassageArchive
from core.ports.broker import WatchedBroker
from core.ports.clock import Clock, Identifiers
from core.ports.desk import Along, MarketReader
from core.ports.feed import MarketFeed
from core.ports.ledger import Ledger, LedgerTransaction
from core.ports.outbox import Outbox
from core.ports.phrases import Phrases
from core.strategy.parameters import Parameters

# A ticket and every one that came in its place (core.flows.successors).
LineOf = Callable[[LedgerTransaction, str], Awaitable[tuple[Ticket, ...]]]


class ExitDesk(Protocol):
    """The normal way to a ticket (core.services.orders); there is no other way to the broker."""

    async def preview(self, proposal: Proposal) -> Denied | None:
        """Judge without storing anything; None means that it would be shown."""

    async def propose(
        self,
        proposal: Proposal,
        *,
        replaces: Ticket | None = None,
        actor: str = "",
        along: Along | None = None,
    ) -> Ticket | Denied:
        """Judge, store and show a proposal; `along` runs in the transaction that stores it."""

    async def approve_in_advance(
        self, tx: LedgerTransaction, ticket: Ticket, reached: StopReached
    ) -> StandingGap | None:
        """Approve a ticket, just stored in `tx`, by a stop that was granted with the entry.

        Returns why it waits for a ✅ of its own, or None when it is approved.
        """

    def wake(self) -> None:
        """Look at everything once more: what was stored may be due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TowerContext:
    """Ports and rules. `broker` can only read."""

    feed: MarketFeed
    ledger: Ledger
    outbox: Outbox
    market: MarketReader
    broker: WatchedBroker
    desk: ExitDesk
    passages: PassageArchive
    clock: Clock
    calendar: TradingCalendar
    identifiers: Identifiers
    phrases: Phrases
    parameters: Parameters
    defaults: AlertDefaults
    line_of: LineOf

    def hours(self) -> SessionHours | None:
        """Return today's session; a day the calendar does not know has none."""
        return self.calendar.known_hours(self.clock.now().astimezone(KST).date())

    def name_of(self, symbol: Symbol) -> str:
        """Return the name of a symbol of the universe with its code, or the code alone."""
        return name_and_code(symbol, self.market.instrument(symbol))

    def say(self, key: str, /, **values: object) -> str:
        """Return a sentence of the section ``watch``."""
        return self.phrases.say(f"watch.{key}", **values)

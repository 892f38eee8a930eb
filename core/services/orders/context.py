"""What every part of the order desk works with."""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.risk import RiskLimits
from core.domain.standing import StandingTerms
from core.ports.broker import Broker
from core.ports.clock import Clock, Identifiers
from core.ports.desk import MarketReader
from core.ports.ledger import BooksReader, Ledger
from core.ports.nav import NavReader
from core.ports.phrases import Phrases
from core.ports.rules import RuleSource
from core.ports.safety import EmergencyNotes, Interlock, LeaseHolder, LimitSource
from core.ports.switch import TradingSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPolicy:
    """Who may approve where, and how the account is used.

    Owners may do what approvers may, and what only owners may. `channel_ids` are the channels
    where a press counts, threads below them included; None is everywhere in the guild.
    `is_dedicated_account` says that nobody else trades in it, so that an order without an answer
    may be recognised by its signature; on a shared account a person decides. `standing` are the
    terms of the stop that may be approved in advance with an entry; None where none may.
    `stop_bps` is how far below the average cost the strategy lets go, 0 where it does not.
    `reminder` is how long before its time a ticket reminds of itself at most; 0 is never.
    """

    approver_ids: AbstractSet[int]
    guild_id: int
    owner_ids: frozenset[int] = frozenset()
    channel_ids: AbstractSet[int] | None = None
    is_dedicated_account: bool = True
    poll_seconds: float = 5.0
    sells_settle_seconds: float = 120.0
    standing: StandingTerms | None = None
    stop_bps: int = 0
    reminder: timedelta = timedelta(0)


@dataclass(slots=True)
class Bell:
    """Wakes a loop early. Ringing twice before it wakes is ringing once."""

    _event: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self) -> None:
        """Wake whoever waits."""
        self._event.set()

    async def wait(self) -> None:
        """Return after the next ring (at once when it already rang)."""
        await self._event.wait()
        self._event.clear()

    async def wait_until(self, clock: Clock, instant: datetime) -> None:
        """Return at `instant` of business time, or earlier after a ring."""
        sleeper = asyncio.ensure_future(clock.sleep_until(instant))  # noqa: TID251 - owned right here
        ringer = asyncio.ensure_future(self.wait())  # noqa: TID251 - as above
        try:
            await asyncio.wait({sleeper, ringer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            ringer.cancel()
            await asyncio.gather(sleeper, ringer, return_exceptions=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskContext:
    """Ports, rules and bells shared by the desk's parts."""

    broker: Broker
    ledger: Ledger
    books: BooksReader
    market: MarketReader
    switch: TradingSwitch
    clock: Clock
    identifiers: Identifiers
    calendar: TradingCalendar
    phrases: Phrases
    limit_source: LimitSource
    costs: CostModel
    policy: DeskPolicy
    lease: LeaseHolder
    interlock: Interlock
    notes: EmergencyNotes
    # None where nobody is asked for iNAVs.
    navs: NavReader | None = None
    # None where there are no rules of the user's own.
    rules: RuleSource | None = None
    execution_bell: Bell = field(default_factory=Bell)
    tracking_bell: Bell = field(default_factory=Bell)
    publishing_bell: Bell = field(default_factory=Bell)
    fill_bell: Bell = field(default_factory=Bell)

    @property
    def limits(self) -> RiskLimits:
        """The limits in force now; people may tighten them at any moment."""
        return self.limit_source.current

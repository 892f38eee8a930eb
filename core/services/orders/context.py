"""What every part of the order desk works with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.risk import RiskLimits
from core.ports.broker import Broker
from core.ports.clock import Clock, Identifiers
from core.ports.desk import MarketReader
from core.ports.ledger import Ledger
from core.ports.phrases import Phrases
from core.ports.safety import EmergencyNotes, Interlock, LeaseHolder
from core.ports.switch import TradingSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPolicy:
    """Who may approve where, and how the account is used.

    `is_dedicated_account` says that nobody else trades in it, so that an order without an answer
    may be recognised by its signature; on a shared account a person decides.
    """

    approver_ids: frozenset[int]
    guild_id: int
    is_dedicated_account: bool = True
    poll_seconds: float = 5.0
    sells_settle_seconds: float = 120.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskContext:
    """Ports, rules and bells shared by the desk's parts."""

    broker: Broker
    ledger: Ledger
    market: MarketReader
    switch: TradingSwitch
    clock: Clock
    identifiers: Identifiers
    calendar: TradingCalendar
    phrases: Phrases
    limits: RiskLimits
    costs: CostModel
    policy: DeskPolicy
    lease: LeaseHolder
    interlock: Interlock
    notes: EmergencyNotes
    execution_bell: Bell = field(default_factory=Bell)
    tracking_bell: Bell = field(default_factory=Bell)
    publishing_bell: Bell = field(default_factory=Bell)

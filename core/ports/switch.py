"""Whether trading is on."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from core.domain.breakers import Breaker, InForce, Trip
from core.domain.modes import TradingState
from core.ports.ledger import BooksReading


class TradingSwitch(Protocol):
    """The kill switch, persisted (core.runtime.trading_switch)."""

    async def state(self) -> TradingState:
        """Return the state in force: the strictest of what is stored, stopped, tripped and filed."""

    async def reasons(self) -> InForce:
        """Return the state in force and everything that leads to it."""

    async def within(self, tx: BooksReading) -> InForce:
        """Return the same as `reasons`, as this transaction sees it."""

    async def set_state(self, state: TradingState, *, actor: str, reason: str) -> None:
        """Store a new state, with who and why, in the journal."""

    async def trip(self, trip: Trip, *, actor: str) -> None:
        """Note that a breaker is out, in the journal too."""

    async def release(self, breaker: Breaker, *, actor: str, reason: str) -> bool:
        """Put a breaker back in; return whether it was out. Judges nobody's right to do so."""

    async def stop_for_day(self, day: date, reason: str) -> None:
        """Send nothing new on `day`."""

    async def stopped_on(self, day: date) -> str | None:
        """Return why trading is stopped on `day`, or None."""

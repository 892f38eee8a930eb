"""Whether trading is on."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from core.domain.modes import TradingState


class TradingSwitch(Protocol):
    """The kill switch, persisted (core.runtime.trading_switch)."""

    async def state(self) -> TradingState:
        """Return the state in force: the stored one, or HALTED while the halt file exists."""

    async def set_state(self, state: TradingState, *, actor: str, reason: str) -> None:
        """Store a new state, with who and why, in the journal."""

    async def stop_for_day(self, day: date, reason: str) -> None:
        """Send nothing new on `day`."""

    async def stopped_on(self, day: date) -> str | None:
        """Return why trading is stopped on `day`, or None."""

"""Alarms as rows: told in the transaction that makes them true, delivered until people see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from core.domain.outbox import OutboxMessage
from core.ports.ledger import LedgerTransaction

# A channel that takes nothing for so long is itself an emergency.
FAILING_MAX = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxState:
    """How many alarms nobody has seen yet, and for how long the channel has taken none.

    `waiting` is counted up to a hundred of the stored ones.
    """

    waiting: int
    failing_for: timedelta


class OutboxReader(Protocol):
    """What /status and the heartbeat ask (core.runtime.outbox)."""

    async def state(self) -> OutboxState:
        """Return how delivery goes. Raises StorageError."""


class AlarmChannel(Protocol):
    """Where alarms become visible. Discord implements it; the terminal and tests have their own."""

    async def post(self, message: OutboxMessage) -> bool:
        """Show one alarm; return whether people can see it now. Never raises.

        Posting the same key again after a lost answer shows nothing twice.
        """


class Outbox(Protocol):
    """Takes alarms and delivers them (core.runtime.outbox)."""

    async def tell(self, tx: LedgerTransaction, key: str, title: str, text: str) -> bool:
        """Store an alarm with what it tells of. Return False when `key` was already told."""

    async def alert(self, title: str, text: str, *, can_wait: bool = False) -> bool:
        """Store an alarm in a transaction of its own; return whether it is kept. Never raises.

        The same words within one hour are one alarm.
        """

    async def ring(self, key: str, title: str, text: str) -> bool:
        """`alert` under a key of the caller's: told once for ever."""

    async def deliver(self) -> bool:
        """Post what waits, oldest first; return whether nothing waits any more. Never raises."""

    async def run(self) -> None:
        """Run forever: deliver when something was told, and again what could not be delivered."""

"""Lets breakers out and back in: row, journal and alarm in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.domain.breakers import Breaker, Trip
from core.domain.journal import JournalEntry
from core.ports.ledger import LedgerTransaction
from core.ports.outbox import Outbox
from core.ports.phrases import Phrases

ACTOR = "safety"


@dataclass(frozen=True, slots=True)
class Tripping:
    """Says what the watch found, in words from the locale's ``safety`` file."""

    outbox: Outbox
    phrases: Phrases

    async def trip(self, tx: LedgerTransaction, trip: Trip, facts: dict[str, object]) -> None:
        """Note that a breaker is out; nothing happens when it is already."""
        if await trip_of(tx, trip.breaker) is not None:
            return
        await tx.put_trip(trip)
        noted = {"breaker": trip.breaker.value, "effect": trip.effect.value, "reason": trip.reason}
        await journal(tx, trip.at, "switch.tripped", {**noted, **facts})
        await self.tell(tx, trip.at, f"tripped_{trip.effect.value.lower()}", reason=trip.reason)

    async def end(self, tx: LedgerTransaction, breaker: Breaker, now: datetime) -> None:
        """Put a breaker back in whose cause is gone."""
        await tx.clear_trip(breaker)
        await journal(tx, now, "switch.ended", {"breaker": breaker.value})
        await self.tell(tx, now, "ended", what=self.say(f"name_{breaker.value}"))

    async def tell(
        self, tx: LedgerTransaction, now: datetime, name: str, /, **values: object
    ) -> None:
        """Alarm with the words ``safety.alert_<name>``."""
        title, text = self.say(f"alert_{name}_title"), self.say(f"alert_{name}", **values)
        await self.outbox.tell(tx, f"safety:{name}:{now.isoformat()}", title, text)

    def say(self, key: str, /, **values: object) -> str:
        """Return the words ``safety.<key>``."""
        return self.phrases.say(f"safety.{key}", **values)


async def trip_of(tx: LedgerTransaction, breaker: Breaker) -> Trip | None:
    """Return what is noted about `breaker`, or None while it is in."""
    return next((trip for trip in await tx.trips() if trip.breaker is breaker), None)


async def journal(tx: LedgerTransaction, at: datetime, kind: str, facts: dict[str, object]) -> None:
    """Append one line of the watch."""
    await tx.append_journal(
        JournalEntry(at=at, kind=kind, actor=ACTOR, subject="trading", facts=facts)
    )

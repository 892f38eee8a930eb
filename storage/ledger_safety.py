"""Breakers, the stored switches and the lease inside one ledger transaction."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import delete, select

from core.domain.breakers import Breaker, SwitchRows, Trip
from core.domain.lease import Lease
from core.domain.modes import (
    SETTING_STOPPED_DAY,
    SETTING_STOPPED_REASON,
    SETTING_TRADING_STATE,
)
from storage.records_books import lease_of, trip_of
from storage.schema import lease as lease_table
from storage.schema import settings, trips
from storage.statements import Statements

_SWITCHES = (SETTING_TRADING_STATE, SETTING_STOPPED_DAY, SETTING_STOPPED_REASON)


class SafetyRows:
    """The part of `LedgerTransaction` that says whether, and by whom, anything may be sent."""

    _sql: Statements

    async def put_trip(self, trip: Trip) -> None:
        """Note that a breaker is out, or replace what is noted about it."""
        await self._sql.upsert(trips, [asdict(trip)], ["breaker"])

    async def clear_trip(self, breaker: Breaker) -> bool:
        """Put a breaker back in; return whether it was out."""
        return await self._sql.changed(delete(trips).where(trips.c.breaker == breaker))

    async def trips(self) -> tuple[Trip, ...]:
        """Return the breakers that are out, oldest first, those of past days included."""
        rows = await self._sql.rows(select(trips).order_by(trips.c.at, trips.c.breaker))
        return tuple(trip_of(row) for row in rows)

    async def switch_rows(self) -> SwitchRows:
        """Return every row that decides whether trading is on."""
        rows = await self._sql.rows(select(settings).where(settings.c.name.in_(_SWITCHES)))
        stored = {row["name"]: str(row["value"]) for row in rows}
        return SwitchRows(
            stored=stored.get(SETTING_TRADING_STATE),
            stopped_day=stored.get(SETTING_STOPPED_DAY),
            stopped_reason=stored.get(SETTING_STOPPED_REASON, ""),
            trips=await self.trips(),
        )

    async def lease(self) -> Lease | None:
        """Return who holds the lease."""
        row = await self._sql.row(select(lease_table))
        return None if row is None else lease_of(row)

    async def put_lease(self, lease: Lease) -> None:
        """Replace the lease."""
        await self._sql.upsert(lease_table, [{"slot": 1, **asdict(lease)}], ["slot"])

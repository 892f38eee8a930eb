"""Breakers, the stored switches and the lease inside one ledger transaction."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Label, delete, literal, select, true

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


def _setting(name: str) -> Label[str]:
    return select(settings.c.value).where(settings.c.name == name).scalar_subquery().label(name)


# One row per breaker that is out; one without a breaker when none is.
_SWITCHES = (
    select(
        _setting(SETTING_TRADING_STATE),
        _setting(SETTING_STOPPED_DAY),
        _setting(SETTING_STOPPED_REASON),
        *trips.c,
    )
    .select_from(select(literal(1).label("one")).subquery().outerjoin(trips, true()))
    .order_by(trips.c.at, trips.c.breaker)
)
_TRIPS = select(trips).order_by(trips.c.at, trips.c.breaker)
_LEASE = select(lease_table)


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
        rows = await self._sql.rows(_TRIPS)
        return tuple(trip_of(row) for row in rows)

    async def switch_rows(self) -> SwitchRows:
        """Return every row that decides whether trading is on."""
        rows = await self._sql.rows(_SWITCHES)
        return SwitchRows(
            stored=rows[0][SETTING_TRADING_STATE],
            stopped_day=rows[0][SETTING_STOPPED_DAY],
            stopped_reason=rows[0][SETTING_STOPPED_REASON] or "",
            trips=tuple(trip_of(row) for row in rows if row["breaker"] is not None),
        )

    async def lease(self) -> Lease | None:
        """Return who holds the lease."""
        row = await self._sql.row(_LEASE)
        return None if row is None else lease_of(row)

    async def put_lease(self, lease: Lease) -> None:
        """Replace the lease."""
        await self._sql.upsert(lease_table, [{"slot": 1, **asdict(lease)}], ["slot"])

"""Stops approved in advance inside one ledger transaction."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import or_, select, update

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.standing import StandingState, StandingStop
from core.errors import StaleState
from storage.schema import adjustments, external_orders, fills, orders, standing_stops
from storage.statements import Statements

_ALL = select(standing_stops).order_by(standing_stops.c.ticket_id, standing_stops.c.leg)


class StandingRows:
    """Implements `core.ports.watching.StandingBooks`."""

    _sql: Statements

    async def insert_standing_stop(self, stop: StandingStop) -> None:
        """Store a stop that is offered with a ticket."""
        await self._sql.insert(standing_stops, asdict(stop))

    async def standing_stops_of(self, ticket_id: str) -> tuple[StandingStop, ...]:
        """Return the stops of an entry ticket, and those that approved this exit ticket."""
        rows = await self._sql.rows(
            _ALL.where(
                or_(standing_stops.c.ticket_id == ticket_id, standing_stops.c.used_by == ticket_id)
            )
        )
        return tuple(StandingStop(**row) for row in rows)

    async def granted_stops(self) -> tuple[StandingStop, ...]:
        """Return what is granted, whether or not it is still good."""
        rows = await self._sql.rows(_ALL.where(standing_stops.c.state == StandingState.GRANTED))
        return tuple(StandingStop(**row) for row in rows)

    async def move_standing_stop(self, stop: StandingStop, expected: StandingState) -> None:
        """Compare-and-set the state with who and by what. Raises StaleState."""
        moved = await self._sql.changed(
            update(standing_stops)
            .where(
                standing_stops.c.ticket_id == stop.ticket_id,
                standing_stops.c.leg == stop.leg,
                standing_stops.c.state == expected,
            )
            .values(
                state=stop.state,
                actor_id=stop.actor_id,
                actor_name=stop.actor_name,
                granted_at=stop.granted_at,
                used_by=stop.used_by,
            )
        )
        if not moved:
            raise StaleState(f"the stop of {stop.ticket_id} is not {expected.value} any more")

    async def is_sold_since(self, symbol: Symbol, since: datetime) -> bool:
        """Whether shares left since: a fill of ours, somebody else's sale, or an adjustment."""
        ours = (
            select(fills.c.fill_id)
            .join(orders, orders.c.order_id == fills.c.order_id)
            .where(
                orders.c.symbol == symbol,
                orders.c.side == Side.SELL,
                fills.c.observed_at >= since,
            )
        )
        theirs = select(external_orders.c.number).where(
            external_orders.c.symbol == symbol,
            external_orders.c.side == Side.SELL,
            external_orders.c.filled > 0,
            external_orders.c.updated_at >= since,
        )
        taken_out = select(adjustments.c.adjustment_id).where(
            adjustments.c.symbol == symbol, adjustments.c.shares < 0, adjustments.c.at >= since
        )
        for statement in (ours, theirs, taken_out):
            if await self._sql.row(statement.limit(1)) is not None:
                return True
        return False

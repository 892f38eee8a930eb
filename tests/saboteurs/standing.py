"""Defects around stops that were approved in advance."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select, update

from core.domain.standing import Backing, StandingState, StandingStop
from storage.ledger import SqlLedgerTransaction
from storage.schema import standing_stops
from tests.saboteurs.saboteur import Swap, saboteur


def _takes(state):
    """Take a stop in `state` for a granted one, and the compare-and-set with it."""

    async def granted_stops(self):
        states = [StandingState.GRANTED, state]
        rows = await self._sql.rows(
            select(standing_stops).where(standing_stops.c.state.in_(states))
        )
        return tuple(replace(StandingStop(**row), state=StandingState.GRANTED) for row in rows)

    async def move_standing_stop(self, stop, expected):
        del expected
        await self._sql.run(
            update(standing_stops)
            .where(standing_stops.c.ticket_id == stop.ticket_id, standing_stops.c.leg == stop.leg)
            .values(
                state=stop.state,
                actor_id=stop.actor_id,
                actor_name=stop.actor_name,
                granted_at=stop.granted_at,
                used_by=stop.used_by,
            )
        )

    return [
        Swap(SqlLedgerTransaction, "granted_stops", granted_stops),
        Swap(SqlLedgerTransaction, "move_standing_stop", move_standing_stop),
    ]


@saboteur
def revoked_stop_still_sells():
    """Uses a stop that a person has revoked."""
    return _takes(StandingState.REVOKED)


@saboteur
def stop_sells_twice():
    """Uses a stop again that approved an exit before."""

    async def is_sold_since(self, symbol, since):
        return False

    return [
        *_takes(StandingState.USED),
        Swap(SqlLedgerTransaction, "is_sold_since", is_sold_since),
    ]


@saboteur
def stop_sells_more_than_was_bought():
    """Lets a stop cover shares that its entry did not buy."""
    return [Swap(Backing, "shares", property(lambda self: self.stop.quantity_max * 10))]


@saboteur
def stop_outlives_a_sale():
    """Uses a stop although shares were sold since."""

    async def is_sold_since(self, symbol, since):
        return False

    return [Swap(SqlLedgerTransaction, "is_sold_since", is_sold_since)]

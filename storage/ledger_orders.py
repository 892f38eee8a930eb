"""Orders, attempts and fills inside one ledger transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date

from sqlalchemy import and_, bindparam, func, select, update

from core.domain.books import ArmedTerms
from core.domain.orders import Attempt, FillObservation, Order, OrderState
from core.errors import StaleState
from storage.columns import day_bounds
from storage.records import attempt_of, attempt_values, fill_of, order_of, order_values
from storage.records_books import armed_terms_of
from storage.schema import approvals, attempts, fills, orders, tickets
from storage.statements import Statements

# One broker number names one order of its session (a unique index says so). Only armed orders
# have a session; it is copied from the attempt, so that it cannot differ.
_SESSION_OF_NUMBERED = (
    select(attempts.c.session)
    .where(attempts.c.order_id == orders.c.order_id)
    .scalar_subquery()
    .correlate(orders)
)
_ATTEMPT_OF_ORDER = [column for column in attempts.c if column.name not in orders.c]
_OLDEST_FIRST = (orders.c.created_at, orders.c.ticket_id, orders.c.leg)

_ORDER = select(orders).where(orders.c.order_id == bindparam("order_id"))
_ORDERS_OF = (
    select(orders).where(orders.c.ticket_id == bindparam("ticket_id")).order_by(orders.c.leg)
)
_ORDERS_IN = (
    select(orders)
    .where(orders.c.state.in_(bindparam("states", expanding=True)))
    .order_by(*_OLDEST_FIRST)
)
_SAVE = (
    update(orders)
    .where(orders.c.order_id == bindparam("saved_id"), orders.c.state == bindparam("expected"))
    .values({column.name: bindparam(column.name) for column in orders.c if not column.primary_key})
)
_SAVE_UNNUMBERED = _SAVE.values(broker_session=None)
_SAVE_NUMBERED = _SAVE.values(broker_session=_SESSION_OF_NUMBERED)
_TOUCH = (
    update(tickets)
    .where(tickets.c.ticket_id == bindparam("touched_id"))
    .values(version=tickets.c.version + 1)
)
_ATTEMPT = select(attempts).where(attempts.c.order_id == bindparam("order_id"))
_ARMED_ON = (
    select(orders, *_ATTEMPT_OF_ORDER)
    .join_from(attempts, orders, attempts.c.order_id == orders.c.order_id)
    .where(attempts.c.session == bindparam("session"))
    .order_by(attempts.c.attempt_id)
)
# Read at every gate and arm, once per order of the day: what they do not need is left out.
_ARMED_TERMS_ON = (
    select(
        orders.c.order_id,
        orders.c.side,
        orders.c.state,
        orders.c.quantity_max,
        orders.c.limit_won,
        orders.c.request_quantity,
        orders.c.request_price_won,
        orders.c.broker_number,
        attempts.c.signature,
        attempts.c.armed_at,
    )
    .join_from(attempts, orders, attempts.c.order_id == orders.c.order_id)
    .where(attempts.c.session == bindparam("session"))
    .order_by(attempts.c.attempt_id)
)
_UNAPPROVED_ON = (
    select(func.count().label("found"))
    .select_from(attempts)
    .join(orders, orders.c.order_id == attempts.c.order_id)
    .join(tickets, tickets.c.ticket_id == orders.c.ticket_id)
    .outerjoin(
        approvals,
        and_(
            approvals.c.ticket_id == tickets.c.ticket_id,
            approvals.c.payload_hash == tickets.c.payload_hash,
        ),
    )
    .where(attempts.c.session == bindparam("session"), approvals.c.ticket_id.is_(None))
)
_FILLS_OF = select(fills).where(fills.c.order_id == bindparam("order_id")).order_by(fills.c.fill_id)


class OrderRows:
    """The order half of `LedgerTransaction`."""

    _sql: Statements

    async def insert_order(self, order: Order) -> None:
        """Store a new order. (ticket, leg) is unique."""
        await self._sql.insert(orders, order_values(order))

    async def order(self, order_id: str) -> Order | None:
        """Return one order."""
        row = await self._sql.row(_ORDER, {"order_id": order_id})
        return None if row is None else order_of(row)

    async def orders_of(self, ticket_id: str) -> tuple[Order, ...]:
        """Return the orders of one ticket by leg."""
        rows = await self._sql.rows(_ORDERS_OF, {"ticket_id": ticket_id})
        return tuple(order_of(row) for row in rows)

    async def orders_in(self, states: Collection[OrderState]) -> tuple[Order, ...]:
        """Return the orders in `states`, oldest first."""
        rows = await self._sql.rows(_ORDERS_IN, {"states": list(states)})
        return tuple(order_of(row) for row in rows)

    async def orders_created_on(self, day: date) -> tuple[Order, ...]:
        """Return the orders created on the KST day `day`, oldest first."""
        start, end = day_bounds(day)
        created = orders.c.created_at
        rows = await self._sql.rows(
            select(orders).where(created >= start, created < end).order_by(*_OLDEST_FIRST)
        )
        return tuple(order_of(row) for row in rows)

    async def save_order(self, order: Order, expected: OrderState) -> None:
        """Write all fields if the stored state is `expected`; touches its ticket.

        Raises StaleState, and StorageError when another order of the session has its number.
        """
        values = order_values(order)
        values |= {"saved_id": values.pop("order_id"), "expected": expected}
        saved = await self._sql.changed(_SAVE_NUMBERED if order.ref else _SAVE_UNNUMBERED, values)
        if not saved:
            raise StaleState(f"order {order.order_id} is not {expected.value} any more")
        await self._sql.run(_TOUCH, {"touched_id": order.ticket_id})

    async def insert_attempt(self, attempt: Attempt) -> bool:
        """Store the write-ahead record. Return False when this order already has one."""
        return await self._sql.insert_once(attempts, attempt_values(attempt))

    async def attempt_of(self, order_id: str) -> Attempt | None:
        """Return the attempt of one order."""
        row = await self._sql.row(_ATTEMPT, {"order_id": order_id})
        return None if row is None else attempt_of(row)

    async def attempts_on(self, session: date) -> tuple[Attempt, ...]:
        """Return the attempts armed on one session day, oldest first."""
        rows = await self._sql.rows(
            select(attempts).where(attempts.c.session == session).order_by(attempts.c.attempt_id)
        )
        return tuple(attempt_of(row) for row in rows)

    async def armed_on(self, session: date) -> tuple[tuple[Order, Attempt], ...]:
        """Return every order armed on one session day with its attempt, oldest first."""
        rows = await self._sql.rows(_ARMED_ON, {"session": session})
        return tuple((order_of(row), attempt_of(row)) for row in rows)

    async def armed_terms_on(self, session: date) -> tuple[ArmedTerms, ...]:
        """Return the terms of every order armed on one session day, oldest first."""
        rows = await self._sql.rows(_ARMED_TERMS_ON, {"session": session})
        return tuple(armed_terms_of(row) for row in rows)

    async def unapproved_attempts(self, session: date) -> int:
        """Count the attempts of a day whose ticket has no approval for its payload hash."""
        row = await self._sql.row(_UNAPPROVED_ON, {"session": session})
        return 0 if row is None else int(row["found"])

    async def insert_fill(self, fill: FillObservation) -> bool:
        """Store a fill. Return False when this cumulative quantity was already seen."""
        return await self._sql.insert_once(fills, asdict(fill))

    async def fills_of(self, order_id: str) -> tuple[FillObservation, ...]:
        """Return the fills of one order, oldest first."""
        rows = await self._sql.rows(_FILLS_OF, {"order_id": order_id})
        return tuple(fill_of(row) for row in rows)

    async def fills_on(self, day: date) -> tuple[FillObservation, ...]:
        """Return the fills observed on the KST day `day`, oldest first."""
        start, end = day_bounds(day)
        observed = fills.c.observed_at
        rows = await self._sql.rows(
            select(fills).where(observed >= start, observed < end).order_by(fills.c.fill_id)
        )
        return tuple(fill_of(row) for row in rows)

"""Trade records as they are judged, and their outcomes, on SQL (`core.ports.reflection`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping, Select, and_, delete, func, or_, select, tuple_, update

from core.domain.journal import TradeRecord
from core.domain.leg_record import Fill, LegRecord, proposed_price
from core.domain.outcomes import Outcome, Unmeasured
from core.domain.tickets import Author, TicketKind
from storage.engine import Database
from storage.schema import (
    attempts,
    fills,
    orders,
    outcome_waits,
    ticket_legs,
    tickets,
    trade_outcomes,
    trade_records,
)
from storage.statements import ROWS_PER_STATEMENT, Statements

_KEY = ("record_id", "days")
_ORDER = (trade_records.c.at, trade_records.c.record_id)
_LEGS: Select[Any] = (
    select(
        *trade_records.c,
        orders.c.state.label("order_state"),
        orders.c.filled,
        orders.c.average_price_won,
    )
    .outerjoin(orders, orders.c.order_id == trade_records.c.record_id)
    .order_by(*_ORDER)
)
_RECORD = tuple(column.name for column in trade_records.c)
_OUTCOME = tuple(column for column in trade_outcomes.c if column.name != "is_told")


class SqlOutcomeArchive:
    """Joins what is stored of a leg in several tables; only outcomes have rows of their own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due_legs(
        self, days: int, before: datetime, after: LegRecord | None, limit: int
    ) -> tuple[LegRecord, ...]:
        """Return legs proposed up to `before` whose outcome after `days` is not final, oldest first."""
        found, waits = trade_outcomes.c, outcome_waits.c
        traded = func.coalesce(orders.c.filled, 0)
        may_come = or_(waits.reason.is_(None), waits.reason != Unmeasured.UNPRICED)
        outdated = and_(
            traded > 0, or_(found.quantity != traded, found.is_hypothetical.in_([True]))
        )
        statement = (
            _LEGS.outerjoin(
                trade_outcomes,
                and_(found.record_id == trade_records.c.record_id, found.days == days),
            )
            .outerjoin(
                outcome_waits,
                and_(waits.record_id == trade_records.c.record_id, waits.days == days),
            )
            .where(trade_records.c.at <= before)
            .where(or_(and_(found.record_id.is_(None), may_come), outdated))
            .limit(limit)
        )
        if after is not None:
            last = (after.record.at, after.record.record_id)
            statement = statement.where(
                or_(
                    trade_records.c.at > last[0],
                    and_(trade_records.c.at == last[0], trade_records.c.record_id > last[1]),
                )
            )
        return await self._legs(statement)

    async def legs_between(self, start: datetime, end: datetime) -> tuple[LegRecord, ...]:
        """Return the legs proposed from `start` on and before `end`, oldest first."""
        at = trade_records.c.at
        return await self._legs(_LEGS.where(at >= start, at < end))

    async def leg(self, record_id: str) -> LegRecord | None:
        """Return one leg."""
        found = await self._legs(_LEGS.where(trade_records.c.record_id == record_id))
        return found[0] if found else None

    async def save_outcome(self, outcome: Outcome) -> None:
        """Store an outcome in place of what stood there, and end its waiting, in one step."""
        async with self._database.transaction() as sql:
            await sql.upsert(trade_outcomes, [{**asdict(outcome), "is_told": False}], _KEY)
            waits = outcome_waits.c
            await sql.run(
                delete(outcome_waits).where(
                    waits.record_id == outcome.record_id, waits.days == outcome.days
                )
            )

    async def save_wait(self, leg: LegRecord, days: int, reason: Unmeasured, at: datetime) -> None:
        """Note why there is no outcome yet (or never will be)."""
        row = {
            "record_id": leg.record.record_id,
            "days": days,
            "reason": reason,
            "looked_at": at,
        }
        async with self._database.transaction() as sql:
            await sql.upsert(outcome_waits, [row], _KEY)

    async def untold(self, limit: int) -> tuple[Outcome, ...]:
        """Return outcomes that the memory does not hold yet, oldest first."""
        return await self._outcomes(
            select(*_OUTCOME).where(trade_outcomes.c.is_told.in_([False])).limit(limit)
        )

    async def outcomes_between(self, start: datetime, end: datetime) -> tuple[Outcome, ...]:
        """Return the outcomes measured from `start` on and before `end`, in a fixed order."""
        at = trade_outcomes.c.measured_at
        return await self._outcomes(select(*_OUTCOME).where(at >= start, at < end))

    async def mark_told(self, outcomes: Sequence[Outcome]) -> None:
        """Note that the memory holds these, as they are: one measured again meanwhile is left out."""
        columns = trade_outcomes.c
        async with self._database.transaction() as sql:
            for item in outcomes:
                await sql.run(
                    update(trade_outcomes)
                    .where(
                        columns.record_id == item.record_id,
                        columns.days == item.days,
                        columns.measured_at == item.measured_at,
                    )
                    .values(is_told=True)
                )

    async def waiting(self, start: datetime, end: datetime) -> dict[Unmeasured, int]:
        """Count what waits for an outcome, by reason, of the legs proposed in between."""
        at = trade_records.c.at
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(outcome_waits.c.reason, func.count().label("count"))
                .join(trade_records, trade_records.c.record_id == outcome_waits.c.record_id)
                .where(at >= start, at < end)
                .group_by(outcome_waits.c.reason)
                .order_by(outcome_waits.c.reason)
            )
        return {row["reason"]: int(row["count"]) for row in rows}

    async def _outcomes(self, statement: Select[Any]) -> tuple[Outcome, ...]:
        ordered = statement.order_by(
            trade_outcomes.c.measured_at, trade_outcomes.c.record_id, trade_outcomes.c.days
        )
        async with self._database.reading() as sql:
            rows = await sql.rows(ordered)
        return tuple(Outcome(**row) for row in rows)

    async def _legs(self, statement: Select[Any]) -> tuple[LegRecord, ...]:
        async with self._database.reading() as sql:
            rows = await sql.rows(statement)
            return await _completed(sql, rows)


async def _completed(sql: Statements, rows: Sequence[RowMapping]) -> tuple[LegRecord, ...]:
    """Join what belongs to the records of `rows`, a bounded number at a time."""
    found: list[LegRecord] = []
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        page = rows[start : start + ROWS_PER_STATEMENT]
        ids = [row["record_id"] for row in page]
        terms = await _terms(sql, ids)
        seen = await _first_seen(sql, ids)
        outcomes = await _outcomes_of(sql, ids)
        for row in page:
            record = TradeRecord(**{name: row[name] for name in _RECORD})
            author, kind, leg_won = terms.get(record.record_id, (None, None, None))
            found.append(
                LegRecord(
                    record=record,
                    author=author,
                    kind=kind,
                    proposed_won=proposed_price(record, leg_won),
                    state=row["order_state"],
                    fill=_fill(row, seen.get(record.record_id)),
                    outcomes=outcomes.get(record.record_id, ()),
                )
            )
    return tuple(found)


def _fill(row: RowMapping, seen: tuple[date, datetime] | None) -> Fill | None:
    average: Decimal | None = row["average_price_won"]
    if not row["filled"] or average is None or seen is None:
        return None
    session, at = seen
    return Fill(quantity=row["filled"], average_won=average, session=session, at=at)


async def _terms(
    sql: Statements, ids: Iterable[str]
) -> dict[str, tuple[Author, TicketKind, int | None]]:
    """Return author, kind and shown price of the records that are legs of a ticket.

    Their id is that of the ticket, a dash and the number of the leg, as their order's is.
    """
    keys = [
        (ticket, int(number))
        for ticket, dash, number in (name.rpartition("-") for name in ids)
        if dash and number.isdecimal()
    ]
    if not keys:
        return {}
    legs = ticket_legs.c
    rows = await sql.rows(
        select(legs.ticket_id, legs.number, legs.price_won, tickets.c.author, tickets.c.kind)
        .join(tickets, tickets.c.ticket_id == legs.ticket_id)
        .where(tuple_(legs.ticket_id, legs.number).in_(keys))
    )
    return {
        f"{row['ticket_id']}-{row['number']}": (row["author"], row["kind"], row["price_won"])
        for row in rows
    }


async def _first_seen(sql: Statements, ids: Sequence[str]) -> dict[str, tuple[date, datetime]]:
    """Return the session of each order that was filled, and when the first share was seen.

    A fill can be seen days after its session, where nobody could tell what became of an order.
    """
    at = fills.c.observed_at
    rows = await sql.rows(
        select(fills.c.order_id, attempts.c.session, func.min(at, type_=at.type).label("at"))
        .join(attempts, attempts.c.order_id == fills.c.order_id)
        .where(fills.c.order_id.in_(ids))
        .group_by(fills.c.order_id, attempts.c.session)
    )
    return {row["order_id"]: (row["session"], row["at"]) for row in rows}


async def _outcomes_of(sql: Statements, ids: Sequence[str]) -> dict[str, tuple[Outcome, ...]]:
    rows = await sql.rows(
        select(*_OUTCOME)
        .where(trade_outcomes.c.record_id.in_(ids))
        .order_by(trade_outcomes.c.record_id, trade_outcomes.c.days)
    )
    found: dict[str, tuple[Outcome, ...]] = {}
    for row in rows:
        outcome = Outcome(**row)
        found[outcome.record_id] = (*found.get(outcome.record_id, ()), outcome)
    return found

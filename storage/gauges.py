"""What the figures for machines need of the database, read in one look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Table, func, select

from core.domain.model_calls import CallState, Purpose
from core.domain.orders import IN_DOUBT_STATES, OrderState
from core.domain.tickets import TicketState
from storage.columns import day_bounds
from storage.engine import Database
from storage.kept import SIZE
from storage.schema import model_calls, orders, outbox, snapshots, tickets
from storage.statements import Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTotal:
    """Today's calls of one model for one purpose in one state."""

    model: str
    purpose: Purpose
    state: CallState
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_milliwon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """Counts of one instant. `account` is the newest stored (instant, NAV, deposit), if any."""

    orders_today: dict[OrderState, int]
    orders_in_doubt: dict[OrderState, int]
    tickets_waiting: int
    alarms_waiting: int
    models: tuple[ModelTotal, ...]
    account: tuple[datetime, int, int] | None
    size_bytes: int


async def gauges_of(database: Database, today: date) -> Gauges:
    """Read them; `today` is a day of Korea. Raises StorageError."""
    begins, ends = day_bounds(today)
    made_today = (orders.c.created_at >= begins, orders.c.created_at < ends)
    async with database.reading() as sql:
        size = await sql.rows(SIZE[sql.dialect])
        return Gauges(
            orders_today=await _by_state(sql, *made_today),
            orders_in_doubt=await _by_state(sql, orders.c.state.in_(IN_DOUBT_STATES)),
            tickets_waiting=await _count(sql, tickets, tickets.c.state == TicketState.PRESENTED),
            alarms_waiting=await _count(
                sql, outbox, outbox.c.delivered_at.is_(None) & outbox.c.held_at.is_(None)
            ),
            models=await _models(sql, today),
            account=await _account(sql),
            size_bytes=int(size[0]["n"]),
        )


async def _by_state(sql: Statements, *conditions: ColumnElement[bool]) -> dict[OrderState, int]:
    count = func.count().label("n")
    rows = await sql.rows(select(orders.c.state, count).where(*conditions).group_by(orders.c.state))
    return {row["state"]: int(row["n"]) for row in rows}


async def _count(sql: Statements, table: Table, condition: ColumnElement[bool]) -> int:
    query = select(func.count().label("n")).select_from(table).where(condition)
    return int((await sql.rows(query))[0]["n"])


async def _models(sql: Statements, today: date) -> tuple[ModelTotal, ...]:
    table = model_calls.c
    groups = (table.model, table.purpose, table.state)
    sums = {
        name: func.coalesce(func.sum(table[name]), 0).label(name)
        for name in ("prompt_tokens", "completion_tokens", "cost_milliwon")
    }
    rows = await sql.rows(
        select(*groups, func.count().label("calls"), *sums.values())
        .where(table.day == today)
        .group_by(*groups)
    )
    # PostgreSQL sums whole numbers to NUMERIC.
    return tuple(
        ModelTotal(
            model=row["model"],
            purpose=row["purpose"],
            state=row["state"],
            **{name: int(row[name]) for name in ("calls", *sums)},
        )
        for row in rows
    )


async def _account(sql: Statements) -> tuple[datetime, int, int] | None:
    row = await sql.row(
        select(snapshots.c.taken_at, snapshots.c.nav_won, snapshots.c.settled_d2_won)
        .order_by(snapshots.c.taken_at.desc())
        .limit(1)
    )
    return None if row is None else (row["taken_at"], row["nav_won"], row["settled_d2_won"])

"""Calls of the language model on SQL (`core.ports.model_calls.ModelCallArchive`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date

from sqlalchemy import RowMapping, case, func, select, update

from core.domain.model_calls import (
    CallState,
    ModelBudget,
    ModelCall,
    Purpose,
    Spent,
    UsageLine,
)
from core.errors import ModelFault, StaleState
from storage.engine import Database
from storage.schema import model_calls, trading_plans
from storage.statements import Statements


class SqlModelCallArchive:
    """One row per call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, call: ModelCall, budget: ModelBudget) -> ModelFault | None:
        """Store an open call with the most it may cost, or return which limit that would pass."""
        async with self._database.transaction() as sql:
            spent = await _spent(sql, call.day, call.user_id)
            refused = budget.refuses(spent, call.cost_milliwon, call.user_id)
            if refused is None:
                await sql.insert(model_calls, asdict(call))
        return refused

    async def finish(self, call: ModelCall) -> None:
        """Replace the stored call. Raises StaleState when there is none."""
        values = asdict(call)
        # Written meanwhile by `link_ticket`, never by whoever made the call.
        del values["call_id"], values["ticket_id"]
        async with self._database.transaction() as sql:
            changed = update(model_calls).where(model_calls.c.call_id == call.call_id)
            if not await sql.changed(changed.values(**values)):
                raise StaleState(f"model call {call.call_id} does not exist")

    async def link_ticket(self, call_id: str, ticket_id: str) -> None:
        """Note which ticket the reply of a call became."""
        async with self._database.transaction() as sql:
            await sql.run(
                update(model_calls)
                .where(model_calls.c.call_id == call_id)
                .values(ticket_id=ticket_id)
            )

    async def drop_texts(self, before: date, limit: int) -> int:
        """Empty what was asked and answered in calls of the days before, and return of how many.

        At most `limit` at once. A call that became a ticket, or that looked at the plan of a day,
        is part of an order's story and stays whole; of the others what they cost stays.
        """
        table = model_calls.c
        planned = select(trading_plans.c.call_id)
        old = (
            select(table.call_id)
            .where(table.day < before, table.inputs != "", table.ticket_id == "")
            .where(table.call_id.not_in(planned))
            .order_by(table.day)
            .limit(limit)
        )
        emptied = update(model_calls).where(table.call_id.in_(old)).values(inputs="", reply="")
        async with self._database.transaction() as sql:
            return (await sql.run(emptied)).rowcount

    async def call(self, call_id: str) -> ModelCall | None:
        """Return one call."""
        async with self._database.reading() as sql:
            row = await sql.row(select(model_calls).where(model_calls.c.call_id == call_id))
        return None if row is None else ModelCall(**row)

    async def calls_of_ticket(self, ticket_id: str) -> tuple[ModelCall, ...]:
        """Return the calls whose reply became the ticket, oldest first."""
        if not ticket_id:
            return ()
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(model_calls)
                .where(model_calls.c.ticket_id == ticket_id)
                .order_by(model_calls.c.at, model_calls.c.call_id)
            )
        return tuple(ModelCall(**row) for row in rows)

    async def usage(self, first: date, last: date) -> tuple[UsageLine, ...]:
        """Return what the days cost, both ends included, the dearest line first."""
        table = model_calls.c
        groups = (table.user_id, table.model, table.purpose)
        cost = func.coalesce(func.sum(table.cost_milliwon), 0).label("cost_milliwon")
        failed = func.sum(case((table.state == CallState.FAILED, 1), else_=0)).label("failed")
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(
                    *groups,
                    func.count().label("calls"),
                    failed,
                    func.sum(table.prompt_tokens).label("prompt_tokens"),
                    func.sum(table.completion_tokens).label("completion_tokens"),
                    cost,
                )
                .where(table.day >= first, table.day <= last)
                .group_by(*groups)
                .order_by(cost.desc(), *groups)
            )
        return tuple(_usage_of(row) for row in rows)

    async def cost_by_day(
        self, first: date, last: date, purposes: Collection[Purpose]
    ) -> dict[date, int]:
        """Return what the calls for `purposes` cost by day, in thousandths of a won."""
        table = model_calls.c
        cost = func.sum(table.cost_milliwon).label("cost")
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(table.day, cost)
                .where(table.day >= first, table.day <= last, table.purpose.in_(purposes))
                .group_by(table.day)
            )
        return {row["day"]: int(row["cost"]) for row in rows}


def _usage_of(row: RowMapping) -> UsageLine:
    # PostgreSQL sums whole numbers to NUMERIC.
    sums = ("calls", "failed", "prompt_tokens", "completion_tokens", "cost_milliwon")
    return UsageLine(
        user_id=row["user_id"],
        model=row["model"],
        purpose=row["purpose"],
        **{name: int(row[name]) for name in sums},
    )


async def _spent(sql: Statements, day: date, user_id: int) -> Spent:
    cost = model_calls.c.cost_milliwon
    of_user = case((model_calls.c.user_id == user_id, cost), else_=0)
    row = await sql.row(
        select(
            func.coalesce(func.sum(of_user), 0).label("user"),
            func.coalesce(func.sum(cost), 0).label("day"),
        ).where(model_calls.c.day == day)
    )
    found = row or {"user": 0, "day": 0}
    return Spent(user_milliwon=int(found["user"]), day_milliwon=int(found["day"]))

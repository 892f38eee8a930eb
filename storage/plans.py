"""Trading plans on SQL (`core.ports.planning.PlanArchive`)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from sqlalchemy import delete, select, update

from core.domain.plan_review import PlanLine, PlanRecord
from storage.engine import Database
from storage.schema import trading_plan_lines, trading_plans


class SqlPlanArchive:
    """One row per day, and one per proposal of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_plan(self, record: PlanRecord) -> None:
        """Store the plan of a day, in place of an earlier one of that day."""
        values = asdict(record)
        lines = [{"day": record.day, **line} for line in values.pop("lines")]
        async with self._database.transaction() as sql:
            await sql.run(delete(trading_plan_lines).where(trading_plan_lines.c.day == record.day))
            await sql.upsert(trading_plans, [values], ("day",))
            if lines:
                await sql.insert_many(trading_plan_lines, lines)

    async def plan_of(self, day: date) -> PlanRecord | None:
        """Return the plan of a day."""
        async with self._database.reading() as sql:
            row = await sql.row(select(trading_plans).where(trading_plans.c.day == day))
            rows = await sql.rows(
                select(trading_plan_lines)
                .where(trading_plan_lines.c.day == day)
                .order_by(trading_plan_lines.c.symbol, trading_plan_lines.c.side)
            )
        if row is None:
            return None
        lines = []
        for stored in rows:
            line = dict(stored)
            del line["day"]
            lines.append(PlanLine(**line))
        return PlanRecord(**row, lines=tuple(lines))

    async def link_plan(self, day: date, ticket_id: str) -> None:
        """Note which ticket the plan of a day became."""
        async with self._database.transaction() as sql:
            await sql.run(
                update(trading_plans).where(trading_plans.c.day == day).values(ticket_id=ticket_id)
            )

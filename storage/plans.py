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
        found = await self.plans_between(day, day)
        return found[0] if found else None

    async def plans_between(self, first: date, last: date) -> tuple[PlanRecord, ...]:
        """Return the plans of the days, both ends included, oldest first."""
        days, lines = trading_plans.c.day, trading_plan_lines.c
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(trading_plans).where(days >= first, days <= last).order_by(days)
            )
            parts = await sql.rows(
                select(trading_plan_lines)
                .where(lines.day >= first, lines.day <= last)
                .order_by(lines.day, lines.symbol, lines.side)
            )
        of_day: dict[date, list[PlanLine]] = {}
        for part in parts:
            values = dict(part)
            of_day.setdefault(values.pop("day"), []).append(PlanLine(**values))
        return tuple(PlanRecord(**row, lines=tuple(of_day.get(row["day"], ()))) for row in rows)

    async def link_plan(self, day: date, ticket_id: str) -> None:
        """Note which ticket the plan of a day became."""
        async with self._database.transaction() as sql:
            await sql.run(
                update(trading_plans).where(trading_plans.c.day == day).values(ticket_id=ticket_id)
            )

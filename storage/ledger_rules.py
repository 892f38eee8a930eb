"""Rules and what they did inside one ledger transaction."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import func, select

from core.domain.rule_record import RuleEffect, RuleRow
from core.errors import StaleState
from storage.schema import rule_effects, rule_versions
from storage.statements import Statements


class RuleRows:
    """Implements `core.ports.rules.RuleBooks`."""

    _sql: Statements

    async def rule_rows(self) -> tuple[RuleRow, ...]:
        """Return the newest version of every rule, by id."""
        newest = (
            select(rule_versions.c.rule_id, func.max(rule_versions.c.version).label("version"))
            .group_by(rule_versions.c.rule_id)
            .subquery()
        )
        rows = await self._sql.rows(
            select(rule_versions)
            .join(
                newest,
                (newest.c.rule_id == rule_versions.c.rule_id)
                & (newest.c.version == rule_versions.c.version),
            )
            .order_by(rule_versions.c.rule_id)
        )
        return tuple(RuleRow(**row) for row in rows)

    async def rule_history(self, rule_id: str) -> tuple[RuleRow, ...]:
        """Return every version of one rule, oldest first."""
        rows = await self._sql.rows(
            select(rule_versions)
            .where(rule_versions.c.rule_id == rule_id)
            .order_by(rule_versions.c.version)
        )
        return tuple(RuleRow(**row) for row in rows)

    async def rule_row_count(self) -> int:
        """Return how many versions of rules are stored; every change of a rule adds one."""
        row = await self._sql.row(select(func.count().label("rows")).select_from(rule_versions))
        return 0 if row is None else int(row["rows"])

    async def insert_rule_row(self, row: RuleRow) -> None:
        """Store a new version. Raises StaleState when somebody stored that version first."""
        if not await self._sql.insert_once(rule_versions, asdict(row)):
            raise StaleState(f"rule {row.rule_id} has a version {row.version}")

    async def note_rule_effect(self, effect: RuleEffect) -> None:
        """Store what a rule did to a leg; the same again is kept once."""
        await self._sql.insert_once(rule_effects, asdict(effect))

    async def rule_effects_of(self, rule_id: str) -> tuple[RuleEffect, ...]:
        """Return what a rule did, oldest first."""
        rows = await self._sql.rows(
            select(rule_effects)
            .where(rule_effects.c.rule_id == rule_id)
            .order_by(rule_effects.c.at, rule_effects.c.record_id)
        )
        return tuple(RuleEffect(**row) for row in rows)

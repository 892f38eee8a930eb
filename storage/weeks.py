"""Weekly reflection on SQL: `core.ports.weeks.NodeArchive`, `core.ports.prompts.PromptUpdates`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy import update as changed

from core.domain.cycle import StepState
from core.domain.decision_prompt import PromptState, PromptUpdate
from core.domain.prompts import DECISION_PROMPT, prompt_of
from core.domain.reflection_run import Node, NodeRecord
from storage.engine import Database
from storage.schema import prompt_updates, prompts, reflection_nodes

_KEY = ("week", "node")
_VERSION = prompt_updates.c.version
_BEFORE = and_(
    prompts.c.name == DECISION_PROMPT, prompts.c.sha256 == prompt_updates.c.before_sha256
)
_UPDATES = select(
    *(column for column in prompt_updates.c if column.name != "before_sha256"),
    prompts.c.text.label("before"),
).join_from(prompt_updates, prompts, _BEFORE)


class SqlNodeArchive:
    """One row per (week, node)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin_node(self, week: str, node: Node, at: datetime) -> NodeRecord:
        """Store or re-open the row as running and count the attempt."""
        columns = reflection_nodes.c
        async with self._database.transaction() as sql:
            stored = await sql.row(
                select(columns.attempts).where(columns.week == week, columns.node == node)
            )
            record = NodeRecord(
                week=week,
                node=node,
                state=StepState.RUNNING,
                attempts=1 if stored is None else stored["attempts"] + 1,
                started_at=at,
            )
            await sql.upsert(reflection_nodes, [asdict(record)], _KEY)
        return record

    async def finish_node(self, record: NodeRecord) -> None:
        """Replace the row."""
        async with self._database.transaction() as sql:
            await sql.upsert(reflection_nodes, [asdict(record)], _KEY)

    async def nodes_of(self, week: str) -> tuple[NodeRecord, ...]:
        """Return the rows of one week in the order of the nodes."""
        async with self._database.reading() as sql:
            rows = await sql.rows(select(reflection_nodes).where(reflection_nodes.c.week == week))
        records = [NodeRecord(**row) for row in rows]
        return tuple(sorted(records, key=lambda record: record.node.number))


class SqlPromptUpdates:
    """One row per update of the prompt; what it replaces is a version in `prompts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def propose(self, update: PromptUpdate) -> PromptUpdate:
        """Store an update under the next version; one that waits is REPLACED by it."""
        columns = prompt_updates.c
        async with self._database.transaction() as sql:
            newest = await sql.row(select(func.max(_VERSION).label("last")))
            last = None if newest is None else newest["last"]
            stored = replace(update, version=1 if last is None else last + 1)
            await sql.run(
                changed(prompt_updates)
                .where(columns.state == PromptState.PROPOSED)
                .values(state=PromptState.REPLACED)
            )
            before = prompt_of(DECISION_PROMPT, update.before, update.at)
            await sql.insert_once(prompts, asdict(before))
            row = asdict(stored)
            del row["before"]
            await sql.insert(prompt_updates, {**row, "before_sha256": before.sha256})
        return stored

    async def update(self, version: int) -> PromptUpdate | None:
        """Return one update."""
        found = await self._found(_UPDATES.where(prompt_updates.c.version == version))
        return found[0] if found else None

    async def newest(self) -> PromptUpdate | None:
        """Return the last update."""
        found = await self.updates(1)
        return found[0] if found else None

    async def updates(self, limit: int) -> tuple[PromptUpdate, ...]:
        """Return the change log, newest first."""
        return await self._found(_UPDATES.order_by(_VERSION.desc()).limit(limit))

    async def decide(self, update: PromptUpdate, expected: Collection[PromptState]) -> bool:
        """Store the decision if the row still stands in one of `expected`."""
        columns = prompt_updates.c
        async with self._database.transaction() as sql:
            return await sql.changed(
                changed(prompt_updates)
                .where(columns.version == update.version, columns.state.in_(tuple(expected)))
                .values(
                    state=update.state,
                    backup=update.backup,
                    decided_by=update.decided_by,
                    decided_at=update.decided_at,
                )
            )

    async def _found(self, statement: Select[Any]) -> tuple[PromptUpdate, ...]:
        async with self._database.reading() as sql:
            rows = await sql.rows(statement)
        return tuple(PromptUpdate(**row) for row in rows)

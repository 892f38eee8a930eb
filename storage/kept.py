"""How much is kept, for the doctor: what grows with time, counted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, select, text

from storage.engine import Database
from storage.schema import memory_notes, model_calls, news_facts

SIZE = {
    "sqlite": text(
        "SELECT page_count * page_size AS n FROM pragma_page_count(), pragma_page_size()"
    ),
    "postgresql": text("SELECT pg_database_size(current_database()) AS n"),
}
_COUNTS: dict[str, Select[int]] = {
    "calls": select(func.count().label("n")).select_from(model_calls),
    "whole_calls": select(func.count().label("n"))
    .select_from(model_calls)
    .where(model_calls.c.inputs != ""),
    "facts": select(func.count().label("n")).select_from(news_facts),
    "notes": select(func.count().label("n")).select_from(memory_notes),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Bytes of the database, and rows: calls of the model in all and with texts, facts, notes."""

    size: int
    calls: int
    whole_calls: int
    facts: int
    notes: int


async def kept_in(database: Database) -> Kept:
    """Count. Raises StorageError."""
    async with database.reading() as sql:
        size = await sql.rows(SIZE[sql.dialect])
        counts = {name: (await sql.rows(count))[0]["n"] for name, count in _COUNTS.items()}
    return Kept(size=int(size[0]["n"]), **counts)

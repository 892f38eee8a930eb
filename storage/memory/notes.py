"""Remembered notes on SQL (`core.ports.archive.MemoryArchive`), found by shared grams."""

from __future__ import annotations

from datetime import date

from sqlalchemy import RowMapping, delete, func, select

from core.domain.conversation import MemoryNote
from storage.engine import Database
from storage.memory.grams import GRAMS_PER_NOTE_MAX, GRAMS_PER_QUERY_MAX, grams
from storage.records import texts_from_json, texts_to_json
from storage.schema import memory_grams, memory_notes


class SqlMemoryArchive:
    """Stores notes and finds the ones whose words are nearest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, note: MemoryNote) -> None:
        """Store a note. The same (source, day) replaces the older text."""
        values = {
            "kind": note.kind,
            "text": note.text,
            "day": note.day,
            "source": note.source,
            "symbols": texts_to_json(note.symbols),
            "created_at": note.created_at,
        }
        # Symbols first: they must be found even when a very long text reaches the bound.
        found_by = grams(" ".join((*note.symbols, note.kind, note.text)), GRAMS_PER_NOTE_MAX)
        same = (memory_notes.c.source == note.source) & (memory_notes.c.day == note.day)
        async with self._database.transaction() as sql:
            await sql.upsert(memory_notes, [values], ("source", "day"))
            (row,) = await sql.rows(select(memory_notes.c.note_id).where(same))
            note_id = row["note_id"]
            await sql.run(delete(memory_grams).where(memory_grams.c.note_id == note_id))
            await sql.insert_many(
                memory_grams, [{"gram": gram, "note_id": note_id} for gram in found_by]
            )

    async def nearest(self, query: str, limit: int) -> tuple[MemoryNote, ...]:
        """Return the notes sharing most grams with `query`; among equals the newest first."""
        wanted = grams(query, GRAMS_PER_QUERY_MAX)
        if not wanted or limit < 1:
            return ()
        overlap = func.count(memory_grams.c.gram)
        scores = (
            select(memory_grams.c.note_id, overlap.label("score"))
            .where(memory_grams.c.gram.in_(wanted))
            .group_by(memory_grams.c.note_id)
            .subquery()
        )
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(memory_notes)
                .join(scores, scores.c.note_id == memory_notes.c.note_id)
                .order_by(
                    scores.c.score.desc(),
                    memory_notes.c.day.desc(),
                    memory_notes.c.created_at.desc(),
                    memory_notes.c.note_id.desc(),
                )
                .limit(limit)
            )
        return tuple(_note_of(row) for row in rows)

    async def notes_on(self, day: date) -> tuple[MemoryNote, ...]:
        """Return the notes of one KST day, oldest first."""
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(memory_notes)
                .where(memory_notes.c.day == day)
                .order_by(memory_notes.c.created_at, memory_notes.c.note_id)
            )
        return tuple(_note_of(row) for row in rows)


def _note_of(row: RowMapping) -> MemoryNote:
    values = dict(row)
    return MemoryNote(**values | {"symbols": texts_from_json(values["symbols"])})

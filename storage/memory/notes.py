"""Remembered notes on SQL (`core.ports.memory.MemoryArchive`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    RowMapping,
    Select,
    bindparam,
    delete,
    desc,
    func,
    select,
    true,
    update,
)
from sqlalchemy.sql.selectable import TextualSelect

from core.domain.journal import JournalEntry
from core.domain.memory import NOTE_CHARACTERS_MAX, MemoryNote, MemoryPage
from storage.columns import clean_text
from storage.engine import Database
from storage.ledger_journal import JournalWriter
from storage.memory.grams import (
    NEAR_TOKENS_MAX,
    folded,
    near_tokens,
    note_tokens,
    query_words,
    readers_of,
)
from storage.memory.word_index import PostgresqlIndex, SqliteIndex, Wanted, WordIndex
from storage.records import texts_from_json, texts_to_json
from storage.schema import memory_notes, sessions
from storage.statements import Statements

_NOTES = memory_notes.c
_INDEXED = (_NOTES.note_id, _NOTES.guild_id, _NOTES.owner_id, _NOTES.folded)


class SqlMemoryArchive:
    """Stores notes of one guild and finds them."""

    def __init__(self, database: Database, guild_id: int = 0, build: str = "") -> None:
        """`guild_id` 0 is no guild; `build` names this program in journal lines."""
        self._database = database
        self._guild = guild_id
        self._build = build
        is_sqlite = database.url.get_backend_name() == "sqlite"
        self._index: WordIndex = SqliteIndex() if is_sqlite else PostgresqlIndex()

    async def remember(self, notes: Sequence[MemoryNote]) -> None:
        """Store notes together. The same (source, day) replaces the older text, as a new note."""
        async with self._database.transaction() as sql:
            for note in notes:
                same = (_NOTES.source == note.source) & (_NOTES.day == note.day)
                await self._drop(sql, same)
                await self._add(sql, note)

    async def search(
        self, query: str, *, reader: int | None, limit: int, skipped: int = 0
    ) -> MemoryPage:
        """Return the notes that contain every word of `query`, newest first."""
        words = query_words(query)
        if not words:
            return MemoryPage(notes=(), total=0)
        return await self._page(Wanted(words, self._guild, reader), limit, skipped)

    async def listed(self, *, reader: int | None, limit: int, skipped: int = 0) -> MemoryPage:
        """Return notes, newest first."""
        return await self._page(Wanted((), self._guild, reader), limit, skipped)

    async def _page(self, wanted: Wanted, limit: int, skipped: int) -> MemoryPage:
        async with self._database.reading() as sql:
            found, values = await self._index.found(sql, wanted)
            page = _page_of(found, keeps=sql.dialect == "postgresql")
            rows = await sql.rows(page, {**values, "limit": limit, "skipped": skipped})
        notes = tuple(note_of(row) for row in rows if row["note_id"] is not None)
        return MemoryPage(notes=notes, total=rows[0]["total"])

    async def nearest(
        self, query: str, *, reader: int | None, limit: int
    ) -> tuple[MemoryNote, ...]:
        """Return the notes that share most with `query`, best first, among equals the newest."""
        tokens = near_tokens(folded(query), NEAR_TOKENS_MAX)
        if not tokens or limit < 1:
            return ()
        near = self._index.near().subquery()
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(memory_notes)
                .join(near, near.c.note_id == _NOTES.note_id)
                .where(readable(self._guild, reader))
                .order_by(
                    near.c.score.desc(),
                    _NOTES.day.desc(),
                    _NOTES.created_at.desc(),
                    _NOTES.note_id.desc(),
                )
                .limit(limit),
                {"tokens": list(tokens)},
            )
        return tuple(note_of(row) for row in rows)

    async def note(self, note_id: int, *, reader: int | None) -> MemoryNote | None:
        """Return one note, or None when there is none that `reader` may read."""
        async with self._database.reading() as sql:
            row = await sql.row(
                select(memory_notes).where(_NOTES.note_id == note_id, readable(self._guild, reader))
            )
        return None if row is None else note_of(row)

    async def forget(self, note: MemoryNote, entry: JournalEntry) -> bool:
        """Delete a note and what its thread keeps of it, and journal it, in one transaction."""
        async with self._database.transaction() as sql:
            if not await self._drop(sql, _NOTES.note_id == note.note_id):
                return False
            await sql.run(
                update(sessions)
                .where(sessions.c.thread_id == note.thread_id, sessions.c.summary == note.text)
                .values(summary="")
            )
            await JournalWriter(sql, self._build).append_journal(entry)
        return True

    async def _add(self, sql: Statements, note: MemoryNote) -> None:
        text = clean_text(note.text[:NOTE_CHARACTERS_MAX])
        # Symbols and kind are words of the note like any other.
        found_by = folded(" ".join((*note.symbols, note.kind, text)))
        values = {
            "guild_id": self._guild,
            "owner_id": note.owner_id,
            "thread_id": note.thread_id,
            "kind": note.kind,
            "text": text,
            "folded": found_by,
            "day": note.day,
            "source": note.source,
            "symbols": texts_to_json(note.symbols),
            "created_at": note.created_at,
        }
        (row,) = await sql.rows(memory_notes.insert().values(values).returning(_NOTES.note_id))
        tokens = note_tokens(found_by, readers_of(self._guild, note.owner_id))
        await self._index.add(sql, row["note_id"], tokens)

    async def _drop(self, sql: Statements, which: ColumnElement[bool]) -> bool:
        """Delete at most one note with all that hangs on it; return whether there was one."""
        row = await sql.row(select(*_INDEXED).where(which))
        if row is None:
            return False
        tokens = note_tokens(row["folded"], readers_of(row["guild_id"], row["owner_id"]))
        await self._index.remove(sql, row["note_id"], tokens)
        await sql.run(delete(memory_notes).where(_NOTES.note_id == row["note_id"]))
        return True


def readable(guild_id: int, reader: int | None) -> ColumnElement[bool]:
    """Return what is true of the notes of a guild that `reader` may read; None may read all."""
    of_guild = _NOTES.guild_id.in_((0, guild_id))
    return of_guild & (true() if reader is None else _NOTES.owner_id.in_((0, reader)))


@cache
def _page_of(found: TextualSelect, *, keeps: bool) -> Select[Any]:
    """Return the select of a page of what is found; each row, and there is one, has the total."""
    # SQLite finds twice and keeps nothing: the newest are had without walking through all, and
    # counting is cheap. PostgreSQL walks through all both times, so it keeps what it found.
    kept = found.cte("found") if keeps else None
    first, second = (found.subquery() if kept is None else kept for _ in range(2))
    page = (
        select(first.c.note_id)
        .order_by(desc("note_id"))
        .limit(bindparam("limit", type_=Integer()))
        .offset(bindparam("skipped", type_=Integer()))
        .subquery()
    )
    total = select(func.count().label("total")).select_from(second).subquery()
    return (
        select(total.c.total, memory_notes)
        .select_from(total.outerjoin(page, true()))
        .outerjoin(memory_notes, _NOTES.note_id == page.c.note_id)
        .order_by(page.c.note_id.desc())
    )


def note_of(row: RowMapping) -> MemoryNote:
    """Return the note of a row that has every column of one."""
    values: dict[str, Any] = {item.name: row[item.name] for item in fields(MemoryNote)}
    return MemoryNote(**values | {"symbols": texts_from_json(values["symbols"])})

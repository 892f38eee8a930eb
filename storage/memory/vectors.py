"""Vectors of notes in SQL rows, compared by numpy: exact, and as fast as memory is read.

Loaded once per model and process; what is stored later is added to what is loaded. Only this
process writes the database, so nothing else can change what is loaded; a note that was deleted
meanwhile is not found any more because its row is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from core.domain.memory import MemoryNote
from storage.engine import Database
from storage.memory.notes import note_of, readable
from storage.schema import memory_notes, memory_vectors

ROWS_PER_READ = 5_000
_STORED = "<f4"
_ROOM_MIN = 256
_NOTES, _VECTORS = memory_notes.c, memory_vectors.c


class VectorTable:
    """Vectors of one length with the numbers and owners of their notes."""

    def __init__(self, dimensions: int) -> None:
        self.count = 0
        self._rows: NDArray[np.float32] = np.empty((_ROOM_MIN, dimensions), np.float32)
        self._ids: NDArray[np.int64] = np.empty(_ROOM_MIN, np.int64)
        self._owners: NDArray[np.int64] = np.empty(_ROOM_MIN, np.int64)

    def add(self, note_ids: Sequence[int], owners: Sequence[int], rows: NDArray[Any]) -> None:
        """Append vectors; room is doubled, so that adding one by one stays cheap."""
        end = self.count + len(note_ids)
        if end > len(self._ids):
            room = max(end, 2 * len(self._ids))
            self._rows = _grown(self._rows, room)
            self._ids, self._owners = _grown(self._ids, room), _grown(self._owners, room)
        self._rows[self.count : end] = rows
        self._ids[self.count : end] = note_ids
        self._owners[self.count : end] = owners
        self.count = end

    def best(self, vector: NDArray[np.float32], reader: int | None, limit: int) -> list[int]:
        """Return the numbers of the nearest notes by cosine, best first, among equals the newest."""
        scores = self._rows[: self.count] @ vector
        if reader is not None:
            owners = self._owners[: self.count]
            scores[(owners != 0) & (owners != reader)] = -np.inf
        kept = np.arange(self.count)
        if limit < self.count:
            # Everything as good as the last that is kept, so that ties are broken by the number.
            border = np.partition(scores, self.count - limit)[self.count - limit]
            kept = np.flatnonzero(scores >= border)
        ids = self._ids[: self.count]
        ordered = kept[np.lexsort((-ids[kept], -scores[kept]))]
        return [int(ids[at]) for at in ordered[:limit] if scores[at] > -np.inf]


class SqlVectorArchive:
    """Implements `core.ports.memory.VectorArchive` for the notes of one guild."""

    def __init__(self, database: Database, guild_id: int = 0) -> None:
        """Load nothing yet."""
        self._database = database
        self._guild = guild_id
        self._tables: dict[tuple[str, int], VectorTable] = {}
        self._loading = asyncio.Lock()

    async def unknown(self, model: str, limit: int) -> tuple[MemoryNote, ...]:
        """Return the newest notes without a vector of `model`."""
        known = select(_VECTORS.note_id).where(_VECTORS.model == model)
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(memory_notes)
                .where(readable(self._guild, None), _NOTES.note_id.not_in(known))
                .order_by(_NOTES.note_id.desc())
                .limit(limit)
            )
        return tuple(note_of(row) for row in rows)

    async def put(self, model: str, vectors: Mapping[int, Sequence[float]]) -> None:
        """Store vectors by note. A note that is gone is left out."""
        async with self._loading:
            async with self._database.transaction() as sql:
                there = await sql.rows(
                    select(_NOTES.note_id, _NOTES.owner_id).where(_NOTES.note_id.in_(list(vectors)))
                )
                units = {row["note_id"]: _unit(vectors[row["note_id"]]) for row in there}
                await sql.upsert(
                    memory_vectors,
                    [
                        {
                            "note_id": note_id,
                            "model": model,
                            "vector": row.astype(_STORED).tobytes(),
                        }
                        for note_id, row in units.items()
                    ],
                    ("note_id",),
                )
            for row in there:
                unit = units[row["note_id"]]
                table = self._tables.get((model, len(unit)))
                if table is not None:
                    table.add([row["note_id"]], [row["owner_id"]], unit[None, :])

    async def drop(self, note_id: int) -> None:
        """Do nothing: the row of a vector goes with that of its note."""

    async def nearest(
        self, model: str, vector: Sequence[float], *, reader: int | None, limit: int
    ) -> tuple[MemoryNote, ...]:
        """Return the notes whose vectors are nearest to `vector`, best first."""
        unit, asked = _unit(vector), limit
        async with self._loading:
            table = await self._table(model, len(unit))
            while limit > 0:
                ids = await asyncio.to_thread(table.best, unit, reader, asked)
                notes = await self._notes(ids, reader)
                # Deleted ones leave gaps: ask for more, until there is no more to ask for.
                if len(notes) >= limit or len(ids) < asked:
                    return notes[:limit]
                asked *= 2
        return ()

    async def _table(self, model: str, dimensions: int) -> VectorTable:
        table = self._tables.get((model, dimensions))
        if table is None:
            table = VectorTable(dimensions)
            await self._load(table, model, dimensions)
            self._tables[model, dimensions] = table
        return table

    async def _load(self, table: VectorTable, model: str, dimensions: int) -> None:
        last = 0
        while True:
            async with self._database.reading() as sql:
                rows = await sql.rows(
                    select(_VECTORS.note_id, _NOTES.owner_id, _VECTORS.vector)
                    .join(memory_notes, _NOTES.note_id == _VECTORS.note_id)
                    .where(
                        _VECTORS.model == model,
                        _VECTORS.note_id > last,
                        readable(self._guild, None),
                    )
                    .order_by(_VECTORS.note_id)
                    .limit(ROWS_PER_READ)
                )
            if not rows:
                return
            last = rows[-1]["note_id"]
            size = dimensions * np.dtype(_STORED).itemsize
            whole = [row for row in rows if len(row["vector"]) == size]
            if whole:
                joined = b"".join(row["vector"] for row in whole)
                table.add(
                    [row["note_id"] for row in whole],
                    [row["owner_id"] for row in whole],
                    np.frombuffer(joined, _STORED).reshape(len(whole), dimensions),
                )

    async def _notes(self, ids: Sequence[int], reader: int | None) -> tuple[MemoryNote, ...]:
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(memory_notes).where(_NOTES.note_id.in_(ids), readable(self._guild, reader))
            )
        notes = {row["note_id"]: note_of(row) for row in rows}
        return tuple(notes[note_id] for note_id in ids if note_id in notes)


def _unit(vector: Sequence[float]) -> NDArray[np.float32]:
    """Return the vector with length one; the null vector stays, like nothing and unlike nothing."""
    row = np.asarray(vector, np.float64)
    length = float(np.linalg.norm(row))
    return (row / length if length else row).astype(np.float32)


def _grown(array: NDArray[Any], room: int) -> NDArray[Any]:
    grown = np.empty((room, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown

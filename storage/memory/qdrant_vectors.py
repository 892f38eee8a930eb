"""Vectors of notes in Qdrant (`core.ports.memory.VectorArchive`): exact search, the texts stay in SQL.

One collection per database, model and length. A point carries its note's number, guild and owner
and nothing of its text. A note that was deleted while the server was away is not found any
more, because its row is gone, and its point goes with the next search that meets it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

import httpx
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException
from sqlalchemy import select

from core.domain.memory import MemoryNote
from core.errors import StorageError
from storage.engine import Database
from storage.memory.notes import note_of, readable
from storage.schema import memory_notes

CALL_SECONDS = 10.0
IDS_PER_READ = 1_000
POINTS_PER_WRITE = 500
_NOTES = memory_notes.c
T = TypeVar("T")


class QdrantVectorArchive:
    """Implements the port for the notes of one guild. `client` is closed by whoever made it."""

    def __init__(
        self, database: Database, client: AsyncQdrantClient, guild_id: int = 0, owner: str = ""
    ) -> None:
        """`owner` names the database among others that use the same server: its account's hash."""
        self._database = database
        self._client = client
        self._guild = guild_id
        self._owner = owner

    async def unknown(self, model: str, limit: int) -> tuple[MemoryNote, ...]:
        """Return the newest notes without a vector of `model`."""
        found: list[MemoryNote] = []
        below: int | None = None
        while len(found) < limit:
            notes = await self._newest(below)
            if not notes:
                break
            below = notes[-1].note_id
            known = await self._known(model, [note.note_id for note in notes])
            found += [note for note in notes if note.note_id not in known]
        return tuple(found[:limit])

    async def put(self, model: str, vectors: Mapping[int, Sequence[float]]) -> None:
        """Store vectors by note. A note that is gone is left out. A note has one vector only."""
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(_NOTES.note_id, _NOTES.guild_id, _NOTES.owner_id).where(
                    _NOTES.note_id.in_(list(vectors))
                )
            )
        by_length: dict[int, list[models.PointStruct]] = {}
        for row in rows:
            vector = list(vectors[row["note_id"]])
            payload = {"guild": row["guild_id"], "owner": row["owner_id"]}
            point = models.PointStruct(id=row["note_id"], vector=vector, payload=payload)
            by_length.setdefault(len(vector), []).append(point)
        ids = [row["note_id"] for row in rows]
        for name in await self._collections(""):
            await _answered(self._client.delete(name, models.PointIdsList(points=ids)))
        for length, points in by_length.items():
            name = await self._made(model, length)
            for start in range(0, len(points), POINTS_PER_WRITE):
                part = points[start : start + POINTS_PER_WRITE]
                await _answered(self._client.upsert(name, part, wait=True))

    async def drop(self, note_id: int) -> None:
        """Delete the point of a note that was deleted."""
        for name in await self._collections(""):
            await _answered(self._client.delete(name, models.PointIdsList(points=[note_id])))

    async def nearest(
        self, model: str, vector: Sequence[float], *, reader: int | None, limit: int
    ) -> tuple[MemoryNote, ...]:
        """Return the notes whose vectors are nearest to `vector`, best first."""
        name = self._named(model, len(vector))
        if limit < 1 or name not in await self._collections(""):
            return ()
        asked = limit
        while True:
            reply = await _answered(
                self._client.query_points(
                    name,
                    query=list(vector),
                    query_filter=self._readable(reader),
                    search_params=models.SearchParams(exact=True),
                    limit=asked,
                    with_payload=False,
                )
            )
            ranked = sorted(reply.points, key=lambda point: (-point.score, -int(point.id)))
            ids = [int(point.id) for point in ranked]
            notes = await self._notes(ids, reader)
            gone = sorted(set(ids) - set(notes))
            if gone:
                await _answered(self._client.delete(name, models.PointIdsList(points=[*gone])))
            if len(notes) >= limit or len(ids) < asked:
                return tuple(notes[note_id] for note_id in ids if note_id in notes)[:limit]
            asked *= 2

    def _readable(self, reader: int | None) -> models.Filter:
        guilds = models.MatchAny(any=sorted({0, self._guild}))
        must: list[models.Condition] = [models.FieldCondition(key="guild", match=guilds)]
        if reader is not None:
            owners = models.MatchAny(any=sorted({0, reader}))
            must.append(models.FieldCondition(key="owner", match=owners))
        return models.Filter(must=must)

    async def _newest(self, below: int | None) -> tuple[MemoryNote, ...]:
        wanted = select(memory_notes).where(readable(self._guild, None))
        if below is not None:
            wanted = wanted.where(_NOTES.note_id < below)
        async with self._database.reading() as sql:
            rows = await sql.rows(wanted.order_by(_NOTES.note_id.desc()).limit(IDS_PER_READ))
        return tuple(note_of(row) for row in rows)

    async def _known(self, model: str, ids: Sequence[int]) -> set[int]:
        known: set[int] = set()
        for name in await self._collections(self._named(model, None)):
            points = await _answered(self._client.retrieve(name, list(ids), with_payload=False))
            known |= {int(point.id) for point in points}
        return known

    async def _notes(self, ids: Sequence[int], reader: int | None) -> dict[int, MemoryNote]:
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(memory_notes).where(_NOTES.note_id.in_(ids), readable(self._guild, reader))
            )
        return {row["note_id"]: note_of(row) for row in rows}

    def _named(self, model: str, length: int | None) -> str:
        """Return the name of a collection, or without a length what those of a model begin with."""
        stem = f"{self._stem}{hashlib.sha256(model.encode()).hexdigest()[:16]}_"
        return stem if length is None else f"{stem}{length}"

    @property
    def _stem(self) -> str:
        return f"autotrade_{hashlib.sha256(self._owner.encode()).hexdigest()[:16]}_"

    async def _collections(self, beginning: str) -> list[str]:
        """Return the names of our collections that begin so."""
        reply = await _answered(self._client.get_collections())
        names = (item.name for item in reply.collections)
        return [name for name in names if name.startswith(beginning or self._stem)]

    async def _made(self, model: str, length: int) -> str:
        name = self._named(model, length)
        if name not in await self._collections(""):
            shape = models.VectorParams(size=length, distance=models.Distance.COSINE)
            await _answered(self._client.create_collection(name, vectors_config=shape))
        return name


async def _answered(call: Awaitable[T]) -> T:
    """Return what the server answers. Raises StorageError in words when it does not."""
    try:
        async with asyncio.timeout(CALL_SECONDS):
            return await call
    except (ApiException, httpx.HTTPError, OSError, ValueError) as error:
        raise StorageError(f"Qdrant does not answer ({type(error).__name__})") from error

"""Finding notes by what they mean. A provider that fails costs nothing but that: words still find."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from core.domain.memory import MemoryNote
from core.errors import ModelError
from core.ports.memory import Embedder, VectorArchive

_LOG = structlog.get_logger(__name__)
# Of one request; the rest of what has no vector yet follows with the next notes.
TEXTS_MAX = 32
TEXT_CHARACTERS_MAX = 2_000
LEARN_SECONDS_MAX = 20.0
ASK_SECONDS_MAX = 8.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """An embedding model and where its vectors are kept."""

    embedder: Embedder
    vectors: VectorArchive

    async def learn(self) -> int:
        """Make vectors of the newest notes without one; return of how many. Logs what fails."""
        notes = await self.vectors.unknown(self.embedder.name, TEXTS_MAX)
        if not notes:
            return 0
        try:
            async with asyncio.timeout(LEARN_SECONDS_MAX):
                made = await self.embedder.embed([_told(note.text) for note in notes])
        except (ModelError, TimeoutError) as error:
            _LOG.warning("no vectors yet", notes=len(notes), error=repr(error)[:200])
            return 0
        ids = [note.note_id for note in notes]
        await self.vectors.put(self.embedder.name, dict(zip(ids, made, strict=True)))
        return len(ids)

    async def nearest(
        self, query: str, *, reader: int | None, limit: int
    ) -> tuple[MemoryNote, ...]:
        """Return the notes that mean most what `query` means; nothing when nobody can say."""
        if not query.strip():
            return ()
        try:
            async with asyncio.timeout(ASK_SECONDS_MAX):
                (vector,) = await self.embedder.embed([_told(query)])
        except (ModelError, TimeoutError) as error:
            _LOG.warning("searched by words only", error=repr(error)[:200])
            return ()
        return await self.vectors.nearest(self.embedder.name, vector, reader=reader, limit=limit)


def _told(text: str) -> str:
    # Providers refuse an empty text.
    return text[:TEXT_CHARACTERS_MAX].strip() or "-"

"""Finding notes by what they mean. A provider that fails costs nothing but that: words still find."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from core.domain.memory import MemoryNote
from core.errors import ModelError, StorageError
from core.ports.memory import Embedder, VectorArchive

_LOG = structlog.get_logger(__name__)
# Of one request; the rest of what has no vector yet follows with the next notes.
TEXTS_MAX = 32
TEXT_CHARACTERS_MAX = 2_000
LEARN_SECONDS_MAX = 20.0
ASK_SECONDS_MAX = 8.0


@dataclass(slots=True)
class Meaning:
    """An embedding model and where its vectors are kept.

    `is_away` says that the newest search could not use them: model or vector store did not answer.
    """

    embedder: Embedder
    vectors: VectorArchive
    is_away: bool = field(default=False, init=False)

    async def learn(self) -> int:
        """Make vectors of the newest notes without one; return of how many. Logs what fails."""
        try:
            async with asyncio.timeout(LEARN_SECONDS_MAX):
                notes = await self.vectors.unknown(self.embedder.name, TEXTS_MAX)
                if not notes:
                    return 0
                made = await self.embedder.embed([_told(note.text) for note in notes])
                ids = [note.note_id for note in notes]
                await self.vectors.put(self.embedder.name, dict(zip(ids, made, strict=True)))
        except (ModelError, StorageError, TimeoutError) as error:
            _LOG.warning("no vectors yet", error=repr(error)[:200])
            return 0
        return len(ids)

    async def forget(self, note_id: int) -> None:
        """Delete the vector of a note that was deleted. A store that is away is logged."""
        try:
            async with asyncio.timeout(ASK_SECONDS_MAX):
                await self.vectors.drop(note_id)
        except (StorageError, TimeoutError) as error:
            _LOG.warning("a vector without a note stays", note=note_id, error=repr(error)[:200])

    async def nearest(
        self, query: str, *, reader: int | None, limit: int
    ) -> tuple[MemoryNote, ...]:
        """Return the notes that mean most what `query` means; nothing when nobody can say."""
        if not query.strip():
            return ()
        name = self.embedder.name
        try:
            async with asyncio.timeout(ASK_SECONDS_MAX):
                (vector,) = await self.embedder.embed([_told(query)])
                found = await self.vectors.nearest(name, vector, reader=reader, limit=limit)
        except (ModelError, StorageError, TimeoutError) as error:
            _LOG.warning("searched by words only", error=repr(error)[:200])
            self.is_away = True
            return ()
        self.is_away = False
        return found


def _told(text: str) -> str:
    # Providers refuse an empty text.
    return text[:TEXT_CHARACTERS_MAX].strip() or "-"

"""Remembers, recalls and forgets. Plain: no layers, nothing fades, everything can be looked at."""

from __future__ import annotations

import hashlib
from enum import Enum

from core.domain.journal import JournalEntry
from core.domain.memory import MemoryNote, MemoryPage
from core.ports.archive import SessionArchive
from core.ports.clock import Clock
from core.ports.memory import MemoryArchive
from core.services.memory.meaning import Meaning
from core.services.memory.ranking import joined

NOBODY = 0


class Forgotten(Enum):
    """What came of asking to forget a note."""

    DONE = "done"
    NOT_THERE = "not_there"
    NOT_YOURS = "not_yours"


class MemoryService:
    """Implements `core.ports.memory.Memory`, and answers people who look into their memory."""

    def __init__(
        self,
        archive: MemoryArchive,
        sessions: SessionArchive,
        clock: Clock,
        meaning: Meaning | None = None,
    ) -> None:
        """Keep the ports. Without `meaning` notes are found by their words only."""
        self._archive = archive
        self._sessions = sessions
        self._clock = clock
        self._meaning = meaning

    async def remember(self, *notes: MemoryNote) -> None:
        """Store notes together. The same (source, day) replaces the older text."""
        await self._archive.remember(notes)
        if self._meaning is not None:
            await self._meaning.learn()

    @property
    def is_by_words_only(self) -> bool:
        """Whether the newest search should have used meaning too, and could not."""
        return self._meaning is not None and self._meaning.is_away

    async def recall(
        self, query: str, limit: int, *, thread_id: int | None = None
    ) -> tuple[MemoryNote, ...]:
        """Return what answers `query` best, best first.

        In a thread what belongs to everybody, and to whoever opened the thread. Without one, what
        belongs to everybody: the briefing that asks is read by all.
        """
        reader = NOBODY if thread_id is None else await self._owner_of(thread_id)
        page = await self._archive.search(query, reader=reader, limit=limit)
        near = await self._archive.nearest(query, reader=reader, limit=limit)
        meant: tuple[MemoryNote, ...] = ()
        if self._meaning is not None:
            meant = await self._meaning.nearest(query, reader=reader, limit=limit)
        return joined((page.notes, near, meant), limit)

    async def look(self, reader: int, query: str, *, limit: int, skipped: int = 0) -> MemoryPage:
        """Return what `reader` may read: what contains every word of `query`, without one all."""
        if not query.strip():
            return await self._archive.listed(reader=reader, limit=limit, skipped=skipped)
        return await self._archive.search(query, reader=reader, limit=limit, skipped=skipped)

    async def note(self, reader: int, note_id: int) -> MemoryNote | None:
        """Return one note, or None when there is none that `reader` may read."""
        return await self._archive.note(note_id, reader=reader)

    async def forget(self, reader: int, note_id: int, *, may_forget_shared: bool) -> Forgotten:
        """Delete a note for good. What belongs to everybody needs the right to do so.

        The journal keeps who deleted which note, and of its text the hash only.
        """
        note = await self._archive.note(note_id, reader=reader)
        if note is None:
            return Forgotten.NOT_THERE
        if note.owner_id == NOBODY and not may_forget_shared:
            return Forgotten.NOT_YOURS
        entry = JournalEntry(
            at=self._clock.now(),
            kind="memory.forgotten",
            actor=str(reader),
            subject=f"memory:{note_id}",
            facts={
                "kind": note.kind,
                "source": note.source,
                "day": note.day.isoformat(),
                "text_sha256": hashlib.sha256(note.text.encode()).hexdigest(),
            },
        )
        gone = await self._archive.forget(note, entry)
        if gone and self._meaning is not None:
            await self._meaning.forget(note_id)
        return Forgotten.DONE if gone else Forgotten.NOT_THERE

    async def _owner_of(self, thread_id: int) -> int:
        session = await self._sessions.session(thread_id)
        return NOBODY if session is None else session.owner_id

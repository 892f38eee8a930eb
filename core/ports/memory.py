"""What is remembered, how it is found again by words and by meaning, and how it is forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.domain.journal import JournalEntry
from core.domain.memory import MemoryNote, MemoryPage


class Memory(Protocol):
    """What is remembered, for whoever works with it (core.services.memory)."""

    @property
    def is_by_words_only(self) -> bool:
        """Whether the newest search should have used meaning too, and could not."""

    async def remember(self, *notes: MemoryNote) -> None:
        """Store notes together. The same (source, day) replaces the older text."""

    async def recall(
        self, query: str, limit: int, *, thread_id: int | None = None
    ) -> tuple[MemoryNote, ...]:
        """Return what answers `query` best, best first.

        In a thread what belongs to everybody, and to whoever opened the thread; without one only
        what belongs to everybody.
        """


class MemoryArchive(Protocol):
    """Where notes are stored, of one guild.

    `reader` is a person: they read what belongs to everybody and what is theirs. None reads all.
    """

    async def remember(self, notes: Sequence[MemoryNote]) -> None:
        """Store notes together. The same (source, day) replaces the older text, as a new note."""

    async def search(
        self, query: str, *, reader: int | None, limit: int, skipped: int = 0
    ) -> MemoryPage:
        """Return the notes that contain every word of `query`, newest first.

        A word is found inside another one: 환율 in 원달러환율이. A query without a letter or a
        number finds nothing.
        """

    async def nearest(
        self, query: str, *, reader: int | None, limit: int
    ) -> tuple[MemoryNote, ...]:
        """Return the notes that share most with `query`, best first, among equals the newest.

        What is shared are pairs of Hangul and whole Latin words or numbers.
        """

    async def listed(self, *, reader: int | None, limit: int, skipped: int = 0) -> MemoryPage:
        """Return notes, newest first."""

    async def note(self, note_id: int, *, reader: int | None) -> MemoryNote | None:
        """Return one note, or None when there is none that `reader` may read."""

    async def forget(self, note: MemoryNote, entry: JournalEntry) -> bool:
        """Delete a note and what a thread keeps of it, and journal `entry`, in one transaction.

        Return False, and journal nothing, when it is gone already.
        """


class Embedder(Protocol):
    """A model that makes vectors of texts; texts that mean alike get vectors that point alike."""

    @property
    def name(self) -> str:
        """Name of the model: vectors of different models cannot be compared."""

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """Return one finite vector per text, all of one length. Raises ModelError."""


class VectorArchive(Protocol):
    """Where the vectors of notes are kept and compared: SQL rows, or a server for vectors."""

    async def unknown(self, model: str, limit: int) -> tuple[MemoryNote, ...]:
        """Return the newest notes without a vector of `model`."""

    async def put(self, model: str, vectors: Mapping[int, Sequence[float]]) -> None:
        """Store vectors by the number of their note. A note that is gone is left out."""

    async def drop(self, note_id: int) -> None:
        """Delete the vector of a note that was deleted."""

    async def nearest(
        self, model: str, vector: Sequence[float], *, reader: int | None, limit: int
    ) -> tuple[MemoryNote, ...]:
        """Return the notes whose vectors are nearest to `vector` by cosine, best first.

        Exact: no note that `reader` may read is nearer than those returned.
        """

"""Joining several rankings of notes into one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from core.domain.memory import MemoryNote

# Reciprocal rank fusion (Cormack, Clarke, Buettcher 2009): 60 is their constant. Ranks are joined,
# not scores, because the scores of words and of vectors cannot be compared.
RANK_OFFSET = 60


def joined(rankings: Sequence[Sequence[MemoryNote]], limit: int) -> tuple[MemoryNote, ...]:
    """Return the notes of all rankings, best first, among equals the newest; at most `limit`."""
    scores: defaultdict[int, float] = defaultdict(float)
    notes: dict[int, MemoryNote] = {}
    for ranking in rankings:
        for rank, note in enumerate(ranking, start=1):
            scores[note.note_id] += 1 / (RANK_OFFSET + rank)
            notes[note.note_id] = note
    best = sorted(notes, key=lambda note_id: (-scores[note_id], -note_id))
    return tuple(notes[note_id] for note_id in best[:limit])

"""What is remembered: texts of people, models and feeds, so always data, never an instruction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

# What is longer is cut before it is stored, so that what is found is what is there.
NOTE_CHARACTERS_MAX = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryNote:
    """A remembered text: a session summary, a briefing, a proposal with its verdict.

    `source` says where it came from (``session:123``, ``briefing:2023-03-02``). `owner_id` is the
    person whose it is, who opened the thread `thread_id`; 0 and 0 belong to the whole guild.
    """

    kind: str
    text: str
    day: date
    source: str
    symbols: tuple[str, ...] = ()
    created_at: datetime
    owner_id: int = 0
    thread_id: int = 0
    note_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPage:
    """Some notes, newest first, and how many there are in all."""

    notes: tuple[MemoryNote, ...]
    total: int

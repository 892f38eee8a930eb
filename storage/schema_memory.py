"""Tables of what is remembered. The index of its words is SQL of one dialect: see the migrations."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, UniqueConstraint

from storage.columns import NUMBER, at_least, day, instant, number, text
from storage.schema_orders import METADATA

# The number of a deleted note is never given again: people delete notes by their numbers.
memory_notes = Table(
    "memory_notes",
    METADATA,
    Column("note_id", NUMBER, primary_key=True),
    number("guild_id"),
    number("owner_id"),
    number("thread_id"),
    text("kind"),
    text("text"),
    text("folded"),
    day("day"),
    text("source"),
    text("symbols"),
    instant("created_at"),
    UniqueConstraint("source", "day"),
    Index("ix_memory_notes_day", "day"),
    Index("ix_memory_notes_guild_id_owner_id", "guild_id", "owner_id"),
    *at_least(0, "guild_id", "owner_id", "thread_id"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

memory_vectors = Table(
    "memory_vectors",
    METADATA,
    Column(
        "note_id",
        NUMBER,
        ForeignKey("memory_notes.note_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    text("model"),
    Column("vector", LargeBinary, nullable=False),
    sqlite_strict=True,
)

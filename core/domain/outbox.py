"""Messages that must reach people: stored with what they tell of, delivered until they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One alarm on its way to the alert channel.

    `key` is unique: telling the same thing twice (after a crash, at the next look) stores nothing.
    Discord gets a nonce made of it, so that a repeat after a lost answer posts nothing either.
    `held_at` is when it was put aside for a digest, which then delivers it.
    """

    key: str
    title: str
    text: str
    created_at: datetime
    delivered_at: datetime | None = None
    tries: int = 0
    held_at: datetime | None = None

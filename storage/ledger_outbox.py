"""Messages on their way to people, inside one ledger transaction."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from core.domain.outbox import OutboxMessage
from storage.records_books import message_of
from storage.schema import outbox
from storage.statements import Statements


class OutboxRows:
    """The outbox part of `LedgerTransaction`."""

    _sql: Statements

    async def enqueue(self, message: OutboxMessage) -> bool:
        """Store a message for people. Return False when its key was already used."""
        return await self._sql.insert_once(outbox, asdict(message))

    async def was_told(self, begins: str, ends: str) -> bool:
        """Whether there ever was a message whose key begins and ends with these words."""
        key = outbox.c.key
        found = await self._sql.rows(
            select(outbox.c.message_id)
            .where(key.startswith(begins, autoescape=True), key.endswith(ends, autoescape=True))
            .limit(1)
        )
        return bool(found)

    async def undelivered(self, limit: int = 100) -> tuple[OutboxMessage, ...]:
        """Return messages to be shown, oldest first; not what is kept for a digest."""
        return await self._unseen(outbox.c.held_at.is_(None), limit)

    async def hold_back(self, key: str, at: datetime) -> None:
        """Keep a message that nobody has seen for a digest."""
        await self._sql.run(
            update(outbox)
            .where(outbox.c.key == key, outbox.c.delivered_at.is_(None))
            .values(held_at=at)
        )

    async def held_back(self, limit: int = 1_000) -> tuple[OutboxMessage, ...]:
        """Return what is kept for a digest, oldest first."""
        return await self._unseen(outbox.c.held_at.is_not(None), limit)

    async def mark_delivered(self, key: str, at: datetime) -> None:
        """Note that people can see the message; the first instant stays."""
        await self._sql.run(
            update(outbox)
            .where(outbox.c.key == key, outbox.c.delivered_at.is_(None))
            .values(delivered_at=at)
        )

    async def count_try(self, key: str) -> None:
        """Note that a delivery failed."""
        await self._sql.run(
            update(outbox).where(outbox.c.key == key).values(tries=outbox.c.tries + 1)
        )

    async def _unseen(
        self, condition: ColumnElement[bool], limit: int
    ) -> tuple[OutboxMessage, ...]:
        rows = await self._sql.rows(
            select(outbox)
            .where(outbox.c.delivered_at.is_(None), condition)
            .order_by(outbox.c.message_id)
            .limit(limit)
        )
        return tuple(message_of(row) for row in rows)

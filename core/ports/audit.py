"""Reading the audit trail: why something happened, and whether the trail is whole."""

from __future__ import annotations

from typing import Protocol

from core.domain.journal import JournalHead, JournalLine
from core.domain.story import Story


class JournalVerifier(Protocol):
    """Can check the whole chain of hashes (storage)."""

    async def verify_journal(self) -> JournalHead:
        """Recompute every hash. Raises JournalAltered naming the first line that does not hold."""


class AuditReader(Protocol):
    """What /report why, /status and `python -m bot audit` read (core.services.audit)."""

    async def story(self, subject: str) -> Story | None:
        """Return everything about a ticket id or an order id, None when nothing is known of it."""

    async def head(self) -> JournalHead:
        """Return the last line's number and hash, without checking the lines before."""

    async def verify(self) -> JournalHead:
        """Check the whole chain. Raises JournalAltered naming the first line that does not hold."""

    async def line(self, number: int) -> JournalLine | None:
        """Return one line by its number."""

    async def last(self, limit: int) -> tuple[JournalLine, ...]:
        """Return the newest lines, oldest first."""

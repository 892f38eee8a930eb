"""What the chat asks of whoever makes files and spreadsheets of the record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from core.domain.conversation import ChatLine, ChatSession
from core.domain.exports import Table, TableKind
from core.services.reflection.weekly import Span


class Exports(Protocol):
    """Tables for a spreadsheet (core.services.reflection.exporting)."""

    async def tables(self, span: Span, kinds: Collection[TableKind]) -> tuple[Table, ...]:
        """Return the asked tables of a span of days. Raises StorageError."""


class Sheet(Protocol):
    """The spreadsheet of Google's (bot.exports.sheet_export)."""

    @property
    def writes_as(self) -> str:
        """The address with which it must be shared."""

    async def write(self) -> Mapping[str, int]:
        """Write it anew, and return the rows of each worksheet. Raises TradingError."""


class Transcripts(Protocol):
    """What was said in threads (core.ports.archive.SessionArchive)."""

    async def session(self, thread_id: int) -> ChatSession | None:
        """Return the session of a thread."""

    async def lines(self, thread_id: int, limit: int = ...) -> tuple[ChatLine, ...]:
        """Return its newest `limit` lines, oldest first."""

"""The tools that recall: headlines of today, and what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.ports.dialogue import MemoryAsk, NewsAsk
from core.ports.memory import Memory
from core.ports.news import NewsDigest
from core.services.sessions import results
from core.services.sessions.registry import Asker
from core.services.sessions.results import ToolOutcome

MEMORY_ROWS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallTools:
    """Reads what others gathered. `news` returns the latest digest, or None before the first."""

    memory: Memory
    news: Callable[[], NewsDigest | None]

    async def headlines(self, ask: NewsAsk, asker: Asker) -> ToolOutcome:
        """Return the latest headlines, marked as data."""
        del ask, asker
        return results.news_result(self.news() or NewsDigest(headlines=(), failures=()))

    async def notes(self, ask: MemoryAsk, asker: Asker) -> ToolOutcome:
        """Return what whoever reads this thread may remember of a subject, marked as data."""
        notes = await self.memory.recall(ask.query, MEMORY_ROWS, thread_id=asker.thread_id)
        return results.memory_result(notes)

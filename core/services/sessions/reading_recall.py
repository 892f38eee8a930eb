"""The tools that recall: today's headlines with the facts read out of them, and memories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from core.domain.krx import KST
from core.ports.clock import Clock
from core.ports.desk import MarketReader
from core.ports.dialogue import MemoryAsk, NewsAsk
from core.ports.memory import Memory
from core.ports.news import NewsDigest, NewsFactArchive
from core.ports.phrases import Phrases
from core.services.sessions import results
from core.services.sessions.fact_words import fact_lines
from core.services.sessions.registry import Asker
from core.services.sessions.results import ToolOutcome

MEMORY_ROWS = 5
FACT_DAYS = 3
FACT_ROWS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallTools:
    """Reads what others gathered. `news` returns the latest digest, or None before the first."""

    memory: Memory
    news: Callable[[], NewsDigest | None]
    facts: NewsFactArchive
    clock: Clock
    market: MarketReader
    phrases: Phrases

    async def headlines(self, ask: NewsAsk, asker: Asker) -> ToolOutcome:
        """Return the latest headlines and the facts of the last days, marked as data."""
        del ask, asker
        since = self.clock.now().astimezone(KST).date() - timedelta(days=FACT_DAYS)
        facts = await self.facts.facts_since(since, FACT_ROWS)
        digest = self.news() or NewsDigest(headlines=(), failures=())
        return results.news_result(digest, fact_lines(facts, self.phrases, self.market))

    async def notes(self, ask: MemoryAsk, asker: Asker) -> ToolOutcome:
        """Return what whoever reads this thread may remember of a subject, marked as data."""
        notes = await self.memory.recall(ask.query, MEMORY_ROWS, thread_id=asker.thread_id)
        is_blind = self.memory.is_by_words_only
        return results.memory_result(notes, self.phrases.say("memory.by_words") if is_blind else "")

"""Facts of the news in words, the same in a briefing and in a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain.news_facts import NewsFact, told_together
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases

FACT_LINES_MAX = 12


def fact_lines(facts: Sequence[NewsFact], phrases: Phrases, market: MarketReader) -> list[str]:
    """Return at most `FACT_LINES_MAX` lines, those believed most first; each names its sources."""
    lines = []
    for told in told_together(facts)[:FACT_LINES_MAX]:
        known = market.instrument(told[0].symbol)
        lines.append(
            phrases.say(
                "news.fact",
                name=known.name if known else told[0].symbol,
                event=phrases.say(f"news.event_{told[0].event.value}"),
                day=told[0].day,
                sources=", ".join(dict.fromkeys(fact.source for fact in told)),
                confidence=phrases.say(f"news.confidence_{told[0].confidence.value}"),
            )
        )
    return lines

"""Where the answers of a conversation come from: what was read, and when. Never the model's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.chat.leg_words import listed
from bot.chat.text import one_line
from core.domain.conversation import ChatLine, Role
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.news_facts import NewsFact
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases
from core.services.sessions.recording import good_result_of
from core.services.sessions.summary import symbols_of

# The reading tools that a person wants to know of, as they are stored; each has a name in words.
TOOLS = (
    "portfolio",
    "orders",
    "risk_limits",
    "rules",
    "quote",
    "order_book",
    "etf",
    "bars",
    "calendar",
    "backtest",
    "news",
    "memory_search",
)
NEWS = "news"
SHOWN_MAX = 8
LINKS_MAX = 3
LINK_LENGTH_MAX = 300
_NAME_MAX = 40
Reads = dict[tuple[str, str], datetime]


def reads_of(lines: Sequence[ChatLine]) -> Reads:
    """Return when each (tool, symbol) was last read with success, oldest first; no symbol is ""."""
    found: Reads = {}
    for line in lines:
        if line.role is not Role.TOOL or line.author not in TOOLS or not good_result_of(line.text):
            continue
        key = line.author, next(iter(symbols_of([line])), "")
        found.pop(key, None)
        found[key] = line.at
    return found


def news_read_at(reads: Reads) -> datetime | None:
    """Return when the news were last read, None when they were not."""
    return reads.get((NEWS, ""))


def source_lines(
    reads: Reads, facts: Sequence[NewsFact], market: MarketReader, phrases: Phrases
) -> str:
    """Return a line for each source, the newest last, and links to the news; "" if none."""
    if not reads:
        return ""
    lines = [
        phrases.say(
            "chat.source_line",
            what=" ".join(
                part
                for part in (
                    phrases.say(f"chat.source_{tool}"),
                    listed(Symbol(symbol), market) if symbol else "",
                )
                if part
            ),
            at=at.astimezone(KST),
        )
        for (tool, symbol), at in list(reads.items())[-SHOWN_MAX:]
    ]
    links = _links(facts, news_read_at(reads))
    if links:
        lines.append(phrases.say("chat.source_news_links", links=" · ".join(links)))
    return "\n".join([phrases.say("chat.sources"), *lines])


def _links(facts: Sequence[NewsFact], read_at: datetime | None) -> list[str]:
    """Return links to what was known when the news were read; their hosts are on our list."""
    if read_at is None:
        return []
    known = {
        fact.link: fact.source
        for fact in facts
        if 0 < len(fact.link) <= LINK_LENGTH_MAX and fact.published_at <= read_at
    }
    # Angle brackets keep Discord from unfolding the page.
    return [
        f"[{one_line(source, _NAME_MAX)}](<{link}>)"
        for link, source in list(known.items())[:LINKS_MAX]
    ]

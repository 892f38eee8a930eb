"""Whether an item bears a fact out: its instrument, its day, and the very words that are quoted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.news_facts import Confidence, NewsEvent, NewsFact, ReadBy, known_once
from core.news.event_words import events_in, is_guess, speaks_to_machines
from core.news.mapping import InstrumentMap
from core.ports.news import Headline

# News tell of what was and of what is announced, and not of other months.
DAYS_BEFORE, DAYS_AFTER = 7, 31
QUOTE_CHARACTERS_MIN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody says that an item says. `confidence` is theirs, and can only lower ours."""

    symbol: Symbol
    event: NewsEvent
    day: date
    quote: str
    confidence: Confidence


def fact_of(
    claim: Claim, item: Headline, instruments: InstrumentMap, link: str, read_by: ReadBy
) -> NewsFact | None:
    """Return the claim as a fact, or None when the item does not bear it out."""
    is_quoted = claim.quote in item.title or claim.quote in item.summary
    if not (is_quoted and len(claim.quote.strip()) >= QUOTE_CHARACTERS_MIN):
        return None
    if not (instruments.knows(claim.symbol) and _day_stands(claim.day, item)):
        return None
    found = Confidence.LOW if _is_doubtful(claim, item, instruments) else Confidence.MEDIUM
    return NewsFact(
        symbol=claim.symbol,
        event=claim.event,
        day=claim.day,
        source=item.source,
        confidence=min(found, claim.confidence, key=lambda one: one.rank),
        quote=claim.quote,
        link=link,
        published_at=item.published_at,
        read_by=read_by,
    )


def corroborated(facts: Sequence[NewsFact]) -> tuple[NewsFact, ...]:
    """Return the facts once each; what two sources say outright is believed most."""
    once = known_once(facts)
    sources: dict[tuple[Symbol, NewsEvent, date], set[str]] = {}
    for fact in once:
        if fact.confidence is not Confidence.LOW:
            key = (fact.symbol, fact.event, fact.day)
            sources.setdefault(key, set()).add(fact.source)
    return tuple(
        replace(fact, confidence=Confidence.HIGH)
        if fact.confidence is not Confidence.LOW
        and len(sources[fact.symbol, fact.event, fact.day]) > 1
        else fact
        for fact in once
    )


def _is_doubtful(claim: Claim, item: Headline, instruments: InstrumentMap) -> bool:
    return (
        claim.symbol not in instruments.named_in(claim.quote)
        or claim.event not in events_in(claim.quote)
        or is_guess(item.title)
        or is_guess(claim.quote)
        or speaks_to_machines(f"{item.title} {item.summary}")
    )


def _day_stands(day: date, item: Headline) -> bool:
    """Whether the item can tell of that day: its own, or a near one whose number it writes."""
    published = item.published_at.astimezone(KST).date()
    if day == published:
        return True
    if not published - timedelta(DAYS_BEFORE) <= day <= published + timedelta(DAYS_AFTER):
        return False
    said = f"{item.title} {item.summary}"
    return f"{day.day}일" in said or day.isoformat() in said

"""What the news say, as typed facts: data that people read, never by itself a reason to order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from core.domain.instrument import Symbol


class NewsEvent(Enum):
    """What happened to an instrument, or to what it holds."""

    RISE = "rise"
    FALL = "fall"
    INFLOW = "inflow"
    OUTFLOW = "outflow"
    DISTRIBUTION = "distribution"
    LISTING = "listing"
    DELISTING = "delisting"
    HALT = "halt"
    FEE = "fee"
    RATE = "rate"
    EARNINGS = "earnings"
    EXPORTS = "exports"
    POLICY = "policy"


class Confidence(Enum):
    """How far a fact may be believed; judged by code, whatever a model claims.

    LOW: the quoted words do not name the instrument outright or do not tell the event, or they
    guess, or the item speaks like an instruction. MEDIUM: they say it, in one source. HIGH: two
    sources say it.
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for what is believed least."""
        return list(Confidence).index(self)


class ReadBy(Enum):
    """Who found a fact: the small language model, or rules that look for words in titles."""

    MODEL = "model"
    RULES = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsFact:
    """One event of one instrument on one day, by one source. `quote` stands in the item literally.

    `link` leads to the item, or is empty when its host is not on our list.
    """

    symbol: Symbol
    event: NewsEvent
    day: date
    source: str
    confidence: Confidence
    quote: str
    link: str
    published_at: datetime
    read_by: ReadBy


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLink:
    """Where a sentence comes from; `link` is empty when its host is not on our list."""

    name: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryLine:
    """One sentence about the day's news, and the items it was made of."""

    text: str
    sources: tuple[SourceLink, ...]


def known_once(facts: Sequence[NewsFact]) -> tuple[NewsFact, ...]:
    """Return one fact of each (symbol, event, day, source): the one believed most."""
    best: dict[tuple[Symbol, NewsEvent, date, str], NewsFact] = {}
    for fact in facts:
        key = (fact.symbol, fact.event, fact.day, fact.source)
        if key not in best or fact.confidence.rank > best[key].confidence.rank:
            best[key] = fact
    return tuple(best.values())


def told_together(facts: Sequence[NewsFact]) -> tuple[tuple[NewsFact, ...], ...]:
    """Return the facts with those of several sources side by side, those believed most first."""
    grouped: dict[tuple[Symbol, NewsEvent, date], list[NewsFact]] = {}
    for fact in sorted(facts, key=lambda one: -one.confidence.rank):
        grouped.setdefault((fact.symbol, fact.event, fact.day), []).append(fact)
    return tuple(tuple(told) for told in grouped.values())

"""News headlines and what is read out of them: untrusted text, always data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from core.domain.instrument import Symbol
from core.domain.news_facts import NewsFact, ReadBy
from core.errors import FeedFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One headline, cleaned to plain text. `symbols` are the instruments of the universe it names."""

    source: str
    title: str
    link: str
    published_at: datetime
    summary: str = ""
    symbols: tuple[Symbol, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedFailure:
    """A feed that could not be read: its name, why, and the number that the sentence names."""

    name: str
    fault: FeedFault
    figure: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsDigest:
    """What was collected, newest first.

    `failures` are the feeds that could not be read, `undated` the feeds with items that named no
    instant, which were dropped (name and how many).
    """

    headlines: tuple[Headline, ...]
    failures: tuple[FeedFailure, ...]
    undated: tuple[tuple[str, int], ...] = ()


class NewsSource(Protocol):
    """Collects headlines from the configured feeds."""

    async def collect(self) -> NewsDigest:
        """Read every feed within its time and size limits. Never raises for a broken feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsReading:
    """What was read out of headlines. `dropped` counts what code did not find in the items."""

    facts: tuple[NewsFact, ...]
    summary: tuple[SummarySentence, ...]
    read_by: ReadBy
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarySentence:
    """One sentence of a summary, and the headlines that it says it was made of."""

    text: str
    items: tuple[Headline, ...]


class HeadlineReader(Protocol):
    """Turns headlines into typed facts, by rules or by checking what a model read."""

    def by_rules(self, headlines: Sequence[Headline]) -> NewsReading:
        """Return what the words of the titles tell, without a model and without a summary."""

    def listed(self, headlines: Sequence[Headline]) -> tuple[str, tuple[Headline, ...]]:
        """Return the headlines as numbered data for a model, and those that found room."""

    def checked(self, reply: str, listed: Sequence[Headline]) -> NewsReading:
        """Return what of a model's reply stands in the items. Raises DataError for no such reply."""

    def link_of(self, headline: Headline) -> str:
        """Return the address of an item, or nothing when its host is not on our list."""


class NewsFactArchive(Protocol):
    """Where facts are kept: one row per symbol, event, day and source."""

    async def keep(self, facts: Sequence[NewsFact]) -> int:
        """Store facts and return how many were new. A known one is replaced by a better one."""

    async def facts_since(self, day: date, limit: int) -> tuple[NewsFact, ...]:
        """Return the facts of `day` and later, newest day first, those believed most first."""


class OldFacts(Protocol):
    """Where old facts are dropped."""

    async def drop(self, before: date, limit: int) -> int:
        """Delete facts of the days before, at most `limit` at once; return how many."""

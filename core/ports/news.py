"""News headlines: untrusted text, always data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.instrument import Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One headline, cleaned to plain text. `symbols` are the instruments of the universe it names."""

    source: str
    title: str
    link: str
    published_at: datetime
    summary: str = ""
    symbols: tuple[Symbol, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsDigest:
    """What was collected, newest first.

    `failures` are the feeds that could not be read (name and reason), `undated` the feeds with
    items that named no instant, which were dropped (name and how many).
    """

    headlines: tuple[Headline, ...]
    failures: tuple[tuple[str, str], ...]
    undated: tuple[tuple[str, int], ...] = ()


class NewsSource(Protocol):
    """Collects headlines from the configured feeds."""

    async def collect(self) -> NewsDigest:
        """Read every feed within its time and size limits. Never raises for a broken feed."""

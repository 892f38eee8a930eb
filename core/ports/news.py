"""News headlines: untrusted text, always data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One headline, cleaned to plain text. `published_at` is None when the feed gives no usable date."""

    source: str
    title: str
    link: str
    published_at: datetime | None
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsDigest:
    """What was collected, and which feeds could not be read (name and reason)."""

    headlines: tuple[Headline, ...]
    failures: tuple[tuple[str, str], ...]


class NewsSource(Protocol):
    """Collects headlines from the configured feeds."""

    async def collect(self) -> NewsDigest:
        """Read every feed within its time and size limits. Never raises for a broken feed."""

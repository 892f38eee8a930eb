"""A title of the broker's news wire: foreign text, always data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsTitle:
    """One title as it was sent: clean it before it is shown. `codes` are the issues it names."""

    number: str
    title: str
    source: str
    published_at: datetime
    codes: tuple[str, ...]

"""Keeps the digest that was collected last, for questions between two collections."""

from __future__ import annotations

from core.ports.news import NewsDigest, NewsSource


class LatestNews:
    """A NewsSource that remembers."""

    def __init__(self, source: NewsSource) -> None:
        """Collect from `source`."""
        self._source = source
        self._latest: NewsDigest | None = None

    async def collect(self) -> NewsDigest:
        """Collect anew and remember."""
        self._latest = await self._source.collect()
        return self._latest

    def latest(self) -> NewsDigest | None:
        """Return what was collected last, or None before the first time."""
        return self._latest

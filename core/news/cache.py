"""What a feed said last, so that a feed that has not changed need not be sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from core.news.parse import ParsedFeed

# A server may send anything; nothing longer is sent back to it.
TAG_CHARACTERS_MAX = 300


@dataclass(frozen=True, slots=True)
class _Known:
    tag: str
    modified: str
    feed: ParsedFeed


class FeedCache:
    """Entity tags and dates of change by address, with the headlines that went with them."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, _Known] = {}

    def headers(self, url: str) -> Mapping[str, str]:
        """Return the headers that ask for the feed only when it has changed."""
        known = self._known.get(url)
        if known is None:
            return {}
        named = {"if-none-match": known.tag, "if-modified-since": known.modified}
        return {name: value for name, value in named.items() if value}

    def unchanged(self, url: str) -> ParsedFeed | None:
        """Return what the feed said last, or None when it was never read."""
        known = self._known.get(url)
        return None if known is None else known.feed

    def keep(self, url: str, response: httpx.Response, feed: ParsedFeed) -> None:
        """Remember a feed; without a tag or a date there is nothing to ask with."""
        tag = _bounded(response.headers.get("etag", ""))
        modified = _bounded(response.headers.get("last-modified", ""))
        if tag or modified:
            self._known[url] = _Known(tag, modified, feed)
        else:
            self._known.pop(url, None)


def _bounded(value: str) -> str:
    is_plain = value.isascii() and value.isprintable()
    return value if is_plain and len(value) <= TAG_CHARACTERS_MAX else ""

"""Reads the configured feeds. A broken feed is a line in the digest, never an exception."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

import httpx
import structlog

from core.domain.hangul import fold
from core.errors import DataError
from core.news.parse import parse_feed
from core.ports.clock import Clock
from core.ports.news import Headline, NewsDigest

_LOG = structlog.get_logger(__name__)

FEED_SECONDS_MAX = 5.0
FEED_BYTES_MAX = 1_000_000
REDIRECTS_MAX = 3
HEADLINES_MAX = 60
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A compressed body could swell to a thousand times its size before it is counted.
_PLAIN = {"accept-encoding": "identity"}
# An undated headline sorts behind every dated one.
_UNDATED = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed. Raises ValueError unless its address is https, or http on loopback."""

    name: str
    url: str

    def __post_init__(self) -> None:
        if not _is_allowed(httpx.URL(self.url)):
            raise ValueError(f"feed {self.name}: only https or loopback addresses, got {self.url}")


def _is_allowed(url: httpx.URL) -> bool:
    return bool(url.host) and (
        url.scheme == "https" or (url.scheme == "http" and url.host in _LOOPBACK)
    )


@dataclass(frozen=True, slots=True)
class FeedReader:
    """Implements core.ports.news.NewsSource over an httpx client that the caller closes.

    Headlines older than `age_hours_max` at the clock's now, or dated after it, are left out; so
    are repeated titles. Undated ones stay, because some feeds carry no dates.
    """

    feeds: Sequence[Feed]
    client: httpx.AsyncClient
    clock: Clock
    age_hours_max: int = 48

    async def collect(self) -> NewsDigest:
        """Read every feed within its time and size limits. Never raises for a broken feed."""
        results = await asyncio.gather(*(self._read(feed) for feed in self.feeds))
        failures = tuple(
            (feed.name, result)
            for feed, result in zip(self.feeds, results, strict=True)
            if isinstance(result, str)
        )
        headlines = [item for result in results if not isinstance(result, str) for item in result]
        return NewsDigest(headlines=self._selected(headlines), failures=failures)

    async def _read(self, feed: Feed) -> tuple[Headline, ...] | str:
        """Return the headlines of one feed, or why there are none."""
        try:
            async with asyncio.timeout(FEED_SECONDS_MAX):
                content = await self._fetch(httpx.URL(feed.url))
            return parse_feed(feed.name, content)
        except TimeoutError:
            reason = f"no answer within {FEED_SECONDS_MAX:g} s"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = f"not reachable ({type(error).__name__})"
        except DataError as error:
            reason = str(error)
        _LOG.warning("feed unreadable", feed=feed.name, reason=reason)
        return reason

    async def _fetch(self, url: httpx.URL) -> bytes:
        """Return the body, following redirects on the same host only. Raises DataError."""
        host = url.host
        for _ in range(REDIRECTS_MAX + 1):
            async with self.client.stream(
                "GET", url, headers=_PLAIN, follow_redirects=False
            ) as response:
                if response.status_code in _REDIRECTS:
                    url = httpx.URL(urljoin(str(url), response.headers.get("location", "")))
                    if url.host != host or not _is_allowed(url):
                        raise DataError("redirects to another host")
                    continue
                if response.status_code != httpx.codes.OK:
                    raise DataError(f"HTTP {response.status_code}")
                return await _bounded(response)
        raise DataError("redirects without end")

    def _selected(self, headlines: Iterable[Headline]) -> tuple[Headline, ...]:
        now = self.clock.now()
        oldest = now - timedelta(hours=self.age_hours_max)
        kept = [
            item
            for item in headlines
            if item.published_at is None or oldest <= item.published_at <= now
        ]
        kept.sort(key=lambda item: item.published_at or _UNDATED, reverse=True)
        unique: dict[str, Headline] = {}
        for item in kept:
            unique.setdefault(fold(item.title), item)
        return tuple(unique.values())[:HEADLINES_MAX]


async def _bounded(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise DataError("compressed although asked not to")
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > FEED_BYTES_MAX:
            raise DataError(f"larger than {FEED_BYTES_MAX:,} bytes")
        parts.append(part)
    return b"".join(parts)

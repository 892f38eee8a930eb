"""Reads the configured feeds. A broken feed is a line in the digest, never an exception."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from urllib.parse import urljoin

import httpx
import structlog

from core.errors import FeedError, FeedFault
from core.news.bodies import ENCODINGS, read_bounded
from core.news.cache import FeedCache
from core.news.dates import zone_of
from core.news.mapping import InstrumentMap
from core.news.parse import ParsedFeed, parse_feed
from core.news.places import Places
from core.news.selecting import selected
from core.ports.clock import Clock
from core.ports.news import FeedFailure, Headline, NewsDigest

_LOG = structlog.get_logger(__name__)

FEED_SECONDS_MAX = 5.0
# Ten seconds are two feeds that are given up. What a feed may take in all, and then the model, is
# less than the morning's step has.
TURN_SECONDS_MAX = 10.0
# A thread cannot be ended. The pool that everybody shares has no fewer than five of them.
THREADS_MAX = 2
REDIRECTS_MAX = 3
LOGGED_CHARACTERS_MAX = 300
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAMED = {
    "accept": "application/rss+xml, application/atom+xml, application/json, text/xml;q=0.9",
    "accept-encoding": ENCODINGS,
    # Some feeds answer nobody who does not say who he is.
    "user-agent": "autotrade-etf (news headlines)",
}


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed. `secrets` are headers that only its own host is given."""

    name: str
    url: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class _Said:
    """The document of a feed, the zone of its bare times, and the headers it came with."""

    content: bytes
    zone: tzinfo | None
    response: httpx.Response


@dataclass(frozen=True, slots=True)
class FeedReader:
    """Implements core.ports.news.NewsSource over an httpx client that the caller closes.

    Headlines older than `age_hours_max` at the clock's now, or dated after it, are left out; so
    are repeated ones, and those whose date cannot be read, which are counted.
    """

    feeds: Sequence[Feed]
    client: httpx.AsyncClient
    clock: Clock
    places: Places = field(default_factory=Places)
    instruments: InstrumentMap = field(default_factory=lambda: InstrumentMap(()))
    cache: FeedCache = field(default_factory=FeedCache)
    age_hours_max: int = 48
    # One document at a time: threads that all parse are no faster, and starting each of them beside
    # the others kept the event loop for 70 ms and more.
    parsing: asyncio.Lock = field(default_factory=asyncio.Lock)
    threads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(THREADS_MAX))

    async def collect(self) -> NewsDigest:
        """Read every feed within its time and size limits. Never raises for a broken feed.

        The limits are `FEED_SECONDS_MAX` for what the server takes, as much for reading it, and
        `TURN_SECONDS_MAX` for waiting between the two.
        """
        results = await asyncio.gather(*(self._read(feed) for feed in self.feeds))
        read = [
            (feed.name, result)
            for feed, result in zip(self.feeds, results, strict=True)
            if isinstance(result, ParsedFeed)
        ]
        headlines = [self._mapped(item) for _, result in read for item in result.headlines]
        return NewsDigest(
            headlines=selected(headlines, self.clock.now(), self.age_hours_max),
            failures=tuple(one for one in results if isinstance(one, FeedFailure)),
            undated=tuple((name, result.undated) for name, result in read if result.undated),
        )

    async def _read(self, feed: Feed) -> ParsedFeed | FeedFailure:
        """Return the headlines of one feed, or why there are none."""
        try:
            async with asyncio.timeout(FEED_SECONDS_MAX):
                said = await self._fetch(feed)
            return said if isinstance(said, ParsedFeed) else await self._parsed(feed, said)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, FeedError, ValueError) as error:
            failure = _failure(feed.name, error)
            _LOG.warning(
                "feed unreadable",
                feed=feed.name,
                fault=failure.fault.value,
                figure=failure.figure,
                error=repr(error)[:LOGGED_CHARACTERS_MAX],
            )
            return failure

    async def _fetch(self, feed: Feed) -> _Said | ParsedFeed:
        """Return what the feed sent, or what it said last when that has not changed.

        Follows redirects to listed hosts only. Raises FeedError.
        """
        url = httpx.URL(feed.url)
        home, own = url.host, (url.host, url.userinfo)
        for _ in range(REDIRECTS_MAX + 1):
            await self.places.check(url)
            if url.userinfo and (url.host, url.userinfo) != own:
                # A redirect makes up a name and a password, and they would be sent.
                raise FeedError(FeedFault.BAD_ADDRESS, detail="name in the address")
            headers = {**_NAMED, **self.cache.headers(feed.url)}
            headers |= feed.secrets if url.host == home else {}
            async with self.client.stream(
                "GET", url, headers=headers, follow_redirects=False
            ) as response:
                self.places.check_peer(url, response)
                if response.status_code in _REDIRECTS:
                    url = httpx.URL(urljoin(str(url), response.headers.get("location", "")))
                    continue
                return await self._said(feed, url, response)
        raise FeedError(FeedFault.REDIRECTS, REDIRECTS_MAX)

    async def _said(
        self, feed: Feed, url: httpx.URL, response: httpx.Response
    ) -> _Said | ParsedFeed:
        if response.status_code == httpx.codes.NOT_MODIFIED:
            known = self.cache.unchanged(feed.url)
            if known is not None:
                return known
        if response.status_code != httpx.codes.OK:
            raise FeedError(FeedFault.STATUS, response.status_code)
        encoding = response.headers.get("content-encoding", "")
        content = await read_bounded(response.aiter_raw(), encoding)
        return _Said(content, zone_of(url.host), response)

    async def _parsed(self, feed: Feed, said: _Said) -> ParsedFeed:
        async with asyncio.timeout(TURN_SECONDS_MAX):
            await self.parsing.acquire()
        try:
            async with asyncio.timeout(FEED_SECONDS_MAX):
                await self.threads.acquire()
                work = asyncio.get_running_loop().run_in_executor(
                    None, parse_feed, feed.name, said.content, said.zone
                )
                work.add_done_callback(self._ended)
                # A feed that is given up leaves its thread behind; the next has its turn.
                found = await asyncio.shield(work)
        finally:
            self.parsing.release()
        self.cache.keep(feed.url, said.response, found)
        return found

    def _ended(self, work: asyncio.Future[ParsedFeed]) -> None:
        """Count a thread that ended. What it raised was raised to its feed, if that still waits."""
        self.threads.release()
        if not work.cancelled():
            work.exception()

    def _mapped(self, item: Headline) -> Headline:
        return replace(item, symbols=self.instruments.symbols_of(item.title, item.summary))


def _failure(name: str, error: Exception) -> FeedFailure:
    """Return what a fault of reading is to people. Narrow before wide."""
    if isinstance(error, FeedError):
        return FeedFailure(name, error.fault, error.figure)
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return FeedFailure(name, FeedFault.SLOW, int(FEED_SECONDS_MAX))
    if isinstance(error, httpx.ConnectError):
        return FeedFailure(name, FeedFault.UNREACHABLE)
    # The library reads the address of a redirect before we do, and calls a bad one bad manners.
    # What is no host name at all (IDNA, brackets) is a ValueError of whoever reads it first.
    causes = (error, error.__context__)
    if any(isinstance(cause, httpx.InvalidURL | ValueError) for cause in causes):
        return FeedFailure(name, FeedFault.BAD_ADDRESS)
    return FeedFailure(name, FeedFault.HUNG_UP)

"""The broker's news wire beside the feeds, where the broker has one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from core.domain.instrument import Symbol
from core.errors import (
    BrokerError,
    BrokerProtocolError,
    BrokerUnavailable,
    FeedFault,
    NotOfferedHere,
    RateLimited,
)
from core.news.clean import plain_text
from core.news.mapping import InstrumentMap
from core.news.selecting import selected
from core.ports.clock import Clock
from core.ports.market_data import MarketData
from core.ports.news import FeedFailure, Headline, NewsDigest, NewsSource

_LOG = structlog.get_logger(__name__)
WIRE_SECONDS_MAX = 10.0
TITLES_MAX = 200
# The first that fits; anything else of a broker is a refusal.
_FAULTS: tuple[tuple[type[BrokerError], FeedFault], ...] = (
    (BrokerUnavailable, FeedFault.UNREACHABLE),
    (RateLimited, FeedFault.BUSY),
    (BrokerProtocolError, FeedFault.UNREADABLE),
    (BrokerError, FeedFault.REFUSED),
)


@dataclass(frozen=True, slots=True)
class WireAndFeeds:
    """Implements core.ports.news.NewsSource: the feeds, and the titles that the broker knows.

    `name` is what messages call the wire. A broker without one adds nothing and is no failure.
    """

    feeds: NewsSource
    wire: MarketData
    clock: Clock
    instruments: InstrumentMap
    name: str
    age_hours_max: int = 48

    async def collect(self) -> NewsDigest:
        """Read both. Never raises for a broken one."""
        digest, found = await asyncio.gather(self.feeds.collect(), self._titles())
        if isinstance(found, FeedFailure):
            failures = (*digest.failures, found)
            return NewsDigest(headlines=digest.headlines, failures=failures, undated=digest.undated)
        return NewsDigest(
            headlines=selected((*digest.headlines, *found), self.clock.now(), self.age_hours_max),
            failures=digest.failures,
            undated=digest.undated,
        )

    async def _titles(self) -> Sequence[Headline] | FeedFailure:
        try:
            async with asyncio.timeout(WIRE_SECONDS_MAX):
                found = await self.wire.news_titles()
        except TimeoutError:
            return FeedFailure(self.name, FeedFault.SLOW, int(WIRE_SECONDS_MAX))
        except BrokerError as error:
            _LOG.warning("news wire unreadable", error=repr(error)[:200])
            fault = next(fault for kind, fault in _FAULTS if isinstance(error, kind))
            return FeedFailure(self.name, fault)
        if isinstance(found, NotOfferedHere):
            return ()
        made = [
            Headline(
                source=plain_text(item.source, 40) or self.name,
                title=plain_text(item.title),
                link="",
                published_at=item.published_at,
                symbols=self._symbols(item.title, item.codes),
            )
            for item in found[:TITLES_MAX]
        ]
        return [item for item in made if item.title]

    def _symbols(self, title: str, codes: Sequence[str]) -> tuple[Symbol, ...]:
        return self.instruments.symbols_of(" ".join(codes), plain_text(title))

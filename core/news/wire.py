"""The broker's news wire beside the feeds, where the broker has one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from core.domain.instrument import Symbol
from core.errors import BrokerError, NotOfferedHere
from core.news.clean import plain_text
from core.news.mapping import InstrumentMap
from core.news.selecting import selected
from core.ports.clock import Clock
from core.ports.market_data import MarketData
from core.ports.news import Headline, NewsDigest, NewsSource

_LOG = structlog.get_logger(__name__)
WIRE_SECONDS_MAX = 10.0
TITLES_MAX = 200


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
        if isinstance(found, str):
            failures = (*digest.failures, (self.name, found))
            return NewsDigest(headlines=digest.headlines, failures=failures, undated=digest.undated)
        return NewsDigest(
            headlines=selected((*digest.headlines, *found), self.clock.now(), self.age_hours_max),
            failures=digest.failures,
            undated=digest.undated,
        )

    async def _titles(self) -> Sequence[Headline] | str:
        try:
            async with asyncio.timeout(WIRE_SECONDS_MAX):
                found = await self.wire.news_titles()
        except TimeoutError:
            return f"no answer within {WIRE_SECONDS_MAX:g} s"
        except BrokerError as error:
            _LOG.warning("news wire unreadable", error=repr(error)[:200])
            return f"not readable ({type(error).__name__})"
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

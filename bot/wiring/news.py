"""The part of the graph that reads the news: feeds, and the broker's own wire."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx

from bot.settings import Settings
from bot.wiring.foundations import World
from core.news.feeds import Feed, FeedReader
from core.news.latest import LatestNews
from core.news.mapping import InstrumentMap
from core.news.places import KNOWN_HOSTS, LOOPBACK, Places
from core.news.reading import CheckedReader
from core.news.wire import WireAndFeeds
from core.ports.market_data import MarketData

NAVER_HOST = "openapi.naver.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Where headlines come from, and what reads facts out of them."""

    source: LatestNews
    reader: CheckedReader


async def open_news(stack: AsyncExitStack, world: World, market_data: MarketData) -> News:
    """Open the client that reads the feeds. Only under the sandbox may one be on loopback."""
    client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
    settings = world.settings
    urls = world.sandbox.feeds if world.sandbox else settings.news_feeds
    hosts = {httpx.URL(url).host.removeprefix("www.") for url in urls}
    instruments = InstrumentMap(world.strategy.universe)
    places = Places(hosts=KNOWN_HOSTS | hosts - LOOPBACK, sandbox=world.sandbox is not None)
    feeds = FeedReader(
        [Feed(_feed_name(url), url, _secrets(url, settings)) for url in urls],
        client,
        world.clock,
        places,
        instruments,
        age_hours_max=settings.news_age_hours,
    )
    wire = WireAndFeeds(
        feeds,
        market_data,
        world.clock,
        instruments,
        world.phrases.say("cycle.news_wire"),
        age_hours_max=settings.news_age_hours,
    )
    return News(source=LatestNews(wire), reader=CheckedReader(instruments, places))


def _secrets(url: str, settings: Settings) -> dict[str, str]:
    """Return the key headers of the one search that needs them."""
    key = settings.news_naver_client_id.get_secret_value()
    secret = settings.news_naver_client_secret.get_secret_value()
    if httpx.URL(url).host != NAVER_HOST or not key:
        return {}
    return {"X-Naver-Client-Id": key, "X-Naver-Client-Secret": secret}


def _feed_name(url: str) -> str:
    """Return what messages call a feed: its host, or on loopback the last part of its path."""
    parts = httpx.URL(url)
    if parts.host in LOOPBACK:
        return parts.path.rstrip("/").rpartition("/")[2].removesuffix(".xml") or url
    return parts.host.removeprefix("www.")

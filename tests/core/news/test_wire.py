from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

import core.news.wire as wire_module
from core.domain.news_title import NewsTitle
from core.errors import (
    BrokerError,
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    FeedFault,
    NotOfferedHere,
    RateLimited,
    TokenRejected,
)
from core.news.mapping import InstrumentMap
from core.news.wire import WireAndFeeds
from core.ports.news import FeedFailure, Headline, NewsDigest
from tests.core.news.test_feeds import KODEX, NOW
from tests.fakes.fake_cycle_desk import FakeCycleClock, FakeNews

OLD = NOW - timedelta(hours=2)


class Wire:
    """The part of the market data that a news wire is."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def news_titles(self, *_: object) -> Any:
        if isinstance(self.answer, Exception) and not isinstance(self.answer, NotOfferedHere):
            raise self.answer
        if self.answer is None:
            await asyncio.Event().wait()
        return self.answer


def title(text: str, *, codes: tuple[str, ...] = ()) -> NewsTitle:
    return NewsTitle(number="1", title=text, source="연합뉴스", published_at=NOW, codes=codes)


async def collect(answer: Any) -> NewsDigest:
    told = Headline(source="한경", title="금리 동결", link="", published_at=OLD)
    feeds = FakeNews(NewsDigest(headlines=(told,), failures=(), undated=(("한경", 1),)))
    wire: Any = Wire(answer)
    return await WireAndFeeds(
        feeds, wire, FakeCycleClock(NOW), InstrumentMap((KODEX,)), "증권사 뉴스"
    ).collect()


async def test_titles_join_the_feeds_cleaned_and_mapped() -> None:
    found = await collect(
        (
            title("<b>속보</b> 환율 @everyone", codes=("005930", "069500")),
            title("금리  동결"),
            title("\u200b"),
        )
    )
    # The newest of equal titles is kept.
    assert [(line.source, line.title) for line in found.headlines] == [
        ("연합뉴스", "속보 환율 @everyone"),
        ("연합뉴스", "금리 동결"),
    ]
    assert found.headlines[0].symbols == (KODEX.symbol,)
    assert (found.failures, found.undated) == ((), (("한경", 1),))


async def test_a_broker_without_a_wire_is_no_failure() -> None:
    found = await collect(NotOfferedHere("no news here"))
    assert ([line.title for line in found.headlines], found.failures) == (["금리 동결"], ())


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (BrokerUnavailable("secret detail"), FeedFault.UNREACHABLE),
        (RateLimited("EGW00201"), FeedFault.BUSY),
        (BrokerProtocolError("no output"), FeedFault.UNREADABLE),
        (BrokerRefused("OPSQ2001", "no"), FeedFault.REFUSED),
        (TokenRejected("EGW00123"), FeedFault.REFUSED),
    ],
)
async def test_a_broken_wire_is_a_failure(error: BrokerError, fault: FeedFault) -> None:
    found = await collect(error)
    assert found.failures == (FeedFailure("증권사 뉴스", fault),)
    assert [line.title for line in found.headlines] == ["금리 동결"]


async def test_a_silent_wire_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_module, "WIRE_SECONDS_MAX", 1.0)
    found = await collect(None)
    assert found.failures == (FeedFailure("증권사 뉴스", FeedFault.SLOW, 1),)

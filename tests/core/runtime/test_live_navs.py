from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from core.domain.etf import EtfState
from core.domain.inav import NavGap, NavReading
from core.domain.instrument import Symbol
from core.domain.money import Won
from core.domain.ticks import FeedHealth
from core.errors import BrokerRefused, BrokerUnavailable, NotOfferedHere
from core.ports.market_data import MarketCall
from core.runtime import live_navs
from core.runtime.live_navs import LiveNavs
from tests.fakes.desk_kit import KODEX, at
from tests.fakes.fake_feed import FakeFeed
from tests.fakes.hand_clock import HandClock


@dataclass
class EtfAnswers:
    """Market data that knows one call; what it answers is given by the test."""

    answer: Any = None
    is_offered: bool = True
    asked: list[Symbol] = field(default_factory=list)

    def refused(self, call: MarketCall) -> NotOfferedHere | None:
        assert call is MarketCall.ETF
        return None if self.is_offered else NotOfferedHere("모의투자 has none")

    async def etf(self, symbol: Symbol) -> Any:
        self.asked.append(symbol)
        if isinstance(self.answer, Exception) and not isinstance(self.answer, NotOfferedHere):
            raise self.answer
        if self.answer is None:
            await asyncio.Event().wait()
        return self.answer


def etf_at(nav: str | None, *, in_vi: bool | None = False) -> EtfState:
    return EtfState(
        symbol=KODEX,
        last_won=Won(35_000),
        change_won=0,
        upper_limit_won=Won(45_500),
        lower_limit_won=Won(24_500),
        volume_shares=1,
        nav_won=None if nav is None else Decimal(nav),
        previous_nav_won=None,
        disparity_percent=None,
        tracking_error_percent=None,
        multiple=None,
        net_assets_won=None,
        units=None,
        creation_unit=None,
        holdings=None,
        issuer="",
        index_name="",
        listed_on=None,
        matures_on=None,
        in_volatility_interruption=in_vi,
        received_at=at(10),
    )


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at(10))


@pytest.fixture
def feed(clock: HandClock) -> FakeFeed:
    return FakeFeed(clock)


async def read(feed: FakeFeed, clock: HandClock, data: Any) -> NavReading:
    return await LiveNavs(feed, data, clock).nav(KODEX)


async def test_a_young_inav_of_the_feed_is_taken_without_asking(feed, clock) -> None:
    data = EtfAnswers()
    feed.put(KODEX, 35_000, nav="34900.5", in_vi=True)
    assert await read(feed, clock, data) == NavReading(nav_won=Decimal("34900.5"), in_vi=True)
    assert data.asked == []


@pytest.mark.parametrize("case", ["old", "stale", "zero", "none"])
async def test_else_it_is_asked_for(feed, clock, case) -> None:
    feed.put(
        KODEX,
        35_000,
        nav={"zero": "0", "none": None}.get(case, "34000"),
        health=FeedHealth.STALE if case == "stale" else FeedHealth.LIVE,
    )
    if case == "old":
        clock.move(61)
    data = EtfAnswers(etf_at("34900"))
    assert await read(feed, clock, data) == NavReading(nav_won=Decimal(34_900), in_vi=False)
    assert data.asked == [KODEX]


async def test_a_volatility_interruption_is_believed_from_either(feed, clock) -> None:
    feed.put(KODEX, 35_000, in_vi=True)
    assert (await read(feed, clock, EtfAnswers(etf_at("34900")))).in_vi is True
    feed.put(KODEX, 35_000, in_vi=False)
    assert (await read(feed, clock, EtfAnswers(etf_at("34900", in_vi=True)))).in_vi is True


async def test_a_source_that_does_not_tell_of_interruptions_takes_nothing_back(feed, clock) -> None:
    silent = EtfAnswers(etf_at("34900", in_vi=None))
    assert (await read(feed, clock, silent)).in_vi is None
    feed.put(KODEX, 35_000, in_vi=False)
    assert (await read(feed, clock, silent)).in_vi is False


@pytest.mark.parametrize(
    ("answer", "gap"),
    [
        (BrokerUnavailable("no answer"), NavGap.UNREADABLE),
        (None, NavGap.UNREADABLE),
        (etf_at(None), NavGap.UNREADABLE),
        (etf_at("0"), NavGap.UNREADABLE),
        (NotOfferedHere("not here"), NavGap.NOT_OFFERED),
        (BrokerRefused("MCA00000", "no ETF"), NavGap.NOT_OFFERED),
    ],
)
async def test_what_does_not_come_has_a_reason(feed, clock, monkeypatch, answer, gap) -> None:
    monkeypatch.setattr(live_navs, "ASK_SECONDS", 0.01)
    found = await read(feed, clock, EtfAnswers(answer))
    assert (found.nav_won, found.gap) == (None, gap)


async def test_a_mode_without_inav_is_not_asked(feed, clock) -> None:
    data = EtfAnswers(is_offered=False)
    assert await read(feed, clock, data) == NavReading(gap=NavGap.NOT_OFFERED)
    assert await read(feed, clock, None) == NavReading(gap=NavGap.NOT_OFFERED)
    assert data.asked == []

"""A day on which every feed fails: each is told in the reader's language, and nothing else is."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import cast

import httpx
import pytest

import core.news.feeds as feeds_module
from bot.chat.report_embeds import briefing_embed
from bot.locales import load
from core.domain.briefing import Briefing
from core.errors import (
    BrokerError,
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    FeedError,
    FeedFault,
    RateLimited,
)
from core.news.bodies import BYTES_MAX
from core.news.feeds import Feed, FeedReader
from core.news.mapping import InstrumentMap
from core.news.places import Places
from core.news.wire import WireAndFeeds
from core.ports.market_data import MarketData
from tests.core.flows.world import DAY, World
from tests.core.news.test_feeds import PUBLIC, answer, body, item
from tests.core.news.test_hostile_servers import BODIES, gzipped
from tests.fakes.fake_cycle_desk import FakeNews

# Names and marks that a Korean reader meets in Latin letters anyway.
KNOWN = frozenset({"ETF", "KODEX", "XML", "JSON", "UTF", "EUC", "KR", "https"})
WORD = re.compile(r"[A-Za-z]{2,}")
GZIP = {"content-encoding": "gzip"}
# What each host answers, and what people are told about it.
ANSWERS: dict[str, tuple[Callable[[], httpx.Response] | Exception | None, FeedFault]] = {
    "slow.kr": (None, FeedFault.SLOW),
    "closed.kr": (httpx.ConnectError("All connection attempts failed"), FeedFault.UNREACHABLE),
    "waits.kr": (httpx.ConnectTimeout("timed out"), FeedFault.SLOW),
    "cut.kr": (httpx.RemoteProtocolError("peer closed"), FeedFault.HUNG_UP),
    "odd.kr": (
        lambda: httpx.Response(302, headers={"location": "https://0177.0.0.1/"}),
        FeedFault.BAD_ADDRESS,
    ),
    "gone.kr": (lambda: httpx.Response(200), FeedFault.UNKNOWN_HOST),
    "home.kr": (
        lambda: httpx.Response(302, headers={"location": "http://127.0.0.1/"}),
        FeedFault.OUR_NETWORK,
    ),
    "plain.kr": (
        lambda: httpx.Response(302, headers={"location": "http://plain.kr/"}),
        FeedFault.NOT_HTTPS,
    ),
    "away.kr": (
        lambda: httpx.Response(302, headers={"location": "https://evil.test/"}),
        FeedFault.UNLISTED,
    ),
    "round.kr": (lambda: httpx.Response(302, headers={"location": "/again"}), FeedFault.REDIRECTS),
    "lost.kr": (lambda: httpx.Response(404), FeedFault.STATUS),
    "brotli.kr": (lambda: answer(b"x", headers={"content-encoding": "br"}), FeedFault.PACKING),
    "huge.kr": (lambda: answer(b"x" * (BYTES_MAX + 1)), FeedFault.TOO_LARGE),
    "bomb.kr": (lambda: answer(gzipped(b"x" * (BYTES_MAX + 1)), headers=GZIP), FeedFault.BOMB),
    "half.kr": (lambda: answer(gzipped(body(item("가")))[:-9], headers=GZIP), FeedFault.CUT_OFF),
    "noise.kr": (lambda: answer(b"\x00\x01\x02", headers=GZIP), FeedFault.NOT_UNPACKED),
    "seven.kr": (
        lambda: answer(b'<?xml version="1.0" encoding="utf-7"?><rss/>'),
        FeedFault.ENCODING,
    ),
    "mixed.kr": (lambda: answer("<rss>가</rss>".encode("cp949")), FeedFault.NOT_TEXT),
    "laughs.kr": (lambda: answer(BODIES["/laughs"][1][0]), FeedFault.FORBIDDEN_XML),
    "torn.kr": (lambda: answer(b"<rss><channel>"), FeedFault.NOT_XML),
    "json.kr": (lambda: answer(b'{"items": ['), FeedFault.NOT_JSON),
    "empty.kr": (lambda: answer(b"{}"), FeedFault.NO_LIST),
}
# What the broker's wire raises, and what people are told about it.
WIRE: tuple[tuple[BrokerError, FeedFault], ...] = (
    (BrokerUnavailable("no answer from /uapi/news-title"), FeedFault.UNREACHABLE),
    (RateLimited("EGW00201 too fast"), FeedFault.BUSY),
    (BrokerProtocolError("missing field output"), FeedFault.UNREADABLE),
    (BrokerRefused("OPSQ2001", "no such service"), FeedFault.REFUSED),
)
FIGURES = {
    FeedFault.SLOW: "2",
    FeedFault.REDIRECTS: "3",
    FeedFault.STATUS: "404",
    FeedFault.TOO_LARGE: "1,000,000",
    FeedFault.BOMB: "1,000,000",
}


@dataclass
class Wire:
    """The part of the market data that a news wire is; it only fails."""

    error: BrokerError

    async def news_titles(self) -> object:
        raise self.error


async def handle(request: httpx.Request) -> httpx.Response:
    answer_of, _ = ANSWERS[request.url.host]
    if answer_of is None:
        await asyncio.Event().wait()
    if isinstance(answer_of, Exception):
        raise answer_of
    assert answer_of is not None
    return answer_of()


async def resolve(host: str) -> Collection[str]:
    if host == "gone.kr":
        raise FeedError(FeedFault.UNKNOWN_HOST, detail=str(socket.gaierror("Name unknown")))
    return {PUBLIC}


def foreign(text: str) -> list[str]:
    """Return the English words of a text beside names, those of the feeds and the ticket's."""
    for name in (*ANSWERS, "TICKET01"):
        text = text.replace(name, "")
    return [word for word in WORD.findall(text) if word not in KNOWN]


async def morning(error: BrokerError) -> tuple[Briefing, list[str]]:
    """Run a day on which nothing can be read; return its briefing, and what people see of it."""
    world = World()
    places = Places(hosts=frozenset(ANSWERS), resolve=resolve)
    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        feeds = [Feed(host, f"https://{host}/rss") for host in ANSWERS]
        reader = FeedReader(feeds, client, world.clock, places)
        wire = WireAndFeeds(
            reader,
            cast("MarketData", Wire(error)),
            world.clock,
            InstrumentMap(()),
            load("ko").say("cycle.news_wire"),
        )
        world.news = cast("FakeNews", wire)
        briefing = await world.daily().run(DAY)
    assert briefing.ticket_id is not None
    shown = briefing_embed(briefing, load("ko"))
    parts = [part for field in shown.fields for part in (field.name, field.value)]
    return briefing, [
        str(part) for part in (shown.title, shown.description, *parts, shown.footer.text)
    ]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits five seconds for a feed that says nothing."""
    monkeypatch.setattr(feeds_module, "FEED_SECONDS_MAX", 2.0)


@pytest.mark.parametrize(("error", "fault"), WIRE)
async def test_a_korean_briefing_of_a_day_without_news_holds_no_english(
    error: BrokerError, fault: FeedFault
) -> None:
    briefing, shown = await morning(error)
    korean = load("ko")
    told = {host: fault for host, (_, fault) in ANSWERS.items()}
    told[korean.say("cycle.news_wire")] = fault
    for name, why in told.items():
        (line,) = [text for text in briefing.warnings if f"피드 {name}:" in text]
        assert line.endswith(
            korean.say(f"news.feed_{why.value}", figure=0).replace("0", FIGURES.get(why, "0"))
        )
    assert briefing.plan is not None
    reasons = [action.justification for action in briefing.plan.actions]
    whole = [*shown, *briefing.warnings, *briefing.refusals, *reasons, briefing.comment]
    assert len(whole) > len(told)
    assert {text: foreign(text) for text in whole if foreign(text)} == {}


def test_every_reason_is_met_on_such_a_day() -> None:
    assert {fault for _, fault in (*ANSWERS.values(), *WIRE)} == set(FeedFault)


@pytest.mark.parametrize("fault", FeedFault)
def test_a_reason_is_a_sentence_of_its_own_in_each_language(fault: FeedFault) -> None:
    for name in ("ko", "en"):
        phrases = load(name)
        said = [phrases.say(f"news.feed_{one.value}", figure=404) for one in FeedFault]
        mine = phrases.say(f"news.feed_{fault.value}", figure=404)
        assert said.count(mine) == 1
        assert ("404" in mine) is (fault in FIGURES)
    assert foreign(load("ko").say(f"news.feed_{fault.value}", figure=404)) == []
    assert re.search("[가-힣]", load("en").say(f"news.feed_{fault.value}", figure=404)) is None

"""The reader over a transport that answers as servers do; hostile bodies come over real sockets."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

import core.news.feeds as feeds_module
from core.domain.instrument import Instrument, Symbol
from core.domain.krx import KST
from core.errors import FeedFault
from core.news.bodies import BYTES_MAX
from core.news.feeds import Feed, FeedReader
from core.news.mapping import InstrumentMap
from core.news.parse import ParsedFeed, parse_feed
from core.news.places import Places
from core.ports.news import FeedFailure, NewsDigest
from tests.fakes.fake_cycle_desk import FakeCycleClock

NOW = datetime(2026, 9, 22, 16, 0, tzinfo=KST)
PUBLIC = "93.184.216.34"
KODEX = Instrument(symbol=Symbol("069500"), name="KODEX 200")


def item(title: str, at: datetime | None = NOW, link: str = "") -> str:
    date = f"<pubDate>{at:%Y-%m-%dT%H:%M:%S+09:00}</pubDate>" if at else ""
    return f"<item><title>{title}</title><link>{link}</link>{date}</item>"


def body(*items: str) -> bytes:
    return f"<rss><channel>{''.join(items)}</channel></rss>".encode()


def places(*hosts: str, sandbox: bool = False, address: str = PUBLIC) -> Places:
    async def resolve(_: str) -> Collection[str]:
        return {PUBLIC, address}

    return Places(hosts=frozenset(hosts), sandbox=sandbox, resolve=resolve)


def reader(client: httpx.AsyncClient, where: Places, *feeds: Feed) -> FeedReader:
    return FeedReader(feeds, client, FakeCycleClock(NOW), where, InstrumentMap((KODEX,)))


async def collect(
    handler: Callable[[httpx.Request], object], *urls: str, where: Places | None = None
) -> NewsDigest:
    feeds = [Feed(f"feed{number}", url) for number, url in enumerate(urls)]
    hosts = [httpx.URL(url).host for url in urls]
    transport = httpx.MockTransport(handler)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport) as client:
        return await reader(client, where or places(*hosts), *feeds).collect()


def answer(content: bytes, **values: Any) -> httpx.Response:
    """Return an answer that is still on the wire."""
    return httpx.Response(200, stream=_Raw(content), **values)


def nothing(_: httpx.Request) -> httpx.Response:
    raise AssertionError("nothing may be asked")


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://news.kr/rss", FeedFault.NOT_HTTPS),
        ("file:///etc/passwd", FeedFault.NOT_HTTPS),
        ("ftp://news.kr/rss", FeedFault.NOT_HTTPS),
        ("https://news.kr:8443/", FeedFault.NOT_HTTPS),
        ("https://news.kr@evil.kr/", FeedFault.UNLISTED),
        ("https://", FeedFault.UNLISTED),
        ("https://evil.kr/", FeedFault.UNLISTED),
        ("https://news.kr.evil.kr/", FeedFault.UNLISTED),
        ("https://xnews.kr/", FeedFault.UNLISTED),
        ("http://127.0.0.1/", FeedFault.OUR_NETWORK),
        ("https://localhost/", FeedFault.OUR_NETWORK),
        ("https://[::1]/", FeedFault.OUR_NETWORK),
    ],
)
async def test_addresses_that_are_never_asked(url: str, fault: FeedFault) -> None:
    found = await collect(nothing, url, where=places("news.kr"))
    assert found.failures == (FeedFailure("feed0", fault),)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.7",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "nonsense",
    ],
)
async def test_a_listed_name_that_leads_into_our_network(address: str) -> None:
    where = places("news.kr", address=address)
    found = await collect(nothing, "https://news.kr/rss", where=where)
    assert found.failures == (FeedFailure("feed0", FeedFault.OUR_NETWORK),)


async def test_a_name_that_leads_nowhere() -> None:
    async def resolve(_: str) -> Collection[str]:
        return ()

    where = Places(hosts=frozenset({"news.kr"}), resolve=resolve)
    found = await collect(nothing, "https://news.kr/rss", where=where)
    assert found.failures == (FeedFailure("feed0", FeedFault.OUR_NETWORK),)


async def test_a_name_server_that_changes_its_mind() -> None:
    class Peer:
        def get_extra_info(self, name: str) -> object:
            return ("169.254.169.254", 443) if name == "server_addr" else None

    found = await collect(
        lambda _: answer(body(item("가")), extensions={"network_stream": Peer()}),
        "https://a.kr/rss",
    )
    assert found.failures == (FeedFailure("feed0", FeedFault.OUR_NETWORK),)


async def test_newest_first_once_each_and_not_too_old() -> None:
    old, new = NOW - timedelta(hours=3), NOW - timedelta(hours=1)
    pages = {
        "a.kr": body(
            item("가", old, "https://a.kr/1"),
            item("나", new),
            item("낡음", NOW - timedelta(hours=49)),
            item("가 (종합)", new, "https://a.kr/1"),
        ),
        "b.kr": body(item(" 나 ", old), item("무", None), item("미래", NOW + timedelta(minutes=1))),
    }
    found = await collect(
        lambda request: answer(pages[request.url.host]),
        "https://a.kr/rss",
        "https://b.kr/rss",
    )
    assert [line.title for line in found.headlines] == ["나", "가 (종합)"]
    assert (found.failures, found.undated) == ((), (("feed1", 1),))


async def test_headlines_know_their_instruments() -> None:
    found = await collect(lambda _: answer(body(item("코스피200 상승"))), "https://a.kr/rss")
    assert found.headlines[0].symbols == (KODEX.symbol,)


async def test_a_broken_feed_does_not_hide_the_others() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "dead.kr":
            raise httpx.ConnectError("refused")
        return answer(body(item("가")))

    found = await collect(handler, "https://dead.kr", "https://ok.kr")
    assert [line.title for line in found.headlines] == ["가"]
    assert found.failures == (FeedFailure("feed0", FeedFault.UNREACHABLE),)


@pytest.mark.parametrize(
    ("response", "fault", "figure"),
    [
        (lambda: httpx.Response(404), FeedFault.STATUS, 404),
        (lambda: httpx.Response(304), FeedFault.STATUS, 304),
        (
            lambda: httpx.Response(200, stream=_Raw(b"x" * (BYTES_MAX + 1))),
            FeedFault.TOO_LARGE,
            BYTES_MAX,
        ),
        (
            lambda: httpx.Response(200, headers={"content-encoding": "br"}, stream=_Raw(b"x")),
            FeedFault.PACKING,
            0,
        ),
        (
            lambda: httpx.Response(302, headers={"location": "https://evil.kr/"}),
            FeedFault.UNLISTED,
            0,
        ),
        (lambda: httpx.Response(302, headers={"location": "http://a.kr/"}), FeedFault.NOT_HTTPS, 0),
        (
            lambda: httpx.Response(302, headers={"location": "file:///etc/passwd"}),
            FeedFault.NOT_HTTPS,
            0,
        ),
        (
            lambda: httpx.Response(302, headers={"location": "https://127.0.0.1/"}),
            FeedFault.OUR_NETWORK,
            0,
        ),
        (
            lambda: httpx.Response(302, headers={"location": "https://169.254.169.254/"}),
            FeedFault.UNLISTED,
            0,
        ),
        (
            lambda: httpx.Response(302, headers={"location": "https://[fe80::1]/"}),
            FeedFault.UNLISTED,
            0,
        ),
        (
            lambda: httpx.Response(302, headers={"location": "https://localhost/"}),
            FeedFault.OUR_NETWORK,
            0,
        ),
        (lambda: httpx.Response(302, headers={"location": "/again"}), FeedFault.REDIRECTS, 3),
        (
            lambda: httpx.Response(302, headers={"location": "https://[::bad"}),
            FeedFault.BAD_ADDRESS,
            0,
        ),
    ],
)
async def test_what_is_refused(
    response: Callable[[], httpx.Response], fault: FeedFault, figure: int
) -> None:
    found = await collect(lambda _: response(), "https://a.kr/rss")
    assert found.failures == (FeedFailure("feed0", fault, figure),)


@pytest.mark.parametrize(
    "location",
    [
        "https://xn--a/",
        "//xn--",
        "https://xn--\u0099/",
        "https://[a.kr/",
        "https://[%zz]/",
        "http://]]https://-1 \u200b",
        "https://a.kr\x00/",
        "https://\u2024\u2024/",
        "https://0x7f.1/",
        "https://" + "a" * 64 + ".kr/",
    ],
)
async def test_a_redirect_to_no_address_breaks_nothing(location: str) -> None:
    """Each reader of addresses (the library, the standard one) has its own way to say no."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "good.kr":
            return answer(body(item("가")))
        return httpx.Response(302, headers=[(b"location", location.encode())])

    found = await collect(handler, "https://a.kr/rss", "https://good.kr/rss")
    assert [line.title for line in found.headlines] == ["가"]
    assert [failure.name for failure in found.failures] == ["feed0"]
    assert found.failures[0].fault in {FeedFault.BAD_ADDRESS, FeedFault.UNLISTED}


class _Raw(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


async def test_redirects_to_listed_hosts_are_followed_without_the_secrets() -> None:
    asked: list[tuple[str, str | None]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url), request.headers.get("x-key")))
        if request.url.path == "/old":
            return httpx.Response(301, headers={"location": "/new"})
        if request.url.host == "a.kr":
            return httpx.Response(302, headers={"location": "https://www.b.kr/last"})
        return answer(body(item("가")))

    feed = Feed("a", "https://a.kr/old", {"X-Key": "secret"})
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
        found = await reader(client, places("a.kr", "b.kr"), feed).collect()
    assert [line.title for line in found.headlines] == ["가"]
    assert asked == [
        ("https://a.kr/old", "secret"),
        ("https://a.kr/new", "secret"),
        ("https://www.b.kr/last", None),
    ]
    assert "secret" not in repr(feed)


async def test_a_name_in_the_feeds_own_address_is_sent_to_its_own_host_alone() -> None:
    asked: list[tuple[str, str | None]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.host + request.url.path, request.headers.get("authorization")))
        to = {"/rss": "/moved", "/moved": "https://b.kr/last"}.get(request.url.path)
        return httpx.Response(302, headers={"location": to}) if to else answer(body(item("가")))

    found = await collect(handler, "https://me:pw@a.kr/rss", where=places("a.kr", "b.kr"))
    assert [line.title for line in found.headlines] == ["가"]
    basic = "Basic bWU6cHc="
    assert asked == [("a.kr/rss", basic), ("a.kr/moved", basic), ("b.kr/last", None)]


async def test_a_feed_that_has_not_changed_is_not_sent_again() -> None:
    sent: list[httpx.Headers] = []
    answers = [
        answer(
            body(item("가"), item("무", None)),
            headers={"etag": '"1"', "last-modified": "Tue, 22 Sep 2026 06:00:00 GMT"},
        ),
        httpx.Response(304),
        answer(body(item("나")), headers={"etag": "x" * 500}),
        answer(body(item("다"))),
    ]

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers)
        return answers[len(sent) - 1]

    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
        feeds = reader(client, places("a.kr"), Feed("a", "https://a.kr/rss"))
        digests = [await feeds.collect() for _ in answers]
    assert [[line.title for line in one.headlines] for one in digests] == [
        ["가"],
        ["가"],
        ["나"],
        ["다"],
    ]
    assert digests[1].undated == (("a", 1),)
    assert [headers.get("if-none-match") for headers in sent] == [None, '"1"', '"1"', None]
    assert sent[1]["if-modified-since"] == "Tue, 22 Sep 2026 06:00:00 GMT"
    assert "if-modified-since" not in sent[3]


async def test_one_document_is_parsed_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that parse beside one another keep the event loop waiting for its turn."""
    inside, most = 0, 0

    def slow(*asked: object) -> ParsedFeed:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.02)
        inside -= 1
        return parse_feed(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(feeds_module, "parse_feed", slow)
    # What waits for its turn is no slow feed.
    monkeypatch.setattr(feeds_module, "FEED_SECONDS_MAX", 1.0)
    urls = [f"https://{name}.kr/rss" for name in "abcdefgh"]
    found = await collect(lambda request: answer(body(item(request.url.host))), *urls)
    assert (len(found.headlines), found.failures, most) == (8, (), 1)


async def test_a_feed_that_takes_long_to_read_is_given_up_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thread cannot be ended, so that a feed which is stuck each day has two of them and no more.

    They are of the pool that everybody shares.
    """
    ending = threading.Event()
    asked: list[str] = []

    def stuck(name: str, *rest: object) -> ParsedFeed:
        asked.append(name)
        if name == "feed0":
            ending.wait(30)
        return parse_feed(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(feeds_module, "parse_feed", stuck)
    monkeypatch.setattr(feeds_module, "FEED_SECONDS_MAX", 1.0)
    stays = FeedFailure("feed0", FeedFault.SLOW, 1)
    listed = [Feed(f"feed{n}", f"https://{name}.kr/rss") for n, name in enumerate("ab")]
    transport = httpx.MockTransport(lambda request: answer(body(item(request.url.host))))
    async with httpx.AsyncClient(transport=transport) as client:
        feeds = reader(client, places("a.kr", "b.kr"), *listed)
        try:
            first = await feeds.collect()
            second = await feeds.collect()
        finally:
            ending.set()
        third = await feeds.collect()
    assert first.failures == (stays,)
    assert [one.title for one in first.headlines] == ["b.kr"]
    # The first feed holds both threads now, and nobody adds a third.
    assert second.failures == (stays, FeedFailure("feed1", FeedFault.SLOW, 1))
    assert asked == ["feed0", "feed1", "feed0", "feed0", "feed1"]
    assert (len(third.headlines), third.failures) == (2, ())


async def test_a_feed_does_not_wait_for_its_turn_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds_module, "TURN_SECONDS_MAX", 0.0)
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: answer(body(item("가"))))
    ) as client:
        feeds = reader(client, places("a.kr"), Feed("a", "https://a.kr/rss"))
        async with feeds.parsing:
            found = await feeds.collect()
        assert found.failures == (FeedFailure("a", FeedFault.SLOW, 5),)
        monkeypatch.setattr(feeds_module, "TURN_SECONDS_MAX", 300.0)
        assert len((await feeds.collect()).headlines) == 1


async def test_a_silent_feed_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds_module, "FEED_SECONDS_MAX", 1.0)

    async def handler(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    found = await collect(handler, "https://a.kr/rss")
    assert found.failures == (FeedFailure("feed0", FeedFault.SLOW, 1),)

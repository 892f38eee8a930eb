from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import httpx
import pytest

import core.news.feeds as feeds_module
from core.domain.krx import KST
from core.news.feeds import FEED_BYTES_MAX, Feed, FeedReader
from core.ports.news import NewsDigest
from tests.fakes.fake_cycle_desk import FakeCycleClock

NOW = datetime(2026, 9, 22, 16, 0, tzinfo=KST)


def item(title: str, at: datetime | None) -> str:
    date = f"<pubDate>{at:%Y-%m-%dT%H:%M:%S+09:00}</pubDate>" if at else ""
    return f"<item><title>{title}</title>{date}</item>"


def body(*items: str) -> bytes:
    return f"<rss><channel>{''.join(items)}</channel></rss>".encode()


async def collect(handler: Callable[[httpx.Request], object], *urls: str) -> NewsDigest:
    feeds = [Feed(f"feed{number}", url) for number, url in enumerate(urls)]
    transport = httpx.MockTransport(handler)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport) as client:
        return await FeedReader(feeds, client, FakeCycleClock(NOW)).collect()


@pytest.mark.parametrize(
    "url",
    ["http://news.kr/rss", "file:///etc/passwd", "ftp://a.kr", "https://", "http://127.0.0.1.a.kr"],
)
def test_only_https_or_loopback(url: str) -> None:
    with pytest.raises(ValueError, match="only https or loopback"):
        Feed("x", url)


async def test_newest_first_once_each_and_not_too_old() -> None:
    old, new = NOW - timedelta(hours=3), NOW - timedelta(hours=1)
    pages = {
        "a.kr": body(item("가", old), item("나", new), item("낡음", NOW - timedelta(hours=49))),
        "b.kr": body(item(" 나 ", old), item("무", None), item("미래", NOW + timedelta(minutes=1))),
    }
    found = await collect(
        lambda request: httpx.Response(200, content=pages[request.url.host]),
        "https://a.kr/rss",
        "https://b.kr/rss",
    )
    assert [line.title for line in found.headlines] == ["나", "가", "무"]
    assert found.failures == ()


async def test_a_broken_feed_does_not_hide_the_others() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "dead.kr":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, content=body(item("가", None)))

    found = await collect(handler, "https://dead.kr", "https://ok.kr", "http://127.0.0.1:9/")
    assert [line.title for line in found.headlines] == ["가"]
    assert found.failures == (("feed0", "not reachable (ConnectError)"),)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (lambda: httpx.Response(404), "HTTP 404"),
        (lambda: httpx.Response(200, content=b"x" * (FEED_BYTES_MAX + 1)), "larger than"),
        (
            lambda: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=_Raw(b"x")),
            "compressed",
        ),
        (lambda: httpx.Response(302, headers={"location": "https://evil.kr/"}), "another host"),
        (lambda: httpx.Response(302, headers={"location": "http://a.kr/"}), "another host"),
        (lambda: httpx.Response(302, headers={"location": "/again"}), "without end"),
    ],
)
async def test_what_is_refused(response: Callable[[], httpx.Response], reason: str) -> None:
    found = await collect(lambda _: response(), "https://a.kr/rss")
    assert reason in found.failures[0][1]


class _Raw(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


async def test_a_redirect_on_the_same_host_is_followed() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/old":
            return httpx.Response(301, headers={"location": "/new"})
        return httpx.Response(200, content=body(item("가", None)))

    found = await collect(handler, "https://a.kr/old")
    assert [line.title for line in found.headlines] == ["가"]


async def test_a_silent_feed_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds_module, "FEED_SECONDS_MAX", 0.01)

    async def handler(_: httpx.Request) -> httpx.Response:
        import asyncio

        await asyncio.Event().wait()
        raise AssertionError

    found = await collect(handler, "https://a.kr/rss")
    assert "no answer" in found.failures[0][1]

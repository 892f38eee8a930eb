"""Servers on loopback that send bombs: refused in words, with little read, and the rest goes on."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

import core.news.feeds as feeds_module
from core.errors import FeedFault
from core.news.bodies import BYTES_MAX, read_bounded
from core.news.feeds import Feed
from core.ports.news import FeedFailure
from tests.core.news.test_feeds import body, item, places, reader

GOOD = body(item("환율 보합"))
PART = b"<item><title>" + b"a" * 65_000 + b"</title></item>"
# 1 GB, if anybody read it.
ENDLESS = 16_000


class Server:
    """Answers each path with its body, and counts how many bytes were taken."""

    def __init__(self) -> None:
        self.url = ""
        self.sent = 0

    async def answer(self, ours: asyncio.StreamReader, theirs: asyncio.StreamWriter) -> None:
        line = (await ours.readuntil(b"\r\n\r\n")).split(b" ")
        try:
            await self._send(line[1].decode(), theirs)
        except OSError:
            pass  # the reader hung up, as it should
        finally:
            theirs.close()

    async def _send(self, path: str, out: asyncio.StreamWriter) -> None:
        head, parts = BODIES[path]
        out.write(f"HTTP/1.1 200 OK\r\nconnection: close\r\n{head}\r\n".encode())
        for part in parts:
            out.write(part)
            await out.drain()
            self.sent += len(part)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine must not look like a slow feed."""
    monkeypatch.setattr(feeds_module, "FEED_SECONDS_MAX", 300.0)


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


BODIES: dict[str, tuple[str, list[bytes]]] = {
    "/good": ("", [GOOD]),
    "/packed": ("content-encoding: gzip\r\n", [gzipped(GOOD)]),
    "/deflated": ("content-encoding: deflate\r\n", [zlib.compress(GOOD)]),
    "/endless": ("", [b"<rss><channel>", *([PART] * ENDLESS)]),
    "/bomb": ("content-encoding: gzip\r\n", [gzipped(b"\0" * 100_000_000)]),
    "/deflate_bomb": ("content-encoding: deflate\r\n", [zlib.compress(b"\0" * 100_000_000, 9)]),
    "/quadratic": (
        "",
        [
            b'<!DOCTYPE r [<!ENTITY a "' + b"a" * 100_000 + b'">]>'
            b"<rss><channel><item><title>" + b"&a;" * 100_000 + b"</title></item></channel></rss>"
        ],
    ),
    "/matryoshka": ("content-encoding: gzip, gzip\r\n", [gzipped(gzipped(GOOD))]),
    "/half": ("content-encoding: gzip\r\n", [gzipped(GOOD)[:-9]]),
    "/noise": ("content-encoding: gzip\r\n", [b"\x00\x01\x02"]),
    "/laughs": (
        "",
        [
            (
                b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
                b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
                b"<rss><channel><item><title>&c;</title></item></channel></rss>"
            )
        ],
    ),
    "/file": (
        "",
        [
            (
                b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                b"<rss><channel><item><title>&x;</title></item></channel></rss>"
            )
        ],
    ),
    "/deep": ("", [b"<rss>" + b"<a>" * 100_000]),
    "/page": ("", [b"<html><body>Please log in</body></html>"]),
}


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    made = Server()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("path", "fault", "figure"),
    [
        ("/endless", FeedFault.TOO_LARGE, BYTES_MAX),
        ("/bomb", FeedFault.BOMB, BYTES_MAX),
        ("/deflate_bomb", FeedFault.BOMB, BYTES_MAX),
        ("/quadratic", FeedFault.FORBIDDEN_XML, 0),
        ("/matryoshka", FeedFault.PACKING, 0),
        ("/half", FeedFault.CUT_OFF, 0),
        ("/noise", FeedFault.NOT_UNPACKED, 0),
        ("/laughs", FeedFault.FORBIDDEN_XML, 0),
        ("/file", FeedFault.FORBIDDEN_XML, 0),
        ("/deep", FeedFault.FORBIDDEN_XML, 0),
    ],
)
async def test_bombs_are_refused_and_the_rest_goes_on(
    path: str, fault: FeedFault, figure: int
) -> None:
    async with serving() as server, httpx.AsyncClient(trust_env=False) as client:
        feeds = [Feed(name, server.url + where) for name, where in (("b", path), ("g", "/good"))]
        found = await reader(client, places(sandbox=True), *feeds).collect()
        assert [line.title for line in found.headlines] == ["환율 보합"]
        assert found.failures == (FeedFailure("b", fault, figure),)
        assert server.sent < 20 * BYTES_MAX


@pytest.mark.parametrize("path", ["/good", "/packed", "/deflated"])
async def test_what_is_packed_is_unpacked(path: str) -> None:
    async with serving() as server, httpx.AsyncClient(trust_env=False) as client:
        feeds = reader(client, places(sandbox=True), Feed("x", server.url + path))
        assert [line.title for line in (await feeds.collect()).headlines] == ["환율 보합"]


async def test_a_page_that_is_no_feed_has_no_headlines() -> None:
    async with serving() as server, httpx.AsyncClient(trust_env=False) as client:
        found = await reader(
            client, places(sandbox=True), Feed("x", f"{server.url}/page")
        ).collect()
    assert (found.headlines, found.failures) == ((), ())


async def test_without_the_sandbox_our_own_machine_is_not_asked() -> None:
    async with serving() as server, httpx.AsyncClient(trust_env=False) as client:
        found = await reader(client, places(), Feed("x", f"{server.url}/good")).collect()
        assert found.failures == (FeedFailure("x", FeedFault.OUR_NETWORK),)
        assert server.sent == 0


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    async def parts(content: bytes) -> AsyncIterator[bytes]:
        yield content

    whole = b"x" * BYTES_MAX
    assert await read_bounded(parts(whole), "identity") == whole
    assert await read_bounded(parts(gzipped(whole)), " GZIP ") == whole

"""A feed that attacks: each attack is refused in words, and the day's cycle goes on to its ticket.

The real reader of feeds stands in the cycle, beside one honest feed. Bombs come from a server on
loopback; where names and redirects lead is played on httpx's own transport.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import cast

import httpx
import pytest

import core.news.feeds as feeds_module
from bot.locales import load
from core.domain.krx import KST
from core.errors import FeedFault
from core.news.bodies import BYTES_MAX
from core.news.feeds import Feed, FeedReader
from core.news.mapping import InstrumentMap
from core.news.places import Places
from tests.core.flows.world import DAY, World
from tests.core.news.test_feeds import PUBLIC, answer, body, item
from tests.core.news.test_hostile_servers import serving
from tests.fakes.fake_cycle_desk import FakeNews

GOOD = body(item("환율 보합", datetime(2023, 3, 2, 7, 0, tzinfo=KST)))
HOME = FeedFault.OUR_NETWORK
SECRET = "root:x:0:0"  # what must never be read out of our own machine

Handler = Callable[[httpx.Request], httpx.Response]


def words(fault: FeedFault, figure: int = BYTES_MAX) -> str:
    return load("ko").say(f"news.feed_{fault.value}", figure=figure)


async def day_with(reader: FeedReader) -> str:
    """Run the day, see that the honest feed was read and a ticket came of it; return the words."""
    world = World(news=cast("FakeNews", reader))
    briefing = await world.daily().run(DAY)
    assert [line.title for line in briefing.news] == ["환율 보합"]
    assert briefing.ticket_id is not None
    told = [text for text in briefing.warnings if "읽지 못한 뉴스 피드 공격" in text]
    assert len(told) == 1
    assert SECRET not in str(briefing)
    return told[0]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine must not look like a slow feed."""
    monkeypatch.setattr(feeds_module, "FEED_SECONDS_MAX", 300.0)


def reader_of(client: httpx.AsyncClient, places: Places, attack: str, good: str) -> FeedReader:
    feeds = (Feed("공격", attack), Feed("바른", good))
    clock = World().clock
    return FeedReader(feeds, client, clock, places, InstrumentMap(()))


async def attacked(
    handler: Handler,
    addresses: Mapping[str, Collection[str]] | None = None,
) -> tuple[list[str], str]:
    """Read a feed of a.kr and the honest one; return the hosts that were asked, and the words."""
    asked: list[str] = []
    known = addresses or {}

    async def resolve(host: str) -> Collection[str]:
        return known.get(host, {PUBLIC})

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.host == "good.kr":
            return answer(GOOD)
        asked.append(request.url.host)
        return handler(request)

    places = Places(hosts=frozenset({"a.kr", "b.kr", "c.kr", "good.kr"}), resolve=resolve)
    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        told = await day_with(reader_of(client, places, "https://a.kr/rss", "https://good.kr/rss"))
    return asked, told


def to(address: str) -> Handler:
    return lambda _: httpx.Response(302, headers={"location": address})


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        pytest.param("http://127.0.0.1:8080/", HOME, id="loopback"),
        pytest.param("https://localhost/", HOME, id="localhost"),
        pytest.param("https://[::1]/", HOME, id="loopback of IPv6"),
        pytest.param("https://127.1/", FeedFault.UNLISTED, id="short loopback"),
        pytest.param("https://2130706433/", FeedFault.UNLISTED, id="loopback as one number"),
        pytest.param("https://0177.0.0.1/", FeedFault.BAD_ADDRESS, id="octal loopback"),
        pytest.param("https://169.254.169.254/latest/", FeedFault.UNLISTED, id="link-local"),
        pytest.param("https://[fe80::1]/", FeedFault.UNLISTED, id="link-local of IPv6"),
        pytest.param("https://[::ffff:127.0.0.1]/", FeedFault.UNLISTED, id="mapped loopback"),
        pytest.param("https://[64:ff9b::7f00:1]/", FeedFault.UNLISTED, id="translated loopback"),
        pytest.param("https://10.0.0.7/", FeedFault.UNLISTED, id="private 10"),
        pytest.param("https://172.16.0.1/", FeedFault.UNLISTED, id="private 172"),
        pytest.param("https://192.168.0.1/", FeedFault.UNLISTED, id="private 192"),
        pytest.param("https://[fd00::1]/", FeedFault.UNLISTED, id="private of IPv6"),
        pytest.param("file:///etc/passwd", FeedFault.NOT_HTTPS, id="file"),
        pytest.param("ftp://a.kr/rss", FeedFault.NOT_HTTPS, id="ftp"),
        pytest.param("http://a.kr/rss", FeedFault.NOT_HTTPS, id="without TLS"),
        pytest.param("https://a.kr:6379/", FeedFault.NOT_HTTPS, id="another port"),
        pytest.param("https://a.kr@evil.kr/", FeedFault.UNLISTED, id="name before the host"),
        pytest.param("https://a.kr:443@127.0.0.1/", HOME, id="a host as a name before loopback"),
        pytest.param("https://me:pw@b.kr/", FeedFault.BAD_ADDRESS, id="name and password"),
        pytest.param("https://me@a.kr/rss", FeedFault.BAD_ADDRESS, id="a name for the feed's own"),
        pytest.param("//evil.kr/rss", FeedFault.UNLISTED, id="relative host"),
        pytest.param("HTTPS://LOCALHOST/", HOME, id="localhost in capitals"),
        pytest.param("https://localhost./", FeedFault.UNLISTED, id="localhost with its root"),
        pytest.param("https://１２７.0.0.1/", FeedFault.BAD_ADDRESS, id="loopback in wide digits"),
        pytest.param("https://0x7f000001/", FeedFault.UNLISTED, id="loopback as hexadecimal"),
        pytest.param(
            "https://0x7f.0.0.1/", FeedFault.UNLISTED, id="loopback, one part hexadecimal"
        ),
        pytest.param(
            "https://017700000001/", FeedFault.UNLISTED, id="loopback as one octal number"
        ),
        pytest.param("https://[::ffff:7f00:1]/", FeedFault.UNLISTED, id="mapped loopback in hex"),
        pytest.param("https://[::ffff:a9fe:a9fe]/", FeedFault.UNLISTED, id="mapped link-local"),
        pytest.param("https://[0:0:0:0:0:0:0:1]/", FeedFault.UNLISTED, id="long loopback of IPv6"),
        pytest.param("https://b.kr.evil.kr/", FeedFault.UNLISTED, id="a listed name in another"),
        pytest.param("https://b.kr%2eevil.kr/", FeedFault.UNLISTED, id="an escaped dot"),
        pytest.param("https://b.kr\\@evil.kr/", FeedFault.UNLISTED, id="a backslash"),
        pytest.param("data:text/xml,<rss/>", FeedFault.BAD_ADDRESS, id="data"),
        pytest.param("gopher://b.kr:443/", FeedFault.NOT_HTTPS, id="gopher"),
    ],
)
async def test_a_redirect_that_may_not_be_followed(address: str, fault: FeedFault) -> None:
    asked, told = await attacked(to(address))
    assert asked == ["a.kr"]
    assert words(fault) in told


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254", "10.0.0.7", "172.31.255.255",
        "192.168.0.1", "100.64.0.1", "192.0.0.8", "255.255.255.255", "::", "::1", "fe80::1", "fec0::1",
        "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::",
    ],
)  # fmt: skip
async def test_a_listed_name_that_leads_into_our_network(address: str) -> None:
    # One good address among them helps nothing.
    asked, told = await attacked(to("https://b.kr/"), {"b.kr": [PUBLIC, address]})
    assert asked == ["a.kr"]
    assert words(HOME) in told


async def test_a_name_server_in_our_network_answers_for_the_feed_itself() -> None:
    asked, told = await attacked(to("https://b.kr/"), {"a.kr": ["169.254.169.254"]})
    assert asked == []
    assert words(HOME) in told


async def test_a_name_that_this_machine_itself_takes_for_loopback() -> None:
    """Without any stand-in for the resolver: 127.1 is loopback to getaddrinfo."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "127.0.0.1", "the name was asked"
        return answer(GOOD)

    places = Places(hosts=frozenset({"127.1"}), sandbox=True)
    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        feeds = reader_of(client, places, "https://127.1/rss", "http://127.0.0.1/good")
        assert words(HOME) in await day_with(feeds)


async def test_a_chain_that_ends_at_home() -> None:
    steps = {"a.kr": "https://b.kr/", "b.kr": "https://c.kr/", "c.kr": "https://[::1]/"}
    asked, told = await attacked(lambda request: to(steps[request.url.host])(request))
    assert asked == [*steps]
    assert words(HOME) in told


@pytest.mark.parametrize(
    ("last", "fault"),
    [
        ("http://c.kr/rss", FeedFault.NOT_HTTPS),
        ("http://a.kr/rss", FeedFault.NOT_HTTPS),
        ("file:///etc/passwd", FeedFault.NOT_HTTPS),
        ("https://c.kr:22/", FeedFault.NOT_HTTPS),
        ("https://me:pw@c.kr/", FeedFault.BAD_ADDRESS),
    ],
)
async def test_a_chain_that_changes_its_scheme_on_the_way(last: str, fault: FeedFault) -> None:
    steps = {"a.kr": "//b.kr/", "b.kr": last}
    asked, told = await attacked(lambda request: to(steps[request.url.host])(request))
    assert asked == ["a.kr", "b.kr"]
    assert words(fault) in told


@pytest.mark.parametrize("order", [1, -1])
async def test_two_answers_of_a_name_server_in_either_order(order: int) -> None:
    addresses = [PUBLIC, "::ffff:10.0.0.7"][::order]
    asked, told = await attacked(to("https://b.kr/"), {"b.kr": addresses})
    assert asked == ["a.kr"]
    assert words(HOME) in told


async def test_a_name_server_that_says_another_thing_the_second_time() -> None:
    """The feed sends itself on to itself, and its name has moved meanwhile."""
    answers = [[PUBLIC], ["127.0.0.1"]]

    class Moving(dict[str, Collection[str]]):
        def get(self, host: str, default: object = None) -> Collection[str]:
            return answers.pop(0) if host == "a.kr" else [PUBLIC]

    asked, told = await attacked(to("https://a.kr/again"), Moving({"a.kr": []}))
    assert asked == ["a.kr"]
    assert words(HOME) in told


async def test_a_chain_without_end() -> None:
    asked, told = await attacked(to("/again"))
    assert len(asked) == feeds_module.REDIRECTS_MAX + 1
    assert words(FeedFault.REDIRECTS, feeds_module.REDIRECTS_MAX) in told


async def test_two_hosts_that_send_each_other_on() -> None:
    steps = {"a.kr": "https://b.kr/", "b.kr": "https://a.kr/"}
    asked, told = await attacked(lambda request: to(steps[request.url.host])(request))
    assert asked == ["a.kr", "b.kr", "a.kr", "b.kr"]
    assert words(FeedFault.REDIRECTS, feeds_module.REDIRECTS_MAX) in told


async def test_a_redirect_without_an_address() -> None:
    _, told = await attacked(lambda _: httpx.Response(302))
    assert words(FeedFault.REDIRECTS, feeds_module.REDIRECTS_MAX) in told


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        pytest.param("/endless", FeedFault.TOO_LARGE, id="1 GB"),
        pytest.param("/bomb", FeedFault.BOMB, id="gzip bomb"),
        pytest.param("/deflate_bomb", FeedFault.BOMB, id="deflate bomb"),
        pytest.param("/laughs", FeedFault.FORBIDDEN_XML, id="a billion laughs"),
        pytest.param("/quadratic", FeedFault.FORBIDDEN_XML, id="quadratic blow-up"),
        pytest.param("/file", FeedFault.FORBIDDEN_XML, id="a file as an entity"),
        pytest.param("/deep", FeedFault.FORBIDDEN_XML, id="a hundred thousand levels"),
    ],
)
async def test_a_bomb(path: str, fault: FeedFault) -> None:
    # The honest feed is of that day; the server's own is of another one.
    honest = {"http://127.0.0.1:1": httpx.MockTransport(lambda _: answer(GOOD))}
    async with serving() as server, httpx.AsyncClient(trust_env=False, mounts=honest) as client:
        places = Places(sandbox=True)
        told = await day_with(
            reader_of(client, places, server.url + path, "http://127.0.0.1:1/good")
        )
        assert server.sent < 20 * BYTES_MAX
    assert words(fault) in told

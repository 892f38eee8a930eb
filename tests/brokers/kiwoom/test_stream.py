"""A connection of the Kiwoom stream over real sockets: a `websockets` server plays what a test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.server import ServerConnection

from brokers.kiwoom.stream import KiwoomStream
from brokers.kiwoom.stream_reading import Reading
from brokers.wire.stream import (
    IN_USE_PAUSE_SECONDS,
    PAUSES_SECONDS,
    REFUSED_PAUSE_SECONDS,
    StreamPatience,
    with_path,
)
from core.domain.instrument import Symbol
from core.domain.ticks import Channel, FeedTrouble, Registration
from core.errors import BrokerRefused, BrokerUnavailable
from core.ports.broker import AccessToken
from core.runtime.identifiers import SystemIdentifiers
from tests.brokers.kiwoom.stream_vectors import (
    BOOK,
    HOLDING,
    HOURS,
    INDEX,
    ORDER,
    TRADE,
    ack,
    real,
)
from tests.brokers.kiwoom.wire_fixtures import KODEX, NOW, TOKEN
from tests.brokers.stream_server import StreamServer, served
from tests.fakes.feed_sink import PATIENCE_SECONDS, FeedSink, running
from tests.fakes.hand_clock import HandClock

PING = '{"trnm":"PING"}'
KICK = '{"trnm":"SYSTEM","code":"R10001","message":"동일한 App key로 접속이 되었습니다."}'
ALWAYS = [("REG", "00", [""]), ("REG", "04", [""]), ("REG", "0s", [""])]
INDICES = [("REG", "0J", ["001", "101"])]
QUICK = StreamPatience(turn_seconds=0.02, silence_turns=5, answer_turns=2, forgive_turns=10_000)
SLOW = StreamPatience(turn_seconds=0.02, silence_turns=10_000, answer_turns=10_000)

Play = Callable[["Server", ServerConnection, int], Awaitable[None]]


class Jitterless(SystemIdentifiers):
    def jitter(self) -> float:
        return 0.0


class Tokens:
    """Hands out one token, after the faults it was given."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.dead: list[AccessToken] = []

    async def get(self) -> AccessToken:
        if self.faults:
            raise self.faults.pop(0)
        return TOKEN

    def invalidate(self, token: AccessToken) -> None:
        self.dead.append(token)


@dataclass
class Server(StreamServer):
    """What it heard over all connections, and the usual answers to it."""

    refuses: frozenset[str] = frozenset()
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, message: str | bytes) -> None:
        self.heard.append(str(message))
        self._news.set()

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not happened():
                self._news.clear()
                await self._news.wait()

    @property
    def registered(self) -> list[tuple[str, str, list[str]]]:
        frames: list[dict[str, Any]] = [json.loads(text) for text in self.heard]
        return [
            (frame["trnm"], frame["data"][0]["type"][0], frame["data"][0]["item"])
            for frame in frames
            if "data" in frame
        ]

    async def login(self, socket: ServerConnection) -> None:
        self.hear(await socket.recv())
        assert json.loads(self.heard[-1]) == {"trnm": "LOGIN", "token": TOKEN.value}
        await socket.send(ack("LOGIN"))

    async def listen(self, socket: ServerConnection) -> None:
        """Answer whatever is asked until the client leaves."""
        async for message in socket:
            self.hear(message)
            frame = json.loads(message)
            if "data" in frame:
                refused = not self.refuses.isdisjoint(frame["data"][0]["item"])
                await socket.send(ack(frame["trnm"], 1 if refused else 0))

    async def confirm(self, socket: ServerConnection, number: int) -> None:
        """Answer `number` registrations."""
        for _ in range(number):
            self.hear(await socket.recv())
            await socket.send(ack(json.loads(self.heard[-1])["trnm"]))


def playing(play: Play, *refuses: str) -> AbstractAsyncContextManager[Server]:
    return served(Server(refuses=frozenset(refuses)), play)


@asynccontextmanager
async def streaming(
    url: str,
    *wanted: Registration,
    tokens: Tokens | None = None,
    clock: HandClock | None = None,
    patience: StreamPatience = SLOW,
) -> AsyncIterator[tuple[KiwoomStream, FeedSink]]:
    stream = KiwoomStream(
        url, tokens or Tokens(), clock or HandClock(NOW), Jitterless(), patience=patience
    )
    sink = FeedSink()
    stream.follow(wanted)
    async with running(stream, sink):
        yield stream, sink


def on(channel: Channel, symbol: Symbol = KODEX) -> Registration:
    return Registration(symbol, channel)


async def usual(server: Server, socket: ServerConnection, _count: int) -> None:
    await server.login(socket)
    await server.listen(socket)


async def test_login_then_notices_then_what_is_wanted() -> None:
    wanted = (on(Channel.TRADE), on(Channel.TRADE, Symbol("102110")), on(Channel.BOOK))
    async with playing(usual) as server, streaming(server.url, *wanted) as (_, sink):
        await sink.until(lambda: len(server.registered) == 6)
        prices = [("REG", "0B", [KODEX, "102110"]), ("REG", "0D", [KODEX])]
        assert server.registered == [*ALWAYS, *prices, *INDICES]
        assert server.paths == ["/api/dostk/websocket"]
        assert sink.ups == 1


async def test_notices_come_while_nothing_is_followed() -> None:
    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        await server.login(socket)
        await server.confirm(socket, 4)
        await socket.send(real(("00", KODEX, ORDER), ("00", KODEX, ORDER), ("04", KODEX, HOLDING)))
        await server.listen(socket)

    async with playing(play) as server, streaming(server.url) as (_, sink):
        await sink.until(lambda: len(sink.hints) == 3)
        assert server.registered == [*ALWAYS, *INDICES]
        assert [hint.order_number for hint in sink.hints] == ["80251", "80251", None]


async def test_every_type_goes_where_it_belongs() -> None:
    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        await server.login(socket)
        await server.confirm(socket, 7)
        await socket.send(
            real(
                ("0J", "001", INDEX),
                ("0s", "", HOURS),
                ("0s", "", HOURS | {"214": "000010"}),
                ("0B", KODEX, TRADE | {"13": "1"}),
                ("0B", KODEX, TRADE),
                ("0D", KODEX, BOOK),
            )
        )
        await socket.send(real(("0s", "", HOURS | {"214": "000005"})))
        await socket.send(real(("0G", KODEX, {"36": "+35123.45"})))
        await server.listen(socket)

    wanted = (on(Channel.TRADE), on(Channel.NAV), on(Channel.BOOK))
    with capture_logs() as logs:
        async with playing(play) as server, streaming(server.url, *wanted) as (_, sink):
            await sink.until(lambda: bool(sink.navs))
    assert [trade.volume_shares for trade in sink.trades] == [7_751_269]
    assert len(sink.books) == 1
    phases = [line for line in logs if line["event"] == "market phase"]
    assert [(one["phase"], one["remaining"]) for one in phases] == [("0", "000010")]
    assert phases[0]["indices"] == {"001": "2650.12 (-3.25)"}


async def test_ping_goes_back_as_it_came_and_rubbish_costs_nothing_else() -> None:
    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        await server.login(socket)
        await server.confirm(socket, 5)
        for said in (
            PING,
            "rubbish",
            b"\x00",
            real(("0B", KODEX, {"10": "?"})),
            real(("0A", KODEX, TRADE)),
            '{"trnm":"REAL","data":[7]}',
            '{"trnm":"SYSTEM","code":"R1","message":"점검"}',
            " PING",
            real(("0B", KODEX, TRADE)),
        ):
            await socket.send(said)
        async for message in socket:
            server.hear(message)

    async with (
        playing(play) as server,
        streaming(server.url, on(Channel.TRADE)) as (_, sink),
    ):
        await sink.until(lambda: bool(sink.trades))
        await server.until(lambda: " PING" in server.heard)
        assert server.heard[-2:] == [PING, " PING"]
        assert sink.troubles == []


def test_what_cannot_be_read_is_counted() -> None:
    reading = Reading(FeedSink(), HandClock(NOW))
    for said in ("x", b"\x00", real(("0A", KODEX, {}), ("0B", KODEX, {})), '{"trnm":"REAL"}'):
        assert reading.keep(said)
    assert reading.keep('{"trnm":"REAL","data":[7,{}]}')
    assert (reading.faults, reading.heard) == (7, 5)
    assert not reading.keep(PING)


async def test_what_is_wanted_no_more_is_taken_back() -> None:
    async with (
        playing(usual, "0G0000") as server,
        streaming(server.url, on(Channel.TRADE)) as (stream, sink),
    ):
        await sink.until(lambda: sink.ups == 1 and len(server.registered) == 5)
        stream.follow([on(Channel.TRADE, Symbol("102110"))])
        await server.until(lambda: len(server.registered) >= 7)
        assert server.registered[5:] == [("REMOVE", "0B", [KODEX]), ("REG", "0B", ["102110"])]


async def test_a_refused_code_leaves_the_others() -> None:
    wanted = (on(Channel.TRADE, Symbol("999999")), on(Channel.TRADE))
    async with (
        playing(usual, "999999") as server,
        streaming(server.url, *wanted) as (_, sink),
    ):
        await sink.until(lambda: sink.ups == 1)
        await server.until(lambda: len(server.registered) >= 7)
        assert server.registered[3:] == [
            ("REG", "0B", ["999999", KODEX]),
            ("REG", "0B", ["999999"]),
            ("REG", "0B", [KODEX]),
            *INDICES,
        ]


async def test_a_broken_connection_is_made_anew_with_everything_registered_again() -> None:
    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        await server.login(socket)
        await server.confirm(socket, 5)
        await socket.send(real(("0B", KODEX, TRADE)))
        if count == 1:
            socket.transport.abort()
        await server.listen(socket)

    clock = HandClock(NOW)
    async with (
        playing(play) as server,
        streaming(server.url, on(Channel.TRADE), clock=clock) as (_, sink),
    ):
        await sink.until(lambda: sink.ups == 2 and len(sink.trades) >= 1)
        await server.until(lambda: len(server.registered) >= 10)
        once = [*ALWAYS, ("REG", "0B", [KODEX]), *INDICES]
        assert server.registered == [*once, *once]
        assert sink.troubles == [FeedTrouble.DISCONNECTED]
        assert (clock.now() - NOW).total_seconds() == PAUSES_SECONDS[0]


@pytest.mark.parametrize("code", [1000, 1011])
async def test_a_server_that_closes_before_the_answer_is_left_alone_for_longer_each_time(
    code: int,
) -> None:
    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        if count < 4:
            await socket.close(code)
        await usual(server, socket, count)

    clock = HandClock(NOW)
    async with playing(play) as server, streaming(server.url, clock=clock) as (_, sink):
        await sink.until(lambda: sink.ups == 1)
        assert sink.troubles == [FeedTrouble.DISCONNECTED] * 3
        assert (clock.now() - NOW).total_seconds() == sum(PAUSES_SECONDS[1:4])


async def until_down(play: Play, tokens: Tokens, patience: StreamPatience = SLOW) -> FeedTrouble:
    clock = HandClock(NOW, skips=False)
    async with (
        playing(play) as server,
        streaming(server.url, on(Channel.TRADE), tokens=tokens, clock=clock, patience=patience) as (
            _,
            sink,
        ),
    ):
        await sink.until(lambda: bool(sink.troubles))
        return sink.troubles[0]


async def test_a_login_without_an_answer_ends_even_while_pings_come() -> None:
    async def play(_server: Server, socket: ServerConnection, _count: int) -> None:
        while True:
            await socket.send(PING)
            await asyncio.sleep(0.01)

    patience = StreamPatience(turn_seconds=0.02, silence_turns=10_000, answer_turns=2)
    assert await until_down(play, Tokens(), patience) is FeedTrouble.SILENT


async def test_a_server_that_falls_silent_is_left() -> None:
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.login(socket)
        await server.confirm(socket, 5)
        await socket.wait_closed()

    assert await until_down(play, Tokens(), QUICK) is FeedTrouble.SILENT


async def test_a_registration_without_an_answer_is_passed_over() -> None:
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.login(socket)
        async for message in socket:
            server.hear(message)
            if server.registered[-1][1] != "04":
                await socket.send(ack("REG"))

    patience = StreamPatience(turn_seconds=0.02, silence_turns=10_000, answer_turns=2)
    async with playing(play) as server, streaming(server.url, patience=patience) as (_, sink):
        await sink.until(lambda: sink.ups == 1)
        await server.until(lambda: len(server.registered) >= 4)
        assert server.registered == [*ALWAYS, *INDICES]


async def test_another_session_on_the_key_is_given_time() -> None:
    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        await server.login(socket)
        if count == 1:
            await server.confirm(socket, 4)
            await socket.send(KICK)
        await server.listen(socket)

    clock = HandClock(NOW)
    async with playing(play) as server, streaming(server.url, clock=clock) as (_, sink):
        await sink.until(lambda: sink.ups == 2)
        assert sink.troubles == [FeedTrouble.KEY_IN_USE]
        assert (clock.now() - NOW).total_seconds() == IN_USE_PAUSE_SECONDS


def refusing(code: object, text: str, times: int) -> Play:
    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        if count > times:
            await usual(server, socket, count)
        await socket.recv()
        await socket.send(ack("LOGIN", code, text))
        await socket.close()

    return play


async def test_a_dead_token_is_dropped_once() -> None:
    clock, tokens = HandClock(NOW), Tokens()
    play = refusing(805004, "[CODE=8005, MESSAGE=Token이 유효하지 않습니다]", 2)
    async with (
        playing(play) as server,
        streaming(server.url, clock=clock, tokens=tokens) as (_, sink),
    ):
        await sink.until(lambda: sink.ups == 1)
        assert sink.troubles == [FeedTrouble.DISCONNECTED, FeedTrouble.REFUSED]
        assert tokens.dead == [TOKEN]
        pauses = PAUSES_SECONDS[1] + REFUSED_PAUSE_SECONDS
        assert (clock.now() - NOW).total_seconds() == pauses


async def test_another_refusal_of_the_login_costs_no_token() -> None:
    tokens = Tokens()
    assert await until_down(refusing(8050, "다른 이유", 9), tokens) is FeedTrouble.REFUSED
    assert tokens.dead == []


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (BrokerRefused("8050", "x"), FeedTrouble.REFUSED),
        (BrokerUnavailable("x"), FeedTrouble.DISCONNECTED),
    ],
)
async def test_without_a_token_there_is_no_connection(
    error: Exception, trouble: FeedTrouble
) -> None:
    async with (
        playing(usual) as server,
        streaming(server.url, tokens=Tokens(error)) as (_, sink),
    ):
        await sink.until(lambda: sink.ups == 1)
        assert sink.troubles == [trouble]
        assert len(server.paths) == 1


def test_what_it_says_of_itself() -> None:
    stream = KiwoomStream("ws://x", Tokens(), HandClock(NOW), Jitterless())
    assert (stream.name, stream.budget, stream.refreshes_within) == ("Kiwoom WebSocket", 95, None)
    assert stream.channels == {Channel.TRADE, Channel.BOOK, Channel.NAV}


async def test_more_than_the_budget_is_not_asked_for() -> None:
    wanted = [on(Channel.TRADE, Symbol(f"{100_000 + number}")) for number in range(96)]
    async with playing(usual) as server, streaming(server.url, *wanted) as (_, sink):
        await sink.until(lambda: sink.ups == 1)
        await server.until(lambda: len(server.registered) >= 5)
        sizes = [len(items) for _, _, items in server.registered]
        assert sum(sizes) == 100


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("ws://h:1", "ws://h:1/p"),
        ("ws://h:1/", "ws://h:1/p"),
        ("ws://h:1/own", "ws://h:1/own"),
    ],
)
def test_an_address_with_a_path_keeps_it(url: str, whole: str) -> None:
    assert with_path(url, "/p") == whole

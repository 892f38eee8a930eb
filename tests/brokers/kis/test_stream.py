"""The stream over real sockets: a `websockets` server on loopback plays what a test writes down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from websockets.asyncio.server import ServerConnection

from brokers.kis.stream import KisStream, StreamTerms
from brokers.wire.stream import StreamPatience, open_socket
from core.domain.instrument import Symbol
from core.domain.ticks import Channel, FeedTrouble, Registration
from core.errors import BrokerRefused, BrokerUnreachable
from core.runtime.identifiers import SystemIdentifiers
from tests.brokers.kis.stream_vectors import (
    AT,
    BOOK_62,
    NAV,
    PING,
    SEALED_26,
    STATE,
    TRADE,
    answer,
)
from tests.brokers.stream_server import StreamServer, served
from tests.fakes.feed_sink import FeedSink, running
from tests.fakes.hand_clock import HandClock

KODEX = Registration(Symbol("069500"), Channel.TRADE)
TIGER = Registration(Symbol("102110"), Channel.TRADE)
QUICK = StreamPatience(turn_seconds=0.02, silence_turns=3, answer_turns=2, forgive_turns=10_000)

Play = Callable[["Server", ServerConnection, int], Awaitable[None]]


class Server(StreamServer):
    """What it was asked, over all connections, and how it answers the first request of each."""

    @property
    def asked(self) -> list[tuple[str, str, str]]:
        found = []
        for text in self.heard:
            document = json.loads(text)
            if "body" in document:
                given = document["body"]["input"]
                found.append((document["header"]["tr_type"], given["tr_id"], given["tr_key"]))
        return found

    async def confirm(self, socket: ServerConnection) -> tuple[str, str, str]:
        self.heard.append(str(await socket.recv()))
        kind, tr_id, key = self.asked[-1]
        await socket.send(
            answer("OPSP0000" if kind == "1" else "OPSP0001", tr_id=tr_id, tr_key=key)
        )
        return kind, tr_id, key

    async def listen(self, socket: ServerConnection) -> None:
        """Confirm whatever is asked, and keep what is said, until the client leaves."""
        async for message in socket:
            self.heard.append(str(message))
            if self.heard[-1] != PING:
                kind, tr_id, key = self.asked[-1]
                code = "OPSP0000" if kind == "1" else "OPSP0001"
                await socket.send(answer(code, tr_id=tr_id, tr_key=key))


def playing(play: Play) -> AbstractAsyncContextManager[Server]:
    return served(Server(), play)


class Approval:
    """Hands out approval keys, after the faults it was given."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.issued = 0

    async def __call__(self) -> str:
        if self.faults:
            raise self.faults.pop(0)
        self.issued += 1
        return f"approved-{self.issued}"


@asynccontextmanager
async def streaming(
    url: str,
    *wanted: Registration,
    approval: Approval | None = None,
    clock: HandClock | None = None,
    is_vts: bool = False,
    hts_id: str = "",
    patience: StreamPatience | None = None,
) -> AsyncIterator[tuple[KisStream, FeedSink]]:
    stream = KisStream(
        StreamTerms(
            url=url,
            is_vts=is_vts,
            account="5011223301",
            hts_id=hts_id,
            patience=patience or StreamPatience(turn_seconds=0.02),
        ),
        approval or Approval(),
        clock or HandClock(AT),
        SystemIdentifiers(),
    )
    sink = FeedSink()
    if wanted:
        stream.follow(wanted)
    async with running(stream, sink):
        yield stream, sink


async def test_a_trade_comes_through_once_it_is_registered():
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.confirm(socket)
        await socket.send(f"0|H0STCNT0|001|{TRADE}")
        await server.listen(socket)

    async with playing(play) as server, streaming(server.url, KODEX) as (_stream, sink):
        await sink.until(lambda: bool(sink.trades))
        assert sink.ups == 1
        assert sink.trades[0].last_won == 35150
        assert sink.trades[0].received_at == AT
        assert server.asked == [("1", "H0STCNT0", "069500")]
        assert json.loads(server.heard[0])["header"]["approval_key"] == "approved-1"
        assert server.paths == ["/tryitout"]


async def test_a_path_of_the_settings_is_kept():
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.listen(socket)

    async with playing(play) as server, streaming(f"{server.url}/own", KODEX) as (_stream, sink):
        await sink.until(lambda: sink.ups == 1)
        assert server.paths == ["/own"]


async def test_every_kind_is_read_and_records_stay_in_order():
    row = TRADE.replace("9694968", "9694969")

    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.confirm(socket)
        await socket.send(f"0|H0STCNT0|001|{TRADE}")
        await socket.send(f"0|H0STCNT0|003|{TRADE}^{TRADE}^{row}")
        await socket.send(f"0|H0STASP0|001|{BOOK_62}")
        await socket.send(f"0|H0STNAV0|001|{NAV}")
        await socket.send(f"0|H0STMKO0|001|{STATE}")
        await server.listen(socket)

    async with playing(play) as server, streaming(server.url, KODEX) as (_stream, sink):
        await sink.until(lambda: bool(sink.states))
        assert [trade.volume_shares for trade in sink.trades] == [
            9694968,
            9694968,
            9694968,
            9694969,
        ]
        assert [len(sink.books), len(sink.navs), len(sink.states)] == [1, 1, 1]


async def test_of_a_burst_the_newest_of_each_symbol_is_read():
    rows = [TRADE.replace("9694968", str(number)) for number in range(1, 501)]
    other = TRADE.replace("069500", "102110")

    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.confirm(socket)
        frames = b"".join(
            b"\x81\x7e" + len(text).to_bytes(2, "big") + text
            for text in (f"0|H0STCNT0|001|{row}".encode() for row in [other, *rows])
        )
        socket.transport.write(frames)
        await server.listen(socket)

    async with playing(play) as server, streaming(server.url, KODEX, TIGER) as (_stream, sink):
        await sink.until(lambda: bool(sink.trades) and sink.trades[-1].volume_shares == 500)
        assert len(sink.trades) < 500
        volumes = [trade.volume_shares for trade in sink.trades if trade.symbol == "069500"]
        assert volumes == sorted(volumes)
        assert "102110" in {trade.symbol for trade in sink.trades}


async def test_a_ping_goes_back_as_text():
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.confirm(socket)
        await socket.send(PING)
        await server.listen(socket)

    async with playing(play) as server, streaming(server.url, KODEX) as (_stream, sink):
        await sink.until(lambda: PING in server.heard)
        assert sink.alives


async def test_what_cannot_be_read_does_not_stop_the_rest():
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.confirm(socket)
        for text in (
            "hello",
            "{}",
            "0|H0STCNT0|001|cut^off",
            "0|H0STCNT0|002|cut^off",
            "0|H0STANC0|001|x",
            "0|",
            "",
            f"1|H0STCNT0|001|{TRADE}",
        ):
            await socket.send(text)
        await socket.send(b"\x00\xff")
        await socket.send(f"0|H0STCNT0|001|{TRADE}")
        await server.listen(socket)

    async with playing(play) as server, streaming(server.url, KODEX) as (_stream, sink):
        await sink.until(lambda: bool(sink.trades))
        assert len(sink.trades) == 1
        assert sink.troubles == []


async def test_after_a_break_everything_is_registered_again():
    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        await server.confirm(socket)
        if count == 1:
            socket.transport.abort()
            return
        await server.listen(socket)

    approval = Approval()
    async with playing(play) as server:
        async with streaming(server.url, KODEX, TIGER, approval=approval) as (_stream, sink):
            await sink.until(lambda: sink.ups == 2)
            assert sink.troubles == [FeedTrouble.DISCONNECTED]
            await sink.until(lambda: len(server.asked) >= 3)
            assert set(server.asked[-2:]) == {
                ("1", "H0STCNT0", "069500"),
                ("1", "H0STCNT0", "102110"),
            }
            assert approval.issued == 1


def _has(sink: FeedSink, tries: int) -> bool:
    return len(sink.troubles) >= tries


async def test_the_waits_between_tries_grow_and_end_at_a_minute():
    clock = HandClock(AT)
    async with streaming("ws://127.0.0.1:9", KODEX, clock=clock) as (_stream, sink):
        waits = []
        for tries in range(1, 10):
            before = clock.now()
            await sink.until(partial(_has, sink, tries))
            waits.append((clock.now() - before).total_seconds())
        assert set(sink.troubles) == {FeedTrouble.DISCONNECTED}
        assert sum(waits) >= 1 + 2 + 4 + 8 + 15
        assert max(waits) <= 75


async def test_another_session_on_the_key_is_said_and_waited_out():
    clock = HandClock(AT)

    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        if count == 1:
            await socket.recv()
            text = "ALREADY IN USE appkey"
            await socket.send(answer("OPSP8996", text, tr_id="(null)", tr_key=""))
        await server.listen(socket)

    async with playing(play) as server:
        async with streaming(server.url, KODEX, clock=clock) as (_stream, sink):
            await sink.until(lambda: sink.ups == 1)
            assert sink.troubles == [FeedTrouble.KEY_IN_USE]
            assert (clock.now() - AT).total_seconds() >= 60


async def test_an_approval_key_that_is_not_known_any_more_is_asked_for_anew():
    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        if count == 1:
            await socket.recv()
            await socket.send(answer("OPSP0011", tr_id="(null)", tr_key=None))
        await server.listen(socket)

    async with playing(play) as server, streaming(server.url, KODEX) as (_stream, sink):
        await sink.until(lambda: sink.ups == 1)
        assert sink.troubles == [FeedTrouble.DISCONNECTED]
        assert json.loads(server.heard[0])["header"]["approval_key"] == "approved-2"


async def test_a_refused_key_is_tried_again_much_later():
    clock = HandClock(AT)

    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        if count == 1:
            await socket.recv()
            await socket.send(answer("OPSP0010"))
        await server.listen(socket)

    faults = Approval(BrokerRefused("EGW00103", "AppKey"), BrokerUnreachable("no"))
    async with playing(play) as server:
        async with streaming(server.url, KODEX, approval=faults, clock=clock) as (_stream, sink):
            await sink.until(lambda: sink.ups == 1)
            assert sink.troubles == [
                FeedTrouble.REFUSED,
                FeedTrouble.DISCONNECTED,
                FeedTrouble.REFUSED,
            ]
            assert (clock.now() - AT).total_seconds() >= 600


async def test_an_approval_key_lasts_a_day_less_an_hour():
    clock = HandClock(AT)

    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        await server.confirm(socket)
        if count < 3:
            clock.move(12 * 3600)
            socket.transport.abort()
            return
        await server.listen(socket)

    approval = Approval()
    async with playing(play) as server:
        async with streaming(server.url, KODEX, approval=approval, clock=clock) as (_stream, sink):
            await sink.until(lambda: sink.ups == 3)
            assert approval.issued == 2


async def test_a_silent_connection_is_given_up():
    async def play(server: Server, socket: ServerConnection, count: int) -> None:
        if count == 1:
            await server.confirm(socket)
            await socket.wait_closed()
        await server.listen(socket)

    async with playing(play) as server:
        async with streaming(server.url, KODEX, patience=QUICK) as (_stream, sink):
            await sink.until(lambda: sink.ups >= 2)
            assert sink.troubles[0] is FeedTrouble.SILENT


async def test_what_is_not_followed_any_more_is_let_go():
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.listen(socket)

    async with playing(play) as server, streaming(server.url, KODEX) as (stream, sink):
        await sink.until(lambda: sink.ups == 1)
        stream.follow([TIGER])
        alive = sink.alives
        await sink.until(lambda: sink.alives >= alive + 2)
        assert server.asked[1:] == [("2", "H0STCNT0", "069500"), ("1", "H0STCNT0", "102110")]


async def test_nothing_is_connected_before_anything_is_wanted():
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.listen(socket)

    async with playing(play) as server, streaming(server.url) as (stream, sink):
        await asyncio.sleep(0)
        assert server.paths == []
        stream.follow([])
        stream.follow([KODEX])
        await sink.until(lambda: sink.ups == 1)


async def test_a_notice_of_our_account_is_a_hint():
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await socket.send(f"1|H0STCNI9|001|{SEALED_26}")  # before its key
        await server.confirm(socket)
        await socket.send(f"1|H0STCNI9|001|{SEALED_26}")
        await socket.send("1|H0STCNI9|001|garbage")
        await server.listen(socket)

    async with playing(play) as server:
        async with streaming(server.url, is_vts=True, hts_id="myhts") as (_stream, sink):
            await sink.until(lambda: len(sink.hints) == 3)
            assert server.asked == [("1", "H0STCNI9", "myhts")]
            assert [hint.order_number for hint in sink.hints] == [None, "12345", None]
            assert sink.hints[1].symbol == "069500"


async def test_a_notice_of_another_account_is_none():
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        await server.confirm(socket)
        await socket.send(f"1|H0STCNI0|001|{SEALED_26}")
        await socket.send(f"0|H0STCNT0|001|{TRADE}")
        await server.listen(socket)

    async with playing(play) as server:
        stream = KisStream(
            StreamTerms(url=server.url, is_vts=False, account="9999999901", hts_id="myhts"),
            Approval(),
            HandClock(AT),
            SystemIdentifiers(),
        )
        sink = FeedSink()
        async with running(stream, sink):
            await sink.until(lambda: bool(sink.trades))
        assert sink.hints == []


async def test_a_wrong_hts_id_costs_the_notices_and_not_the_prices():
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        async for message in socket:
            server.heard.append(str(message))
            kind, tr_id, key = server.asked[-1]
            if tr_id == "H0STCNI0":
                socket.transport.abort()
                return
            await socket.send(answer("OPSP0000", tr_id=tr_id, tr_key=key))
            assert kind == "1"

    async with playing(play) as server:
        async with streaming(server.url, KODEX, hts_id="wrong") as (_stream, sink):
            await sink.until(lambda: sink.ups == 1)
            assert server.asked == [
                ("1", "H0STCNI0", "wrong"),
                ("1", "H0STCNI0", "wrong"),
                ("1", "H0STCNT0", "069500"),
            ]


async def test_a_registration_without_an_answer_holds_up_nothing():
    async def play(server: Server, socket: ServerConnection, _count: int) -> None:
        server.heard.append(str(await socket.recv()))
        for _ in range(3):
            await socket.send(PING)
            await asyncio.sleep(0.02)
        await server.listen(socket)

    patience = StreamPatience(turn_seconds=0.02, answer_turns=2, forgive_turns=6)
    async with playing(play) as server:
        async with streaming(server.url, KODEX, TIGER, patience=patience) as (_stream, sink):
            await sink.until(lambda: len(server.asked) >= 3)
            assert server.asked[:3] == [
                ("1", "H0STCNT0", "069500"),
                ("1", "H0STCNT0", "102110"),
                ("1", "H0STCNT0", "069500"),
            ]


def test_what_it_offers():
    def stream(*, is_vts: bool, hts_id: str = "") -> KisStream:
        terms = StreamTerms(url="ws://127.0.0.1:9", is_vts=is_vts, account="", hts_id=hts_id)
        return KisStream(terms, Approval(), HandClock(AT), SystemIdentifiers())

    assert stream(is_vts=True).channels == {Channel.TRADE, Channel.BOOK}
    assert stream(is_vts=False).channels == set(Channel)
    assert stream(is_vts=False).budget == 41
    assert stream(is_vts=False, hts_id="me").budget == 40
    assert stream(is_vts=False).name == "KIS WebSocket"
    assert stream(is_vts=False).refreshes_within is None


def test_the_terms_hide_account_and_id():
    terms = StreamTerms(url="ws://x", is_vts=False, account="5011223301", hts_id="myhts")
    assert "5011223301" not in repr(terms)
    assert "myhts" not in repr(terms)


def test_a_connection_is_not_made_before_it_is_entered():
    assert open_socket("ws://127.0.0.1:9") is not None

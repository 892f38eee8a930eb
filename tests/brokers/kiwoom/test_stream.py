"""The Kiwoom stream: frames, records, and a connection over a socket that a test plays."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from brokers.kiwoom import stream_records as records
from brokers.kiwoom.stream import KiwoomStream, StreamPatience
from brokers.kiwoom.stream_frames import Answer, Entry, Kicked, Ping, Real, read_frame
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.ticks import Channel, FeedTrouble, Registration
from core.errors import BrokerProtocolError, BrokerRefused, BrokerUnavailable
from core.ports.broker import AccessToken
from core.runtime.identifiers import SystemIdentifiers
from tests.brokers.kiwoom.wire_fixtures import KODEX, NOW, TOKEN, payload
from tests.fakes.hand_clock import HandClock

TRADE = {
    "20": "101327",
    "10": "-303750",
    "11": "-3250",
    "13": "7751269",
    "27": "-304000",
    "28": "-303500",
}
# The captured entries carry labels in the place of FIDs, in the order of the wire.
LABELS = {
    "체결시간": "20",
    "현재가": "10",
    "전일대비": "11",
    "누적거래량": "13",
    "(최우선)매도호가": "27",
    "(최우선)매수호가": "28",
    "주문번호": "9203",
    "종목코드,업종코드": "9001",
}


def real(*entries):
    data = [{"type": kind, "item": item, "values": values} for kind, item, values in entries]
    return json.dumps({"trnm": "REAL", "data": data})


def ack(name, code=0, text=""):
    return json.dumps({"trnm": name, "return_code": code, "return_msg": text})


def captured(name):
    found: Any = payload(name)
    entries = found if isinstance(found, list) else [found]
    return [
        Entry(
            one["type"],
            one["item"],
            {LABELS[label]: text for label, text in one.items() if label in LABELS},
        )
        for one in entries
    ]


class Jitterless(SystemIdentifiers):
    def jitter(self) -> float:
        return 0.0


class Tokens:
    def __init__(self, error=None) -> None:
        self.error = error
        self.dead: list[AccessToken] = []

    async def get(self):
        if self.error is not None:
            raise self.error
        return TOKEN

    def invalidate(self, token):
        self.dead.append(token)


class Sink:
    def __init__(self) -> None:
        self.told: list[Any] = []
        self.troubles: list[FeedTrouble] = []
        self.ups = 0
        self.ended = asyncio.Event()

    def trade(self, trade):
        self.told.append(trade)

    book = nav = market_state = hint = trade

    def alive(self):
        pass

    def up(self):
        self.ups += 1

    def down(self, trouble):
        self.troubles.append(trouble)
        self.ended.set()


class Server:
    """A socket that answers LOGIN, REG and REMOVE, says what a test puts in, and then closes."""

    def __init__(self, *, login=0, login_text="", refuses=(), silent=False) -> None:
        self.login = login
        self.login_text = login_text
        self.refuses = refuses
        self.silent = silent
        self.sent: list[dict[str, Any]] = []
        self.saying: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.news = asyncio.Event()

    async def send(self, message):
        frame = json.loads(message)
        self.sent.append(frame)
        self.news.set()
        if self.silent or frame["trnm"] == "PING":
            return
        if frame["trnm"] == "LOGIN":
            await self.saying.put(ack("LOGIN", self.login, self.login_text))
            return
        kind = frame["data"][0]["type"][0]
        await self.saying.put(ack(frame["trnm"], 105108 if kind in self.refuses else 0))

    async def recv(self):
        said = await self.saying.get()
        if said is None:
            raise ConnectionResetError
        return said

    def registered(self):
        return [
            (frame["trnm"], frame["data"][0]["type"][0], frame["data"][0]["item"])
            for frame in self.sent
            if frame["trnm"] in {"REG", "REMOVE"}
        ]

    async def drained(self):
        for _ in range(100):
            await asyncio.sleep(0)

    async def sees(self, wanted):
        """Wait until a registration was asked for."""
        while wanted not in self.registered():
            await self.news.wait()
            self.news.clear()


def stream_on(server, tokens=None, patience=None):
    @asynccontextmanager
    async def connect(_url):
        yield server

    clock = HandClock(NOW, skips=False)
    patience = patience or StreamPatience(turn_seconds=60)
    return KiwoomStream("ws://x", tokens or Tokens(), clock, Jitterless(), connect, patience)


async def until_down(stream, sink):
    task = asyncio.create_task(stream.run(sink))
    await asyncio.wait_for(sink.ended.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return sink.troubles[0]


def want(*channels, symbol=KODEX):
    return [Registration(symbol, channel) for channel in channels]


@pytest.mark.parametrize(
    ("frame", "read"),
    [
        ('{"trnm":"PING"}', Ping('{"trnm":"PING"}')),
        ("PING", Ping("PING")),
        (ack("REG"), Answer("REG", succeeded=True, text="")),
        (ack("REG", "100013", "로그인"), Answer("REG", succeeded=False, text="로그인")),
        (
            '{"trnm":"SYSTEM","code":"R10001","message":"동일한 App key"}',
            Kicked("R10001", "동일한 App key"),
        ),
        ('{"trnm":"REAL","data":[]}', Real(())),
        ('{"trnm":"REAL","data":[1,{"type":"0B"},{"values":{}}]}', Real((), 3)),
    ],
)
def test_frames(frame, read):
    assert read_frame(frame) == read


@pytest.mark.parametrize("frame", ["", "x", "[]", '{"trnm":"NEWS"}', '{"trnm":"REAL","data":{}}'])
def test_what_is_no_frame_is_an_error(frame):
    with pytest.raises(BrokerProtocolError):
        read_frame(frame)


def test_captured_answers():
    for name in ("ws-LOGIN__1", "ws-REG__1"):
        answer = read_frame(json.dumps(payload(name)))
        assert isinstance(answer, Answer)
        assert answer.succeeded


def test_a_trade_is_read_to_the_won():
    trade = records.trade(Entry("0B", "005930", TRADE), NOW)
    assert (trade.last_won, trade.base_won, trade.volume_shares) == (303_750, 307_000, 7_751_269)
    assert (trade.best_ask_won, trade.best_bid_won) == (304_000, 303_500)
    assert trade.traded_at == datetime(2026, 11, 20, 10, 13, 27, tzinfo=KST)


def test_captured_trades_are_read_without_loss():
    trades = [records.trade(entry, NOW) for entry in captured("ws-REAL-0B__1")]
    assert [trade.volume_shares for trade in trades] == [7_751_269, 7_751_278, 7_751_279]
    assert {(trade.symbol, trade.last_won, trade.base_won) for trade in trades} == {
        ("005930", 303_750, 307_000)
    }


def test_a_captured_notice_is_a_hint_of_its_order():
    (entry,) = captured("ws-REAL-00__1")
    hint = records.hint(entry, NOW)
    assert (hint.order_number, hint.symbol) == ("80251", "005930")


def test_a_price_that_did_not_move_has_a_blank_for_a_sign():
    values = TRADE | {"10": " 35200", "11": "0", "27": "", "28": " 0"}
    trade = records.trade(Entry("0B", "069500_AL", values), NOW)
    assert (trade.symbol, trade.last_won, trade.base_won) == (KODEX, 35_200, 35_200)
    assert (trade.best_ask_won, trade.best_bid_won) == (None, None)


@pytest.mark.parametrize(
    ("item", "change"),
    [
        ("", {}),
        ("06950", {}),
        ("069500", {"10": "0"}),
        ("069500", {"10": "--5"}),
        ("069500", {"11": "+303750"}),
        ("069500", {"11": "400000"}),
        ("069500", {"20": "999999"}),
        ("069500", {"13": "x"}),
    ],
)
def test_a_trade_that_cannot_be_right_is_an_error(item, change):
    with pytest.raises(BrokerProtocolError):
        records.trade(Entry("0B", item, TRADE | change), NOW)


def test_books_and_navs():
    values = {"41": "-304000", "51": "-303500", "121": "3522212", "125": "3446940"}
    book = records.book(Entry("0D", "069500", values), NOW)
    assert (book.best_ask_won, book.best_bid_won) == (304_000, 303_500)
    assert (book.ask_shares, book.bid_shares) == (3_522_212, 3_446_940)
    nav = records.nav(Entry("0G", "069500", {"36": "-35123.45", "10": " 35120"}), NOW)
    assert (nav.nav_won, nav.last_won) == (Decimal("35123.45"), 35_120)
    with pytest.raises(BrokerProtocolError):
        records.nav(Entry("0G", "069500", {"36": "0"}), NOW)


@pytest.mark.parametrize("values", [{"9203": 5}, {"9203": "x"}, {"9001": "?"}, {}])
def test_a_notice_that_cannot_be_read_is_one_all_the_same(values):
    hint = records.hint(Entry("00", "", values), NOW)
    assert (hint.order_number, hint.symbol) == (None, None)


async def test_login_then_notices_then_what_is_wanted():
    server, sink = Server(), Sink()
    stream = stream_on(server)
    stream.follow(want(Channel.TRADE, Channel.BOOK))
    task = asyncio.create_task(stream.run(sink))
    await server.drained()
    assert server.sent[0] == {"trnm": "LOGIN", "token": TOKEN.value}
    assert server.registered() == [
        ("REG", "00", [""]),
        ("REG", "04", [""]),
        ("REG", "0B", [KODEX]),
        ("REG", "0D", [KODEX]),
    ]
    assert sink.ups == 1
    await server.saying.put(
        real(("0B", KODEX, TRADE | {"13": "1"}), ("0B", KODEX, TRADE), ("00", "", {"9203": "0007"}))
    )
    await server.drained()
    hint, trade = sink.told
    assert (hint.order_number, trade.volume_shares) == ("7", 7_751_269)
    await server.saying.put(None)
    await asyncio.wait_for(sink.ended.wait(), 10)
    assert sink.troubles == [FeedTrouble.DISCONNECTED]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_ping_goes_back_as_it_came_and_rubbish_is_counted():
    server, sink = Server(), Sink()
    stream = stream_on(server)
    stream.follow(want(Channel.TRADE))
    ping = '{"trnm":"PING"}'
    for said in (ping, "rubbish", b"\x00", real(("0B", KODEX, {"10": "?"})), None):
        await server.saying.put(said)
    assert await until_down(stream, sink) is FeedTrouble.DISCONNECTED
    assert {"trnm": "PING"} in server.sent
    assert stream.faults == 3
    assert sink.told == []


async def test_what_is_wanted_no_more_is_taken_back():
    server, sink = Server(refuses={"0G"}), Sink()
    stream = stream_on(server, patience=StreamPatience(turn_seconds=0.01, silence_turns=10_000))
    stream.follow(want(Channel.TRADE, Channel.NAV))
    task = asyncio.create_task(stream.run(sink))
    await server.drained()
    stream.follow(want(Channel.TRADE, symbol=Symbol("102110")))
    await asyncio.wait_for(server.sees(("REG", "0B", ["102110"])), 10)
    assert server.registered()[2:] == [
        ("REG", "0B", [KODEX]),
        ("REG", "0G", [KODEX]),
        ("REMOVE", "0B", [KODEX]),
        ("REG", "0B", ["102110"]),
    ]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("text", "trouble", "dead"),
    [
        ("CODE=8005 Token", FeedTrouble.DISCONNECTED, [TOKEN]),
        ("다른 이유", FeedTrouble.REFUSED, []),
    ],
)
async def test_a_refused_login(text, trouble, dead):
    tokens, sink = Tokens(), Sink()
    stream = stream_on(Server(login=3, login_text=text), tokens)
    stream.follow(want(Channel.TRADE))
    assert await until_down(stream, sink) is trouble
    assert tokens.dead == dead


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (BrokerRefused("8050", "x"), FeedTrouble.REFUSED),
        (BrokerUnavailable("x"), FeedTrouble.DISCONNECTED),
    ],
)
async def test_without_a_token_there_is_no_connection(error, trouble):
    server, sink = Server(), Sink()
    stream = stream_on(server, Tokens(error))
    stream.follow(want(Channel.TRADE))
    assert await until_down(stream, sink) is trouble
    assert server.sent == []


async def test_a_second_session_is_told_apart_from_a_lost_one():
    server, sink = Server(), Sink()
    stream = stream_on(server)
    stream.follow(want(Channel.TRADE))
    await server.saying.put('{"trnm":"SYSTEM","code":"R10001","message":"동일한 App key"}')
    assert await until_down(stream, sink) is FeedTrouble.KEY_IN_USE


@pytest.mark.parametrize("silent", [True, False])
async def test_silence_ends_a_connection(silent):
    server, sink = Server(silent=silent), Sink()
    patience = StreamPatience(turn_seconds=0.001, silence_turns=20, answer_turns=5)
    stream = stream_on(server, patience=patience)
    stream.follow(want(Channel.TRADE))
    assert await until_down(stream, sink) is FeedTrouble.SILENT


def test_what_it_says_of_itself():
    stream = stream_on(Server())
    assert (stream.name, stream.budget, stream.refreshes_within) == ("Kiwoom WebSocket", 100, None)
    assert stream.channels == {Channel.TRADE, Channel.BOOK, Channel.NAV}

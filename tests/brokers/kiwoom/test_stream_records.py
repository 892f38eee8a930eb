"""Frames and entries of the Kiwoom stream: golden vectors, captured ones, and damaged ones."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest

from brokers.kiwoom import fields_stream as fields
from brokers.kiwoom import stream_records as records
from brokers.kiwoom.stream_frames import (
    Answer,
    Entry,
    Kicked,
    Ping,
    Real,
    System,
    login,
    read_frame,
    register,
    remove,
)
from brokers.kiwoom.stream_records import READERS, IndexLevel, MarketHours
from brokers.wire.fields import read_row
from core.domain.krx import KST
from core.domain.ticks import FillHint
from core.errors import BrokerProtocolError
from tests.brokers.kiwoom.stream_vectors import (
    BOOK,
    HOLDING,
    HOURS,
    INDEX,
    ORDER,
    TRADE,
    ack,
    captured,
)
from tests.brokers.kiwoom.wire_fixtures import KODEX, NOW, payload

DEAD = "토큰 인증에 실패했습니다. 접속을 종료합니다 [CODE=8005, MESSAGE=Token이 유효하지 않습니다]"


@pytest.mark.parametrize(
    ("frame", "read"),
    [
        ('{"trnm":"PING"}', Ping('{"trnm":"PING"}')),
        ("PING", Ping("PING")),
        (ack("REG"), Answer("REG", succeeded=True, text="", code="0")),
        (
            ack("REG", "100013", "로그인"),
            Answer("REG", succeeded=False, text="로그인", code="100013"),
        ),
        ('{"trnm":"LOGIN"}', Answer("LOGIN", succeeded=False, text="")),
        (
            '{"trnm":"SYSTEM","code":"R10001","message":"동일한 App key"}',
            Kicked("동일한 App key"),
        ),
        ('{"trnm":"SYSTEM","code":"R1","message":"점검"}', System("R1", "점검")),
        ('{"trnm":"REAL","data":[]}', Real(())),
        ('{"trnm":"REAL","data":[1,{"type":"0B"},{"values":{}}]}', Real((), 3)),
    ],
)
def test_frames(frame, read):
    assert read_frame(frame) == read


@pytest.mark.parametrize(
    "frame",
    ["", "x", "[]", '{"trnm":"NEWS"}', '{"trnm":["REG"]}', '{"trnm":"REAL","data":{}}'],
)
def test_what_is_no_frame_is_an_error(frame):
    with pytest.raises(BrokerProtocolError):
        read_frame(frame)


def test_what_we_send_is_what_the_reference_shows():
    assert json.loads(login("t.k")) == {"trnm": "LOGIN", "token": "t.k"}
    data = [{"item": ["005930"], "type": ["0B"]}]
    assert json.loads(register(["005930"], "0B")) == {
        "trnm": "REG",
        "grp_no": "1",
        "refresh": "1",
        "data": data,
    }
    assert json.loads(remove(["005930"], "0B")) == {"trnm": "REMOVE", "grp_no": "1", "data": data}


@pytest.mark.parametrize(
    ("code", "text", "is_dead"),
    [
        (805004, DEAD, True),
        (8005, "", True),
        (3, "인증에 실패했습니다[8031:…]", True),
        (805004, "[CODE=8001, MESSAGE=x]", False),
        (18005, "80051", False),
        (0, DEAD, False),
    ],
)
def test_which_refused_login_asks_for_another_token(code, text, is_dead):
    answer = read_frame(ack("LOGIN", code, text))
    assert isinstance(answer, Answer)
    assert answer.is_dead_token is is_dead


def test_captured_answers():
    for name in ("ws-LOGIN__1", "ws-REG__1"):
        answer = read_frame(json.dumps(payload(name)))
        assert isinstance(answer, Answer)
        assert answer.succeeded


def test_every_type_has_a_reader():
    assert set(READERS) == {"00", "04", "0B", "0D", "0G", "0J", "0s"}


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
    hint = records.order_hint(entry, NOW)
    assert (hint.order_number, hint.symbol) == ("80251", "005930")
    row = read_row(fields.OrderRow, entry.values, "00")
    assert (row.state, row.side, row.ordered, row.remaining) == ("접수", "+매수", 1, 1)
    assert (row.fill_number, row.fill_won, row.fill_shares) == ("", 0, 0)


def test_a_captured_phase_of_the_day():
    (entry,) = captured("ws-REAL-0s__1")
    assert records.market_hours(entry, NOW) == MarketHours("0", "000050")


def test_a_price_that_did_not_move_has_a_blank_for_a_sign():
    values = TRADE | {"10": " 35200", "11": " 0", "27": "", "28": " 0"}
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
        ("069500", {"13": "-7751269"}),
        ("069500", {"13": None}),
        ("069500", {"27": "0.5"}),
    ],
)
def test_a_trade_that_cannot_be_right_is_an_error(item, change):
    with pytest.raises(BrokerProtocolError):
        records.trade(Entry("0B", item, TRADE | change), NOW)


def test_books():
    book = records.book(Entry("0D", "069500", BOOK), NOW)
    assert (book.best_ask_won, book.best_bid_won) == (304_000, 303_500)
    assert (book.ask_shares, book.bid_shares) == (3_522_212, 3_446_940)
    one_sided = records.book(Entry("0D", "069500", BOOK | {"41": "0", "121": ""}), NOW)
    assert (one_sided.best_ask_won, one_sided.ask_shares) == (None, 0)
    for wrong in ("-1", None):
        with pytest.raises(BrokerProtocolError, match="0D: 125 malformed"):
            records.book(Entry("0D", "069500", BOOK | {"125": wrong}), NOW)


def test_navs():
    nav = records.nav(Entry("0G", "069500", {"36": "-35123.45", "10": " 35120"}), NOW)
    assert (nav.nav_won, nav.last_won) == (Decimal("35123.45"), 35_120)
    assert records.nav(Entry("0G", "069500", {"36": "35123"}), NOW).last_won is None
    with pytest.raises(BrokerProtocolError):
        records.nav(Entry("0G", "069500", {"36": "0"}), NOW)


def test_indices():
    told = records.index(Entry("0J", "001", INDEX), NOW)
    assert told == IndexLevel("001", Decimal("2650.12"), Decimal("-3.25"))
    for change in ({"10": "0"}, {"11": "+2650.12"}, {"20": ""}):
        with pytest.raises(BrokerProtocolError):
            records.index(Entry("0J", "001", INDEX | change), NOW)


def test_market_hours():
    assert records.market_hours(Entry("0s", "", HOURS), NOW) == MarketHours("0", "000050")
    assert records.market_hours(Entry("0s", "", {"215": "b"}), NOW) == MarketHours("b", "")
    with pytest.raises(BrokerProtocolError, match="0s: 215 malformed"):
        records.market_hours(Entry("0s", "", HOURS | {"215": " "}), NOW)


def test_a_fill_and_what_is_held_after_it_are_hints():
    hint = records.order_hint(Entry("00", "005930", ORDER), NOW)
    assert hint == FillHint(order_number="80251", symbol=hint.symbol, received_at=NOW)
    assert hint.symbol == "005930"
    refused = records.order_hint(Entry("00", "005930", ORDER | {"919": "사유"}), NOW)
    assert refused.order_number == "80251"
    held = records.holding_hint(Entry("04", "005930", HOLDING), NOW)
    assert (held.order_number, held.symbol) == (None, "005930")


@pytest.mark.parametrize(
    ("values", "number", "symbol"),
    [
        ({}, None, None),
        ({"9203": 5}, None, None),
        ({"9203": "x"}, None, None),
        ({"9001": "?"}, None, None),
        (ORDER | {"902": "-1"}, "80251", "005930"),
        (ORDER | {"9203": "０７"}, None, "005930"),
    ],
)
def test_a_notice_that_cannot_be_read_is_one_all_the_same(values, number, symbol):
    hint = records.order_hint(Entry("00", "", values), NOW)
    assert (hint.order_number, hint.symbol) == (number, symbol)


def test_a_holding_that_cannot_be_read_is_a_hint_of_nothing_in_particular():
    hint = records.holding_hint(Entry("04", "", HOLDING | {"930": "x"}), NOW)
    assert (hint.order_number, hint.symbol) == (None, None)

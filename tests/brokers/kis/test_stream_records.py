from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.kis.stream_frames import Data, read_message
from brokers.kis.stream_records import books, navs, states
from brokers.kis.stream_trades import one_trade, several_trades, trades
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.ticks import BookTop, MarketState, NavTick, Trade
from core.errors import BrokerProtocolError
from tests.brokers.kis.stream_vectors import (
    AT,
    BOOK_59,
    BOOK_62,
    NAV,
    STATE,
    TRADE,
    captured,
)

KODEX = Symbol("069500")
EXPECTED = Trade(
    symbol=KODEX,
    last_won=Won(35150),
    base_won=Won(35450),
    volume_shares=9694968,
    best_ask_won=Won(35155),
    best_bid_won=Won(35150),
    is_halted=False,
    in_vi=False,
    traded_at=datetime(2026, 11, 26, 13, 15, 9, tzinfo=KST),
    received_at=AT,
)


def data(tr_id: str, *rows: str, encrypted: bool = False) -> Data:
    found = read_message(f"{int(encrypted)}|{tr_id}|{len(rows):03d}|{'^'.join(rows)}")
    assert isinstance(found, Data)
    return found


def changed(row: str, **places: str) -> str:
    fields = row.split("^")
    for place, value in places.items():
        fields[int(place[1:])] = value
    return "^".join(fields)


def test_a_trade():
    assert trades(data("H0STCNT0", TRADE), AT) == [EXPECTED]
    assert one_trade(f"0|H0STCNT0|001|{TRADE}", AT) == EXPECTED


@pytest.mark.parametrize("count", range(1, 21))
def test_every_record_of_a_message_is_read_in_order(count):
    rows = [changed(TRADE, f13=str(number)) for number in range(count)]
    message = f"0|H0STCNT0|{count:03d}|{'^'.join(rows)}"
    for found in (trades(data("H0STCNT0", *rows), AT), several_trades(message, AT)):
        assert [trade.volume_shares for trade in found] == list(range(count))


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({"f3": "5", "f4": "300"}, {"base_won": 35450}),
        ({"f3": "4", "f4": "-300"}, {"base_won": 35450}),
        ({"f3": "2", "f4": "300"}, {"base_won": 34850}),
        ({"f3": "1", "f4": "300"}, {"base_won": 34850}),
        ({"f3": "3", "f4": "0"}, {"base_won": 35150}),
        ({"f3": "0", "f4": "0"}, {"base_won": 35150}),
        ({"f10": "0"}, {"best_ask_won": None}),
        ({"f11": "0"}, {"best_bid_won": None}),
        ({"f35": "Y"}, {"is_halted": True}),
        ({"f35": ""}, {"is_halted": False}),
        ({"f43": "C"}, {"in_vi": True}),
        ({"f43": "A"}, {"in_vi": None}),
        ({"f0": "0193T0"}, {"symbol": "0193T0"}),
        ({"f0": "Q500001"}, {"symbol": "Q500001"}),
    ],
)
def test_what_its_fields_mean(places, expected):
    row = changed(TRADE, **places)
    assert one_trade(f"0|H0STCNT0|001|{row}", AT) == EXPECTED._replace(**expected)


@pytest.mark.parametrize(
    ("place", "value", "name"),
    [
        ("f0", "06950", "MKSC_SHRN_ISCD"),
        ("f0", "", "MKSC_SHRN_ISCD"),
        ("f0", "코드코드코드", "MKSC_SHRN_ISCD"),
        ("f1", "13150", "STCK_CNTG_HOUR"),
        ("f1", "251509", "a date"),
        ("f2", "", "STCK_PRPR"),
        ("f2", "0", "STCK_PRPR"),
        ("f2", "-35150", "STCK_PRPR"),
        ("f2", "35_150", "STCK_PRPR"),
        ("f2", "35150.5", "STCK_PRPR"),
        ("f2", "３５１５０", "STCK_PRPR"),
        ("f2", " 35150", "STCK_PRPR"),
        ("f2", "9" * 5000, "STCK_PRPR"),
        ("f3", "6", "PRDY_VRSS_SIGN"),
        ("f3", "", "PRDY_VRSS_SIGN"),
        ("f4", "--300", "PRDY_VRSS"),
        ("f4", "", "PRDY_VRSS"),
        ("f10", "x", "ASKP1"),
        ("f11", "", "BIDP1"),
        ("f13", "1e9", "ACML_VOL"),
        ("f13", "9" * 80, "ACML_VOL"),
        ("f33", "20261301", "a date"),
        ("f33", "2026112", "BSOP_DATE"),
        ("f33", "00261126", "BSOP_DATE"),
        ("f35", "?", "TRHT_YN"),
    ],
)
def test_a_trade_with_a_wrong_field_is_refused_by_its_name(place, value, name):
    row = changed(TRADE, **{place: value})
    with pytest.raises(BrokerProtocolError, match=name):
        one_trade(f"0|H0STCNT0|001|{row}", AT)
    # Records that do not begin with a code are not even told apart.
    with pytest.raises(BrokerProtocolError, match="92 fields" if place == "f0" else name):
        trades(data("H0STCNT0", TRADE, row), AT)


def test_a_change_beyond_the_price_is_no_trade():
    row = changed(TRADE, f3="2", f4="35150")
    with pytest.raises(BrokerProtocolError, match="beyond the price"):
        one_trade(f"0|H0STCNT0|001|{row}", AT)


def test_a_trade_that_lost_fields_is_refused():
    with pytest.raises(BrokerProtocolError, match="45 fields"):
        one_trade(f"0|H0STCNT0|001|{TRADE.rsplit('^', 1)[0]}", AT)


def test_fields_added_at_the_end_change_nothing():
    assert one_trade(f"0|H0STCNT0|001|{TRADE}^new^newer", AT) == EXPECTED
    assert trades(data("H0STCNT0", f"{TRADE}^1", f"{TRADE}^1"), AT) == [EXPECTED] * 2


ETN_TRADE = changed(TRADE, f0="Q500001")


@pytest.mark.parametrize(
    "message",
    [
        f"0|H0STCNT0|002|{TRADE}^{TRADE}",
        f"0|H0STCNT0|002|{TRADE}^1^{TRADE}^1",
        f"0|H0STCNT0|002|{TRADE}^{TRADE}^once",
        f"0|H0STCNT0|002|{TRADE}{'^1' * 30}^{TRADE}{'^1' * 30}",
        f"0|H0STCNT0|002|{TRADE}",
        f"0|H0STCNT0|002|x{TRADE}^{TRADE}",
        f"0|H0STCNT0|002|x|{TRADE}^{TRADE}",
        f"0|H0STCNT0|002|{TRADE}^{TRADE}^{TRADE}",
        f"0|H0STCNT0|002|{TRADE}^{changed(TRADE, f2='0')}",
        f"0|H0STCNT0|002|{TRADE}^{changed(TRADE, f33='20261301')}",
        f"0|H0STCNT0|002|{TRADE}^{changed(TRADE, f13='1_000')}",
        f"0|H0STCNT0|2|{TRADE}^{TRADE}",
        f"0|H0STCNT0|2|{ETN_TRADE}^{ETN_TRADE}",
        f"0|H0STCNT0|02|{ETN_TRADE}^{ETN_TRADE}",
        f"0|H0STCNT0|1|{ETN_TRADE}",
        f"0|H0STCNT0|1|00{TRADE}",
        f"0|H0STCNT0|000|{TRADE}",
        f"0|H0STCNT0|0001|{TRADE}",
        "0|H0STCNT0|001",
        "0|H0STCNT0|001|",
    ],
)
def test_both_ways_of_reading_believe_the_same(message):
    def result(read):
        try:
            return read()
        except BrokerProtocolError as error:
            return str(error)

    def by_fields():
        taken_apart = read_message(message)
        assert isinstance(taken_apart, Data)
        return trades(taken_apart, AT)

    assert result(lambda: several_trades(message, AT)) == result(by_fields)


def test_records_that_grow_are_read_as_long_as_they_begin_with_a_code():
    message = f"0|H0STCNT0|003|{'^'.join([f'{ETN_TRADE}^1^2'] * 3)}"
    assert several_trades(message, AT) == [EXPECTED._replace(symbol=Symbol("Q500001"))] * 3


@pytest.mark.parametrize("row", [BOOK_59, BOOK_62, BOOK_62 + "^more"])
def test_a_book(row):
    expected = BookTop(
        symbol=KODEX,
        best_ask_won=Won(35155),
        best_bid_won=Won(35150),
        ask_shares=1055,
        bid_shares=2055,
        received_at=AT,
    )
    assert books(data("H0STASP0", row), AT) == [expected]
    assert books(data("H0STASP0", row, row), AT) == [expected] * 2


def test_a_book_may_lack_a_side_but_no_sum():
    assert books(data("H0STASP0", changed(BOOK_59, f3="0")), AT)[0].best_ask_won is None
    with pytest.raises(BrokerProtocolError, match="TOTAL_BIDP_RSQN"):
        books(data("H0STASP0", changed(BOOK_59, f44="")), AT)
    with pytest.raises(BrokerProtocolError, match="MKSC_SHRN_ISCD"):
        books(data("H0STASP0", changed(BOOK_59, f0="x")), AT)


def test_a_net_asset_value():
    assert navs(data("H0STNAV0", NAV), AT) == [
        NavTick(symbol=KODEX, nav_won=Decimal("35171.23"), last_won=None, received_at=AT)
    ]


@pytest.mark.parametrize("nav", ["", "0", "0.00", "-1", "NaN", "1e5", "35171.", "１"])
def test_what_is_no_net_asset_value(nav):
    with pytest.raises(BrokerProtocolError, match="nav malformed"):
        navs(data("H0STNAV0", changed(NAV, f1=nav)), AT)


@pytest.mark.parametrize(
    ("places", "is_halted", "in_vi"),
    [
        ({}, False, True),
        ({"f8": "N"}, False, False),
        ({"f8": "(null)"}, False, False),
        ({"f8": "1"}, False, True),
        ({"f1": "Y", "f8": "N"}, True, False),
        ({"f1": "(null)", "f8": "0"}, False, False),
    ],
)
def test_a_market_state(places, is_halted, in_vi):
    assert states(data("H0STMKO0", changed(STATE, **places)), AT) == [
        MarketState(symbol=KODEX, is_halted=is_halted, in_vi=in_vi, received_at=AT)
    ]


def test_a_market_state_that_is_none():
    with pytest.raises(BrokerProtocolError, match="TRHT_YN"):
        states(data("H0STMKO0", changed(STATE, f1="?")), AT)


@pytest.mark.parametrize("read", [trades, books, navs, states])
def test_a_message_of_another_kind_is_not_read(read):
    with pytest.raises(BrokerProtocolError, match="not a plain"):
        read(data("H0STANC0", TRADE), AT)
    with pytest.raises(BrokerProtocolError, match="not a plain"):
        read(data("H0STCNT0", TRADE, encrypted=True), AT)


@settings(deadline=None)
@given(st.lists(st.sampled_from([*"0123456789^-. YNC|", "069500", TRADE]), max_size=60))
def test_no_text_breaks_the_readers(parts):
    payload = "".join(parts)
    for tr_id, read in (
        ("H0STCNT0", trades),
        ("H0STASP0", books),
        ("H0STNAV0", navs),
        ("H0STMKO0", states),
    ):
        try:
            found = read(Data(is_encrypted=False, tr_id=tr_id, record_count=1, payload=payload), AT)
        except BrokerProtocolError:
            continue
        assert len(found) == 1


@pytest.mark.parametrize(
    ("name", "last", "base", "volume"),
    [
        ("H0STCNT0__1", [62700], 62300, [9694968]),
        ("H0STCNT0__3", [2920, 2925, 2925], 2525, [27066179, 27068052, 27068055]),
    ],
)
def test_captured_trades(name, last, base, volume):
    found = read_message(captured(name))
    assert isinstance(found, Data)
    read = trades(found, AT)
    assert [trade.last_won for trade in read] == last
    assert {trade.base_won for trade in read} == {base}
    assert [trade.volume_shares for trade in read] == volume


@pytest.mark.parametrize(
    ("name", "ask", "bid"),
    [
        ("H0STASP0__1", 6140, 6130),
        ("H0STASP0__3", 358500, 358000),
        ("H0STASP0__5", 66000, 65900),
        ("H0STASP0__7", 71500, 71400),
    ],
)
def test_captured_books(name, ask, bid):
    found = read_message(captured(name))
    assert isinstance(found, Data)
    [book] = books(found, AT)
    assert (book.best_ask_won, book.best_bid_won) == (ask, bid)
    fields = found.payload.split("^")
    assert sum(map(int, fields[23:33])) == book.ask_shares == int(fields[43])

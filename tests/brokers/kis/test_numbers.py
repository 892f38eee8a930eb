from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.kis.fields import CashRow, signed
from brokers.kis.fields_etf import NavPriceRow, NavRow
from brokers.kis.fields_quotes import BookRow, ExpectedRow
from brokers.kis.quotes import order_book
from brokers.wire.bodies import read_json
from brokers.wire.fields import read_row
from core.domain.instrument import Symbol
from core.errors import BrokerProtocolError
from tests.brokers.kis.wire_fixtures import NOW

CASH = {"dnca_tot_amt": "1", "nxdy_excc_amt": "1", "prvs_rcdl_excc_amt": "1"}


@pytest.mark.parametrize(
    "number",
    [
        Decimal("1e999999999"),
        Decimal("-1e99999"),
        Decimal("nan"),
        Decimal("inf"),
        "１２",
        "1_0",
        "",
    ],
)
def test_a_number_that_is_none_is_never_money(number):
    with pytest.raises(BrokerProtocolError):
        read_row(CashRow, {**CASH, "prvs_rcdl_excc_amt": number}, "balance")


def test_padded_and_plain_numbers_are_read():
    row = read_row(CashRow, {**CASH, "prvs_rcdl_excc_amt": " 0000346455 "}, "balance")
    assert 346_455 in row.model_dump().values()


HALVES = [rb'{"a": "\ud800"}', rb'{"\uDFFF": 1}', rb'{"a": {"b": ["\udc00\ud800"]}}']


@pytest.mark.parametrize(
    "text", [b'{"a": 1e99999999999999999999}', b'{"a": Infinity}x', b"[1]", *HALVES]
)
def test_an_answer_beyond_reading_is_a_protocol_error(text):
    with pytest.raises(BrokerProtocolError):
        read_json(text)


def test_a_character_of_two_halves_is_text():
    assert read_json(rb'{"a": "\ud83d\ude00"}') == {"a": "😀"}


@given(st.integers(-(10**18) + 1, 10**18 - 1), st.integers(0, 12), st.integers(0, 4))
def test_every_whole_number_is_read_however_it_is_written(number, decimals, blanks):
    text = " " * blanks + str(number) + ("." + "0" * decimals if decimals else "") + " " * blanks
    row = read_row(CashRow, {"dnca_tot_amt": text, "prvs_rcdl_excc_amt": number}, "balance")
    assert row.dnca_tot_amt == row.prvs_rcdl_excc_amt == number


@given(st.decimals(-(10**12), 10**12, places=8, allow_nan=False, allow_infinity=False))
def test_every_ratio_is_read_exactly_and_no_share_is_broken(ratio):
    text = format(ratio, "f")
    nav = {"nav": text, "prdy_clpr_nav": "", "oprc_nav": "0.00"}
    assert read_row(NavRow, nav, "nav").nav == ratio
    if ratio != ratio.to_integral_value() or ratio < 0:
        with pytest.raises(BrokerProtocolError, match="stck_prpr malformed"):
            read_row(NavPriceRow, {"stck_prpr": text, "stck_prdy_clpr": "1"}, "nav")


@given(
    st.dictionaries(
        st.text(max_size=12),
        st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.integers()),
        max_size=6,
    )
)
def test_unknown_fields_change_nothing(extra):
    known = {"stck_prpr": "35150", "stck_prdy_clpr": "35000"}
    plain = read_row(NavPriceRow, known, "nav")
    assert read_row(NavPriceRow, {**extra, **known}, "nav") == plain


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**9)), min_size=10, max_size=10),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**9)), min_size=10, max_size=10),
)
def test_a_book_keeps_every_level_that_has_a_price(asks, bids):
    sides = {"askp": asks, "bidp": bids}
    wire = {"total_askp_rsqn": "0", "total_bidp_rsqn": "0"}
    for name, levels in sides.items():
        for number, (price, quantity) in enumerate(levels, start=1):
            wire[f"{name}{number}"] = str(price)
            wire[f"{name}_rsqn{number}"] = str(quantity)
    row, expected = read_row(BookRow, wire, "book"), ExpectedRow(stck_sdpr=35_000)
    book = order_book(row, expected, Symbol("069500"), NOW)
    for levels, given_levels in ((book.asks, asks), (book.bids, bids)):
        assert [(level.price_won, level.quantity) for level in levels] == [
            (price, quantity) for price, quantity in given_levels if price
        ]


@given(st.integers(-(10**6), 10**6), st.sampled_from(["1", "2", "3", "4", "5", "0", ""]))
def test_a_change_never_goes_against_its_sign(change, sign):
    found = signed(change, sign)
    assert abs(found) == abs(change)
    assert found >= 0 if sign in {"1", "2"} else found <= 0 if sign in {"4", "5"} else True

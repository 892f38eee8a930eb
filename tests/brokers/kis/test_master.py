"""Symbol master files: cut from the right, by bytes, and never half believed."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.kis.market_data import KisMarketData
from brokers.kis.master import FILE_BYTES_MAX, LAYOUTS, listings_of
from core.domain.listing import Board, Kind
from core.domain.market import Designation
from core.errors import BrokerProtocolError, BrokerUnavailable
from tests.brokers.kis.wire_fixtures import TOKEN

# The published widths of the tails, column by column.
KOSPI = (
    [2, 1, 4, 4, 4]
    + [1] * 26
    + [9, 5, 5, 1, 1, 1, 2, 1, 1, 1, 2, 2, 2, 3, 1, 3, 12, 12, 8, 15, 21, 2, 7]
    + [1, 1, 1, 1, 1]
    + [9, 9, 9, 5, 9, 8, 9, 3, 1, 1, 1]
)
KOSDAQ = [2, 1, 4, 4, 4] + [1] * 21 + KOSPI[31:54] + [1] * 4 + KOSPI[59:]
WIDTHS = {Board.KOSPI: KOSPI, Board.KOSDAQ: KOSDAQ}
BEFORE = {Board.KOSPI: 31, Board.KOSDAQ: 26}


def line(board, code="069500", isin="KR7069500007", name="KODEX 200", group="EF", **columns):
    """One line; `columns` by their place after the flags (c0 is the base price)."""
    first = BEFORE[board]
    values = {0: group, first: "000035000", first + 1: "00001", first + 3: "N", first + 4: "N"}
    values |= {first + 5: "N", first + 6: "00", first + 16: "000000123456"}
    values |= {first + 18: "20021014", first + 19: "000000000160000"}
    values |= {first + int(key[1:]): text for key, text in columns.items()}
    tail = "".join(values.get(index, "").ljust(width) for index, width in enumerate(WIDTHS[board]))
    return code.ljust(9).encode() + isin.encode() + name.encode("cp949") + tail.encode()


def zipped(content, board=Board.KOSPI):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LAYOUTS[board].file, content)
    return buffer.getvalue()


@pytest.mark.parametrize("board", Board)
def test_the_tails_are_as_long_as_published(board):
    assert sum(WIDTHS[board]) == LAYOUTS[board].tail == {"KOSPI": 227, "KOSDAQ": 221}[board.value]


@pytest.mark.parametrize("board", Board)
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_lines_of_both_boards(board, ending):
    lines = [
        line(board),
        line(board, code="Q530031", isin="KRG530000317", name="삼성 레버리지 ETN", group="EN"),
        line(
            board, code="0193T0", name="한글 이름이 아주 긴 상장지수펀드 액티브(합성 H)".ljust(40)
        ),
        line(board, group="EW", c3="Y", c4="Y", c5="Y", c6="03", c18="        ", c19=" " * 15),
        line(board, group="ST", c6="99", c16=" " * 12),
    ]
    content = ending.join([*lines, b"", b""])
    etf, etn, letters, bad, odd = listings_of(zipped(content, board), board)
    assert (etf.code, etf.isin, etf.name, etf.kind) == (
        "069500",
        "KR7069500007",
        "KODEX 200",
        Kind.ETF,
    )
    assert (etf.board, etf.base_won, etf.lot) == (board, 35_000, 1)
    assert (etf.previous_shares, etf.listed_on) == (123_456, date(2002, 10, 14))
    assert (etf.listed_shares, etf.is_halted, etf.designations) == (160_000_000, False, frozenset())
    assert (etn.code, etn.kind) == ("Q530031", Kind.ETN)
    assert (letters.code, letters.name) == (
        "0193T0",
        "한글 이름이 아주 긴 상장지수펀드 액티브(합성 H)",
    )
    assert (bad.kind, bad.is_halted, bad.listed_on, bad.listed_shares) == (
        Kind.OTHER,
        True,
        None,
        None,
    )
    assert bad.designations == {
        Designation.LIQUIDATION,
        Designation.ADMINISTRATIVE,
        Designation.RISK,
    }
    assert (odd.kind, odd.previous_shares) == (Kind.STOCK, 0)
    assert odd.designations == {Designation.UNKNOWN}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (line(Board.KOSPI) + b"\nshort\n", "line 2: too short"),
        (line(Board.KOSPI, code=""), "line 1: code malformed"),
        (line(Board.KOSPI, isin="KR706950000X"[:11] + "!"), "isin malformed"),
        (line(Board.KOSPI, name="   "), "name malformed"),
        (line(Board.KOSPI, c0="00003500x"), "base malformed"),
        (line(Board.KOSPI, c3="?"), "halted malformed"),
        (line(Board.KOSPI, c6="0"), "warning malformed"),
        (line(Board.KOSPI, c18="20021314"), "listed_on malformed"),
        (line(Board.KOSPI).replace(b"KODEX", b"\xff\xff\xff\xff\xff"), "not CP949"),
    ],
)
def test_what_cannot_be_read_is_named(content, named):
    with pytest.raises(BrokerProtocolError, match=named):
        listings_of(zipped(content), Board.KOSPI)


def test_what_is_no_zip_file_with_the_list():
    good = zipped(line(Board.KOSPI))
    wrong = zipped(line(Board.KOSPI), Board.KOSDAQ)
    broken = good[:60] + bytes([good[60] ^ 0xFF]) + good[61:]
    huge = zipped(b"\0" * (FILE_BYTES_MAX + 1))
    for content, named in ((b"", "zip"), (wrong, "zip"), (broken, "kospi"), (huge, "too many")):
        with pytest.raises(BrokerProtocolError, match=named):
            listings_of(content, Board.KOSPI)


@given(st.binary(max_size=400), st.integers(0, 400))
def test_damaged_files_are_read_or_refused_and_nothing_else(noise, at):
    good = zipped(line(Board.KOSPI))
    for content in (noise, good[:at] + noise + good[at:], good[:at]):
        try:
            found = listings_of(content, Board.KOSPI)
        except BrokerProtocolError:
            continue
        assert all(listing.code and listing.base_won >= 0 for listing in found)


async def test_a_download_carries_no_key(vts, script):
    script.answers = [
        (200, zipped(line(Board.KOSPI))),
        (404, b""),
        (503, b""),
        httpx.ReadTimeout("x"),
    ]
    market = KisMarketData(vts, "http://127.0.0.1:9/common/master")
    (listing,) = await market.listings(TOKEN, Board.KOSPI)
    assert listing.code == "069500"
    request = script.requests[0]
    assert str(request.url) == "http://127.0.0.1:9/common/master/kospi_code.mst.zip"
    assert not {"appkey", "appsecret", "authorization", "tr_id"} & set(request.headers)
    for fault in (BrokerProtocolError, BrokerUnavailable, BrokerUnavailable):
        with pytest.raises(fault):
            await market.listings(TOKEN, Board.KOSPI)

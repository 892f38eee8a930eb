from __future__ import annotations

import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError
from storage.price_files import reader
from storage.price_files.price_file import PriceFile
from storage.price_files.reader import read_prices
from storage.price_files.report import Reason, Repair

HEADER = "date,symbol,open,high,low,close,volume"
DATA = Path(__file__).parents[4] / "shared" / "data" / "krx"


def read(tmp_path: Path, *rows: str, header: str = HEADER, name: str = "bars.csv", **asked):
    path = tmp_path / name
    path.write_bytes("\n".join([header, *rows, ""]).encode())
    return read_prices(path, **asked)


def rows_of(found: PriceFile, code: str) -> list[tuple]:
    column = found.table.column(code)
    return list(
        zip(
            [day.isoformat() for day in column.dates()],
            column.open.tolist(),
            column.high.tolist(),
            column.low.tolist(),
            column.close.tolist(),
            column.volume.tolist(),
            column.traded.tolist(),
            strict=True,
        )
    )


def refusals(found: PriceFile) -> list[tuple[int, Reason, str]]:
    return [(one.line, one.reason, one.column) for one in found.report.refusals]


def mended(found: PriceFile) -> Counter[Repair]:
    return +found.report.repairs


def test_plain_rows_are_read_as_they_stand(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "2024-01-02,069500,35000,35100,34900,35050,1234567",
        "2024-01-03,069500,35050,35200,35000,35150,123456789012",
        "2024-01-02,0080G0,10000,10010,9990,10000,0",
    )
    assert found.table.codes == ("0080G0", "069500")
    assert rows_of(found, "069500") == [
        ("2024-01-02", 35000, 35100, 34900, 35050, 1234567, True),
        ("2024-01-03", 35050, 35200, 35000, 35150, 123456789012, True),
    ]
    assert rows_of(found, "0080G0") == [("2024-01-02", 10000, 10010, 9990, 10000, 0, True)]
    assert mended(found) == Counter()
    assert found.report.rows == len(found.table) == 3
    assert len(found.table.column("069500")) == 2
    with pytest.raises(KeyError):
        found.table.column("000000")


def test_a_table_becomes_matrices_of_sessions_and_symbols(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "2024-01-02,069500,1,4,1,3,10",
        "2024-01-03,069500,0,0,0,3,0",
        "2024-01-03,229200,5,8,5,7,20",
    )
    table = found.table
    sessions = table.sessions()
    assert [date.fromordinal(day) for day in sessions.tolist()] == [
        date(2024, 1, 2),
        date(2024, 1, 3),
    ]
    places = table.places(sessions)
    close = table.matrix("close", sessions, places)
    assert close[:, 0].tolist() == [3, 3]
    assert close[1, 1] == 7
    assert close[0, 1] != close[0, 1]  # NaN: no row
    assert table.matrix("volume", sessions, places)[1].tolist() == [0, 20]
    assert table.traded_matrix(sessions, places).tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize(
    ("one", "other"),
    [((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (2, 3, 8)), ((2, 3), (5, 8, 9, 10)), ((4,), (2, 3, 4))],
)
def test_sessions_are_the_days_that_occur(
    tmp_path: Path, one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    rows = [f"2024-01-{day:02d},069500,1,4,1,{day},10" for day in one]
    rows += [f"2024-01-{day:02d},229200,1,20,1,{10 + day},10" for day in other]
    table = read(tmp_path, *rows).table
    sessions = table.sessions()
    days = sorted({*one, *other})
    assert [date.fromordinal(day).day for day in sessions.tolist()] == days
    close = table.matrix("close", sessions, table.places(sessions))
    for column, (held, more) in enumerate(((one, 0), (other, 10))):
        wanted = [day + more if day in held else None for day in days]
        assert [None if np.isnan(value) else value for value in close[:, column]] == wanted


def test_a_file_with_a_header_only_is_an_empty_table(tmp_path: Path) -> None:
    table = read(tmp_path).table
    assert table.codes == ()
    assert table.sessions().size == 0
    assert table.places(table.sessions())[0].size == 0


GOOD = "2024-01-02,069500,100,110,90,105,7"
BAD = [
    ("2024-01-02,069500,100,110,90,105", Reason.COLUMNS, ""),
    ("2024-01-02,069500,100,110,90,105,7,8", Reason.COLUMNS, ""),
    ("2024-01-02,069500,1,000,110,90,105,7", Reason.COLUMNS, ""),
    ('2024-01-02,069500,"100,110,90,105,7', Reason.QUOTES, ""),
    ('"2024-01-02,069500",100,110,90,105,7', Reason.COLUMNS, ""),
    ('"2024-01-02","069500","100"",""110",90,105,7', Reason.COLUMNS, ""),
    ('2024-01-02,069500,",110,90,105,7', Reason.QUOTES, ""),
    ('2024-01-02,069500,"",110,90,105,7', Reason.MISSING, "open"),
    ('2024-01-02,069500,1"0"0,110,90,"105"x,7', Reason.QUOTES, ""),
    ("2024-02-30,069500,100,110,90,105,7", Reason.DATE, "date"),
    ("2024-13-01,069500,100,110,90,105,7", Reason.DATE, "date"),
    ("02.01.2024,069500,100,110,90,105,7", Reason.DATE, "date"),
    ("2024/01/02,069500,100,110,90,105,7", Reason.DATE, "date"),
    ("2024.01.02,069500,100,110,90,105,7", Reason.DATE, "date"),
    ("2024-01/02,069500,100,110,90,105,7", Reason.DATE, "date"),
    ("2024+01*02,069500,100,110,90,105,7", Reason.DATE, "date"),
    (",069500,100,110,90,105,7", Reason.DATE, "date"),
    ("2024-01-02,KS11,100,110,90,105,7", Reason.CODE, "symbol"),
    ("2024-01-02,A69500,100,110,90,105,7", Reason.CODE, "symbol"),
    ("2024-01-02,0080g0,100,110,90,105,7", Reason.CODE, "symbol"),
    ("2024-01-02,0695000,100,110,90,105,7", Reason.CODE, "symbol"),
    ("2024-01-02,,100,110,90,105,7", Reason.CODE, "symbol"),
    ("2024-01-02,069500,,110,90,105,7", Reason.MISSING, "open"),
    ("2024-01-02,069500,100,NaN,90,105,7", Reason.MISSING, "high"),
    ("2024-01-02,069500,100,110,90,105,nan", Reason.MISSING, "volume"),
    ("2024-01-02,069500,100,110,abc,105,7", Reason.NUMBER, "low"),
    ("2024-01-02,069500,100,110,1e2,105,7", Reason.NUMBER, "low"),
    ("2024-01-02,069500,100,110,90,inf,7", Reason.NUMBER, "close"),
    ("2024-01-02,069500,100,110,90,1_05,7", Reason.NUMBER, "close"),
    ("2024-01-02,069500,100,110,90,١٠٥,7", Reason.NUMBER, "close"),
    ("2024-01-02,069500,100,110,90,105.,7", Reason.NUMBER, "close"),
    ("2024-01-02,069500,100,110,90,1.0.5,7", Reason.NUMBER, "close"),
    ('2024-01-02,069500,"1,00",110,90,105,7', Reason.NUMBER, "open"),
    ("2024-01-02,069500,100,110,-90,105,7", Reason.NEGATIVE, "low"),
    ("2024-01-02,069500,100,110,90,105,-7", Reason.NEGATIVE, "volume"),
    ("2024-01-02,069500,100,110,90,0,7", Reason.ZERO, "close"),
    ("2024-01-02,069500,0,0,0,0,0", Reason.ZERO, "close"),
    ("2024-01-02,069500,0,110,90,105,7", Reason.ZERO, "open"),
    ("2024-01-02,069500,100,110,0,105,7", Reason.ZERO, "low"),
    ("2024-01-02,069500,3000000000,3000000000,3000000000,3000000000,7", Reason.HUGE, "open"),
    ("2024-01-02,069500,100,110,90,105,99999999999999", Reason.HUGE, "volume"),
    ("2024-01-02,069500,100,110,90,105,1099511627776", Reason.HUGE, "volume"),
    ("2024-01-02,069500,100,110,90,105,1" + "0" * 30, Reason.HUGE, "volume"),
    ("2024-01-02,069500,100,110,90,1" + "0" * 25 + ".5,7", Reason.HUGE, "close"),
    ("2024-01-02,069500,100,90,110,105,7", Reason.ORDER, "high"),
    ("2024-01-02,069500,20000,20000,20000,21000,7", Reason.ORDER, "high"),
    ("2024-01-02,069500,20000,21000,20500,20600,7", Reason.ORDER, "high"),
]


@pytest.mark.parametrize(("row", "reason", "column"), BAD)
def test_a_bad_row_is_refused_by_line_and_reason_and_the_rest_stays(
    tmp_path: Path, row: str, reason: Reason, column: str
) -> None:
    other = "2024-01-03,069500,100,110,90,105,7"
    found = read(tmp_path, GOOD, row, "", other)
    assert refusals(found) == [(3, reason, column)]
    assert found.report.refused == Counter({reason: 1})
    assert found.report.refused_rows == 1
    assert len(found.table) == 2


def test_text_that_is_not_utf_8_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(f"{HEADER}\n{GOOD}\n2024-01-03,069500,".encode() + b"\xb0\xb0,1,1,1,1\n")
    assert refusals(read_prices(path)) == [(3, Reason.ENCODING, "")]


MENDED = [
    ("2024-01-02,69500,100,110,90,105,7", Repair.CODE, (100, 110, 90, 105, 7, True)),
    ('2024-01-02,069500,"1,000","1,100",900,"1,050","12,345,678"', Repair.COMMAS,
     (1000, 1100, 900, 1050, 12345678, True)),
    ("2024-01-02,069500,100.4,110.5,90.0,105.50,7.0", Repair.ROUNDED,
     (100, 111, 90, 106, 7, True)),
    ("2024-01-02,069500,0,0,0,105,0", Repair.NO_TRADE, (105, 105, 105, 105, 0, False)),
    ("2024-01-02,069500,0,0,0,105,9", Repair.NO_TRADE, (105, 105, 105, 105, 0, False)),
    ("2024-01-02,069500,20000,20010,20005,20015,7", Repair.WIDENED,
     (20000, 20015, 20000, 20015, 7, True)),
]  # fmt: skip


@pytest.mark.parametrize(("row", "repair", "values"), MENDED)
@pytest.mark.parametrize("careful", [False, True], ids=["block", "careful"])
def test_a_stated_rule_mends_and_counts(
    tmp_path: Path, row: str, repair: Repair, values: tuple, careful: bool
) -> None:
    text = f" {row}" if careful else row
    found = read(tmp_path, text)
    assert rows_of(found, "069500") == [("2024-01-02", *values)]
    assert mended(found) == Counter({repair: 1})
    assert refusals(found) == []


def test_quotes_around_fields_mean_nothing(tmp_path: Path) -> None:
    found = read(
        tmp_path, '"2024-01-02","69500",100,"110",90,"105.0","7"', GOOD.replace("2,", "3,", 1)
    )
    assert rows_of(found, "069500") == [
        ("2024-01-02", 100, 110, 90, 105, 7, True),
        ("2024-01-03", 100, 110, 90, 105, 7, True),
    ]
    assert mended(found) == Counter({Repair.CODE: 1})


def test_whole_numbers_written_with_a_fraction_of_zero_need_no_mending(tmp_path: Path) -> None:
    found = read(tmp_path, "2024-01-02,069500,100.0,110.0,90.0,105.0,7.0")
    assert rows_of(found, "069500") == [("2024-01-02", 100, 110, 90, 105, 7, True)]
    assert mended(found) == Counter()


@pytest.mark.parametrize(
    ("volume", "prices", "traded"),
    [
        ("0", "105,105,105,105", False),
        ("0", "100,110,90,105", True),
        ("7", "105,105,105,105", True),
    ],
)
@pytest.mark.parametrize("careful", [False, True], ids=["block", "careful"])
def test_a_flat_day_without_volume_was_not_traded(
    tmp_path: Path, volume: str, prices: str, traded: bool, careful: bool
) -> None:
    row = f"2024-01-02,069500,{prices},{volume}"
    found = read(tmp_path, f" {row}" if careful else row)
    assert found.table.column("069500").traded.tolist() == [traded]


@pytest.mark.parametrize("careful", [False, True], ids=["block", "careful"])
def test_a_file_without_volumes_takes_every_priced_day_as_traded(
    tmp_path: Path, careful: bool
) -> None:
    row = "2024-01-02,069500,105,105,105,105"
    header = "date,symbol,open,high,low,close"
    found = read(tmp_path, f" {row}" if careful else row, header=header)
    assert not found.table.has_volume
    assert not found.report.has_volume
    assert rows_of(found, "069500") == [("2024-01-02", 105, 105, 105, 105, 0, True)]


def test_days_may_come_without_dashes_and_lines_from_windows(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(b"\r\n".join([HEADER.encode(), GOOD.replace("-", "").encode(), b""]))
    assert rows_of(read_prices(path), "069500") == [("2024-01-02", 100, 110, 90, 105, 7, True)]
    path.write_bytes(f"{HEADER}\n20240230,069500,100,110,90,105,7\n".encode())
    assert refusals(read_prices(path)) == [(2, Reason.DATE, "date")]


def test_a_byte_order_mark_is_dropped_and_counted(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD, header=f"\N{ZERO WIDTH NO-BREAK SPACE}{HEADER}")
    assert mended(found) == Counter({Repair.BOM: 1})
    assert len(found.table) == 1


def test_columns_may_stand_anywhere_and_have_korean_titles(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "KODEX 200,7,105,90,110,100,069500,2024-01-02",
        header="종목명,거래량,종가,저가,고가,시가,종목코드,일자",
    )
    assert rows_of(found, "069500") == [("2024-01-02", 100, 110, 90, 105, 7, True)]


def test_unsorted_rows_are_sorted_and_counted(tmp_path: Path) -> None:
    days = ["2024-01-05", "2024-01-03", "2024-01-04", "2024-01-02"]
    found = read(tmp_path, *(f"{day},069500,100,110,90,105,7" for day in days))
    assert [row[0] for row in rows_of(found, "069500")] == sorted(days)
    assert mended(found) == Counter({Repair.REORDERED: 2})


def test_rows_by_day_are_in_order_too(tmp_path: Path) -> None:
    rows = [
        f"2024-01-0{day},{code},100,110,90,105,7"
        for day in (2, 3, 4)
        for code in ("229200", "069500")
    ]
    found = read(tmp_path, *rows)
    assert mended(found) == Counter()
    assert [len(found.table.column(code)) for code in ("069500", "229200")] == [3, 3]


def test_a_row_read_with_care_keeps_its_place(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        '"2024-01-02",069500,100,110,90,105,7',
        "2024-01-03,069500,100,110,90,105,8",
        '"2024-01-04",069500,100,110,90,105,9',
    )
    assert [row[5] for row in rows_of(found, "069500")] == [7, 8, 9]
    assert mended(found) == Counter()


def test_the_same_row_again_is_dropped_and_counted(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD, GOOD, f" {GOOD}", "2024-01-03,069500,100,110,90,105,7")
    assert len(found.table) == found.report.rows == 2
    assert mended(found) == Counter({Repair.REPEATED: 2})


def test_rows_that_contradict_each_other_are_all_refused(tmp_path: Path) -> None:
    other = "2024-01-02,069500,100,110,90,106,7"
    found = read(tmp_path, GOOD, "2024-01-02,229200,100,110,90,105,7", GOOD, other)
    assert found.table.codes == ("229200",)
    assert refusals(found) == [(line, Reason.CONFLICT, "") for line in (2, 4, 5)]
    assert found.report.refusals[0].found == "069500 2024-01-02: 2, 4, 5"


def test_only_what_is_asked_for_is_judged(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "2024-01-02,069500,100,110,90,105,7",
        "2024-01-03,069500,100,110,90,105,7",
        "2024-01-03,229200,100,110,90,105,7",
        "2024-01-02,229200,nan,110,90,105,7",
        "2023-01-02,069500,nan,110,90,105,7",
        '"2023-01-02",069500,nan,110,90,105,7',
        '2024-01-02,"229200",nan,110,90,105,7',
        symbols=["069500"],
        start=date(2024, 1, 1),
        end=date(2024, 1, 2),
    )
    assert [row[0] for row in rows_of(found, "069500")] == ["2024-01-02"]
    assert (found.report.outside, refusals(found)) == (6, [])


@pytest.mark.parametrize("careful", [False, True], ids=["block", "careful"])
def test_a_day_that_has_not_been_yet_is_refused_where_it_is_asked_for(
    tmp_path: Path, careful: bool
) -> None:
    rows = [GOOD.replace("-02", f"-{day:02}", 1) for day in (2, 3, 4)]
    rows = [*rows, rows[-1].replace("069500", "229200")]
    today = date(2024, 1, 3)
    lines = [f" {row}" if careful else row for row in rows]
    found = read(tmp_path, *lines, symbols=["069500"], today=today)
    assert refusals(found) == [(4, Reason.FUTURE, "date")]
    assert found.report.refusals[0].found == "2024-01-04"
    assert (found.report.outside, len(found.table)) == (1, 2)
    earlier = read(tmp_path, *lines, symbols=["069500"], today=today, end=today)
    assert (earlier.report.outside, refusals(earlier)) == (2, [])


def test_etns_are_left_out_and_counted(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD, "2024-01-02,Q530107,100,110,90,105,7")
    assert found.report.etns == 1
    assert refusals(found) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"\n", "missing column: date, symbol"),
        (b"date,symbol,open\n", "missing column: high, low, close"),
        (f"{HEADER},close\n".encode(), "column named twice: close"),
        ("일자,종목코드\n".encode("cp949"), "not UTF-8"),
        (b'"date,symbol\n', "line 1: "),
        (HEADER.encode() + b"\n" + b"x" * 3_000_000, "a line is longer than"),
    ],
)
def test_a_file_that_is_none_is_said_in_one_sentence(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_prices(path)
    assert str(path) in str(caught.value)


def test_what_cannot_be_opened_or_unpacked_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_prices(tmp_path / "none.csv")
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER}\n{GOOD}\n".encode() * 1000)[:-20])
    with pytest.raises(DataError, match="cannot be read"):
        read_prices(path)


def test_blocks_are_cut_at_lines_and_progress_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        f"{date.fromordinal(738000 + day)},{code},100,110,90,105,{day}"
        for code in ("069500", "229200", "360750")
        for day in range(200)
    ]
    whole = read(tmp_path, *rows)
    monkeypatch.setattr(reader, "BLOCK_BYTES", 97)
    monkeypatch.setattr(reader, "ROW_BYTES_MIN", 10_000)  # room for one row: it must grow
    told: list[tuple[int, int]] = []
    path = tmp_path / "bars.csv"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))  # no line feed at the end
    cut = read_prices(path, progress=lambda done, total: told.append((done, total)))
    assert cut.report == whole.report
    for code in whole.table.codes:
        assert rows_of(cut, code) == rows_of(whole, code)
    assert told[-1] == (path.stat().st_size, path.stat().st_size)
    packed = tmp_path / "bars.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    told.clear()
    assert read_prices(packed, progress=lambda *seen: told.append(seen)).report == whole.report
    assert told[-1] == (packed.stat().st_size, packed.stat().st_size)


_PRICE = st.one_of(
    st.integers(0, 3_000_000_000).map(str),
    st.integers(95, 105).map(str),
    st.decimals(-5, 50_000, places=2).map(str),
    st.sampled_from(["", "nan", "0", "1.5", "12345678", "123456789", "1,000", " 7", "00100"]),
)
_ROW = st.tuples(
    st.sampled_from(
        ["2024-01-02", "2024-01-03", "20240104", "2024-02-30", "1899-12-31", "x", "2024/01/02",
         "2024-01.02", "2024,01-02"]
    ),
    st.sampled_from(["069500", "0080G0", "69500", "Q530107", "KS11", "abcdef", "가나다"]),
    _PRICE, _PRICE, _PRICE, _PRICE, _PRICE,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(_ROW, max_size=12))
def test_the_fast_way_and_the_careful_way_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    place = tmp_path_factory.mktemp("rows")
    plain = [row for row in rows if not any("," in one for one in row)]
    fast = read(place, *(",".join(row) for row in plain))
    # A space before the date sends a line to the careful reader; quotes alone do not.
    careful = read(place, *(" " + ",".join(row) for row in plain), name="careful.csv")
    quoted = read(place, *(",".join(f'"{one}"' for one in row) for row in plain), name="q.csv")
    for other in (careful, quoted):
        assert fast.report.refused == other.report.refused
        assert mended(fast) == mended(other)
        assert refusals(fast) == refusals(other)
        assert fast.table.codes == other.table.codes
        for code in fast.table.codes:
            assert rows_of(fast, code) == rows_of(other, code)


@pytest.mark.skipif(not DATA.exists(), reason="the shared price files are not on this machine")
@pytest.mark.parametrize(
    ("name", "rows", "symbols", "repairs", "etns"),
    [
        ("etf_raw_ohlcv_nav_2020_2024", 293_865, 695, {Repair.NO_TRADE: 3_415}, 0),
        ("etf_adjusted_ohlc_2014_2023", 42_344, 22, {Repair.WIDENED: 429}, 0),
        ("etf_adjusted_ohlcv_2002_2023", 97_715, 30, {}, 592),
    ],
)
def test_real_files_are_read_whole(
    name: str, rows: int, symbols: int, repairs: dict[Repair, int], etns: int
) -> None:
    found = read_prices(DATA / f"{name}.csv.gz")
    assert (found.report.rows, len(found.table.codes)) == (rows, symbols)
    assert (mended(found), found.report.etns) == (Counter(repairs), etns)
    assert found.report.refused_rows == 0

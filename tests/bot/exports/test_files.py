from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from bot.exports.files import FileKind, exported, harmless_cell
from bot.locales import load
from core.domain.exports import COLUMNS, Table, TableKind

DAY = date(2026, 11, 16)
NASTY = '=HYPERLINK("http://evil.test";"x")'
ROW = (
    *(DAY, "10:00:00", "4F9KQ2ZD-1", "069500", NASTY, "buy", 7, Decimal("35000.5")),
    *(245_004, 36, "ours"),
)
TRADES = Table(kind=TableKind.TRADES, rows=(ROW,))
TYPES = Table(kind=TableKind.TAX_BY_TYPE, rows=(("비과세", 2, 5_000, -3_000, 10, 0),))


def workbook(locale: str = "ko"):
    [file] = exported((TRADES, TYPES), FileKind.XLSX, "out", load(locale))
    assert file.name == "out.xlsx"
    return load_workbook(io.BytesIO(file.content))


def test_a_workbook_has_a_sheet_for_each_table_with_values_of_their_own_types() -> None:
    book = workbook()
    assert book.sheetnames == ["거래", "과세유형별 세금"]
    head, row = book["거래"].iter_rows()
    assert [cell.value for cell in head][:3] == ["날짜", "시각(KST)", "주문"]
    assert all(cell.font.bold for cell in head)
    assert row[0].value.date() == DAY
    assert (row[6].value, row[8].value, row[9].value) == (7, 245_004, 36)
    assert row[7].value == pytest.approx(35_000.5)
    # A code keeps its zeros because it is text.
    assert (row[3].value, row[3].data_type) == ("069500", "s")
    assert (row[5].value, row[10].value) == ("매수", "봇")


def test_what_looks_like_a_formula_is_text_everywhere() -> None:
    cell = workbook()["거래"].cell(row=2, column=5)
    assert (cell.value, cell.data_type) == (f"'{NASTY}", "s")
    first, _ = exported((TRADES, TYPES), FileKind.CSV, "out", load("ko"))
    assert (
        f"'{NASTY}" in next(csv.DictReader(io.StringIO(first.content.decode("utf-8-sig"))))["종목"]
    )
    for start in "=+-@\t\r\n":
        assert harmless_cell(f"{start}1").startswith("'")
    assert harmless_cell("KODEX 200") == "KODEX 200"


def test_a_csv_begins_with_the_mark_that_excel_reads_and_keeps_signs_of_numbers() -> None:
    files = exported((TRADES, TYPES), FileKind.CSV, "out", load("en"))
    assert [file.name for file in files] == ["out-trades.csv", "out-tax_by_type.csv"]
    assert all(file.content.startswith(b"\xef\xbb\xbf") for file in files)
    [trade] = csv.DictReader(io.StringIO(files[0].content.decode("utf-8-sig")))
    assert (trade["Day"], trade["Average price"], trade["Side"]) == ("2026-11-16", "35000.5", "buy")
    [kind] = csv.DictReader(io.StringIO(files[1].content.decode("utf-8-sig")))
    assert kind["Losses"] == "-3000"


def test_nothing_known_is_an_empty_cell() -> None:
    row = (DAY, "x-1", "069500", "K", "비과세", 3, 0, 0, 0, 0, 0, 0, None)
    [file] = exported((Table(kind=TableKind.TAX, rows=(row,)),), FileKind.CSV, "out", load("ko"))
    assert file.content.decode("utf-8-sig").splitlines()[1].endswith(",0,")


@pytest.mark.parametrize("locale", ["ko", "en"])
@pytest.mark.parametrize("kind", TableKind)
def test_every_column_has_a_name(kind: TableKind, locale: str) -> None:
    [file] = exported((Table(kind=kind, rows=()),), FileKind.CSV, "out", load(locale))
    [names] = csv.reader(io.StringIO(file.content.decode("utf-8-sig")))
    assert len(set(names)) == len(COLUMNS[kind])

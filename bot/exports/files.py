"""Tables as files that spreadsheets open: CSV in UTF-8 with a BOM, and one XLSX workbook.

A cell that begins like a formula is text here: names and ids come from outside, and a spreadsheet
must not compute what somebody wrote into one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from core.domain.exports import COLUMNS, Cell, Row, Table, TableKind
from core.ports.phrases import Phrases

# Below what Discord takes without a boost, with room for the rest of the message.
FILE_BYTES_MAX = 8 * 1024 * 1024
_BOM = "\ufeff"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_DAY_FORMAT, _NUMBER_FORMAT = "yyyy-mm-dd", "#,##0"
_COLUMN_WIDTH = 16
# Columns whose cells are words of ours, not values.
_WORDED = frozenset({"side", "by"})


class FileKind(Enum):
    """How tables are written."""

    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """One file, ready to be sent or written."""

    name: str
    content: bytes


def exported(
    tables: Sequence[Table], kind: FileKind, stem: str, phrases: Phrases
) -> tuple[ExportedFile, ...]:
    """Return the tables as files: one workbook, or a CSV each."""
    if kind is FileKind.XLSX:
        return (ExportedFile(name=f"{stem}.xlsx", content=_workbook(tables, phrases)),)
    return tuple(
        ExportedFile(name=f"{stem}-{table.kind.value}.csv", content=_csv(table, phrases))
        for table in tables
    )


def titles(kind: TableKind, phrases: Phrases) -> list[str]:
    """Return the names of a table's columns."""
    return [phrases.say(f"exports.column_{key}") for key in COLUMNS[kind]]


def worded(table: Table, row: Row, phrases: Phrases) -> list[Cell]:
    """Return a row with the words of its columns instead of their keys."""
    return [
        phrases.say(f"exports.{key}_{cell}") if key in _WORDED else cell
        for key, cell in zip(COLUMNS[table.kind], row, strict=True)
    ]


def harmless_cell(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _csv(table: Table, phrases: Phrases) -> bytes:
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(titles(table.kind, phrases))
    for row in table.rows:
        writer.writerow([_plain(cell) for cell in worded(table, row, phrases)])
    return (_BOM + written.getvalue()).encode()


def _plain(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return cell
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return cell.isoformat() if isinstance(cell, date) else harmless_cell(cell)


def _workbook(tables: Sequence[Table], phrases: Phrases) -> bytes:
    from openpyxl import Workbook  # heavy, numpy comes with it, and an idle bot writes no workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(phrases.say(f"exports.table_{table.kind.value}"))
        sheet.freeze_panes = "A2"
        for place in range(len(COLUMNS[table.kind])):
            sheet.column_dimensions[chr(ord("A") + place)].width = _COLUMN_WIDTH
        head = [WriteOnlyCell(sheet, title) for title in titles(table.kind, phrases)]
        for cell in head:
            cell.font = Font(bold=True)
        sheet.append(head)
        for row in table.rows:
            values = worded(table, row, phrases)
            sheet.append([_styled(WriteOnlyCell(sheet), value) for value in values])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _styled(cell: Any, value: Cell) -> Any:
    """Return the workbook's `cell` with a value of its own type; what begins like a formula is text."""
    cell.value = harmless_cell(value) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"
    elif isinstance(value, int | Decimal):
        cell.number_format = _NUMBER_FORMAT
    elif value is not None:
        cell.number_format = _DAY_FORMAT
    return cell

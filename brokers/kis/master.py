"""The symbol master files: what a board lists, published every morning as zipped CP949 text.

No key opens them, so both modes have them. A line is 9 bytes of short code, 12 of standard code, a
name of any width and a tail of fixed columns; only the tail's end is fixed, so it is cut from the
right. Both boards have tails of their own.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from brokers.kis.fields import is_yes
from brokers.kis.fields_records import MasterRow
from brokers.kis.market import WARNINGS
from brokers.kis.records import kind_of
from brokers.wire.fields import read_row
from core.domain.listing import Board, Listing
from core.domain.market import Designation
from core.domain.money import Won
from core.errors import BrokerProtocolError

MASTER_FOLDER = "/common/master"
MASTER_URL = "https://new.real.download.dws.co.kr" + MASTER_FOLDER

_CODE_BYTES, _ISIN_BYTES = 9, 12
_THOUSAND = 1_000
FILE_BYTES_MAX = 64_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """One board's file: its name, the length of the tail and where in it our columns begin."""

    file: str
    tail: int
    columns: Mapping[str, tuple[int, int]]


# (first byte, width) in the tail. Both tails begin with 그룹 2, 시총규모 1 and three 업종 of 4;
# then flags: 26 of KOSPI, 21 of KOSDAQ; then prices, lots and states in the same widths.
def _columns(flags: int) -> Mapping[str, tuple[int, int]]:
    base = 2 + 1 + 3 * 4 + flags
    return {
        "group": (0, 2),
        "base": (base, 9),
        "lot": (base + 9, 5),
        "halted": (base + 19, 1),
        "liquidation": (base + 20, 1),
        "administrative": (base + 21, 1),
        "warning": (base + 22, 2),
        "previous_volume": (base + 40, 12),
        "listed_on": (base + 64, 8),
        "listed_thousands": (base + 72, 15),
    }


LAYOUTS: Mapping[Board, Layout] = {
    Board.KOSPI: Layout("kospi_code.mst", 227, _columns(26)),
    Board.KOSDAQ: Layout("kosdaq_code.mst", 221, _columns(21)),
}


def listings_of(content: bytes, board: Board) -> tuple[Listing, ...]:
    """Return a board's list from its zipped file, in the order of the file.

    Raises BrokerProtocolError, naming line and fields, for anything that cannot be read.
    """
    layout = LAYOUTS[board]
    lines = _unzipped(content, layout.file).split(b"\n")
    rows = [
        (number, line.rstrip(b"\r")) for number, line in enumerate(lines, start=1) if line.strip()
    ]
    if not rows:
        raise BrokerProtocolError(f"{layout.file}: empty")
    return tuple(
        _listing(_row(line, layout, f"{layout.file} line {number}"), board) for number, line in rows
    )


def _unzipped(content: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = archive.getinfo(name).file_size
            if size > FILE_BYTES_MAX:
                raise BrokerProtocolError(f"{name}: {size} bytes are too many")
            return archive.read(name)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError) as error:
        raise BrokerProtocolError(f"{name}: not a zip file with it: {error}") from None
    except (OSError, ValueError, zlib.error) as error:
        raise BrokerProtocolError(f"{name}: unreadable: {error}") from None


def _row(line: bytes, layout: Layout, where: str) -> MasterRow:
    if len(line) <= layout.tail + _CODE_BYTES + _ISIN_BYTES:
        raise BrokerProtocolError(f"{where}: too short")
    head, tail = line[: -layout.tail], line[-layout.tail :]
    parts = {
        "code": head[:_CODE_BYTES],
        "isin": head[_CODE_BYTES : _CODE_BYTES + _ISIN_BYTES],
        "name": head[_CODE_BYTES + _ISIN_BYTES :],
        **{name: tail[at : at + width] for name, (at, width) in layout.columns.items()},
    }
    try:
        fields = {name: part.decode("cp949") for name, part in parts.items()}
    except UnicodeDecodeError:
        raise BrokerProtocolError(f"{where}: not CP949") from None
    return read_row(MasterRow, fields, where)


def _listing(row: MasterRow, board: Board) -> Listing:
    thousands = row.listed_thousands
    return Listing(
        board=board,
        code=row.code,
        isin=row.isin,
        name=row.name,
        kind=kind_of(row.group),
        base_won=Won(row.base),
        lot=row.lot,
        previous_shares=row.previous_volume or 0,
        listed_on=row.listed_on,
        listed_shares=None if thousands is None else thousands * _THOUSAND,
        is_halted=is_yes(row.halted),
        designations=frozenset(_designations(row)),
    )


def _designations(row: MasterRow) -> Iterator[Designation]:
    if is_yes(row.liquidation):
        yield Designation.LIQUIDATION
    if is_yes(row.administrative):
        yield Designation.ADMINISTRATIVE
    if is_yes(row.warning):
        yield WARNINGS.get(row.warning, Designation.UNKNOWN)

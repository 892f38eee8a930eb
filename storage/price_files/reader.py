"""Reads a CSV file of daily prices, strictly and fast.

One row per symbol and day, in any order: ``date,symbol,open,high,low,close,volume``. Plain or
gzip, UTF-8, columns in any order, more columns are ignored, the volume may be absent. What is
mended, and by which rule, stands in `report.Repair`; everything else that is not beyond doubt is
refused by line and reason. Whoever needs the whole truth of a file (a backtest) must refuse a file
with refused rows; an import keeps the rest and tells. About a million and a half rows a second.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Collection
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast

from storage.price_files.blocks import BlockReader, Span
from storage.price_files.fault import FileFault, PriceFileFault, detail_of, fault_of
from storage.price_files.line import Layout
from storage.price_files.price_file import PriceFile
from storage.price_files.report import ReadReport, Repair
from storage.price_files.table import PRICE_COLUMNS

BLOCK_BYTES = 1 << 20
LINE_BYTES_MAX = 1 << 16
ROW_BYTES_MIN = 24  # of the shortest row that is one
_BOM = b"\xef\xbb\xbf"
# The titles that exports of KRX and Korean brokers use, beside our own.
_TITLES = {
    "일자": "date",
    "날짜": "date",
    "code": "symbol",
    "ticker": "symbol",
    "종목코드": "symbol",
    "단축코드": "symbol",
    "시가": "open",
    "고가": "high",
    "저가": "low",
    "종가": "close",
    "거래량": "volume",
}
_NEEDED = ("date", "symbol", *PRICE_COLUMNS)

Progress = Callable[[int, int], None]


def read_prices(
    path: Path,
    *,
    symbols: Collection[str] | None = None,
    start: date = date.min,
    end: date = date.max,
    today: date = date.max,
    progress: Progress | None = None,
) -> PriceFile:
    """Read the rows of `symbols` (None: of all) from `start` to `end`; later than `today` none can be.

    `progress` is called after every block with bytes done and bytes in all (of the file as it
    lies, so a compressed one counts compressed). Raises PriceFileFault when the file as a whole cannot
    be read; a bad row never raises, it is in the report.
    """
    keep = None if symbols is None else frozenset(symbols)
    report = ReadReport()
    blocks: BlockReader | None = None
    try:
        with closing(_opened(path)) as stream:
            layout = _layout(path, stream, report)
            blocks = BlockReader(
                layout,
                lambda code: keep is None or code in keep,
                Span(start.toordinal(), end.toordinal(), today.toordinal()),
                report,
                rows=path.stat().st_size // ROW_BYTES_MIN + 1,
            )
            _feed(path, stream, blocks, progress)
    except (OSError, EOFError, zlib.error) as error:
        # What was read before is whole lines: the fault lies at the next one, or after it.
        line = blocks.next_line if blocks else 0
        raise PriceFileFault(path, fault_of(error), detail_of(error), line=line) from error
    report.refusals.sort(key=lambda refusal: refusal.line)
    report.has_volume = layout.volume >= 0
    return PriceFile(path, blocks.parts.sealed(report, has_volume=report.has_volume), report)


def _opened(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def _feed(path: Path, stream: BinaryIO, blocks: BlockReader, progress: Progress | None) -> None:
    total = path.stat().st_size
    rest = b""
    while piece := stream.read(BLOCK_BYTES):
        text = rest + piece
        cut = text.rfind(b"\n") + 1
        if len(text) - cut > LINE_BYTES_MAX:
            line = blocks.next_line + text.count(b"\n")
            limit = f"{LINE_BYTES_MAX:,}"
            raise PriceFileFault(path, FileFault.LONG_LINE, limit, line=line)
        if cut:
            blocks.take(text[:cut])
        rest = text[cut:]
        if progress:
            raw = getattr(stream, "fileobj", stream)
            progress(min(raw.tell(), total), total)
    if rest:
        blocks.take(rest + b"\n")


def _layout(path: Path, stream: BinaryIO, report: ReadReport) -> Layout:
    raw = stream.readline(LINE_BYTES_MAX)
    if not raw:
        raise PriceFileFault(path, FileFault.EMPTY)
    if raw.startswith(_BOM):
        raw = raw.removeprefix(_BOM)
        report.repairs[Repair.BOM] += 1
    try:
        titles = next(csv.reader([raw.decode("utf-8")], strict=True), [])
    except UnicodeDecodeError:
        raise PriceFileFault(path, FileFault.ENCODING, line=1) from None
    except csv.Error as error:
        raise PriceFileFault(path, FileFault.HEADER, line=1) from error
    names = [_TITLES.get(title.strip().lower(), title.strip().lower()) for title in titles]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise PriceFileFault(path, FileFault.MISSING_COLUMN, ", ".join(missing), line=1)
    twice = [name for name in (*_NEEDED, "volume") if names.count(name) > 1]
    if twice:
        raise PriceFileFault(path, FileFault.DOUBLE_COLUMN, ", ".join(twice), line=1)
    volume = names.index("volume") if "volume" in names else -1
    places = {name: names.index(name) for name in _NEEDED}
    return Layout(**places, volume=volume, width=len(names))

"""What reading a price file gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from storage.price_files.report import ReadReport
from storage.price_files.table import PriceTable


@dataclass(frozen=True, slots=True, eq=False)
class PriceFile:
    """What a file holds, and the account of its reading."""

    path: Path
    table: PriceTable
    report: ReadReport

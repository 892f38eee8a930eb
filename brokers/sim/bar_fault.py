"""Why a file of bars cannot be replayed. Words for people are the caller's; these are for logs."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from core.errors import DataError

_FOUND_MAX = 160


class BarFault(Enum):
    """The locale files hold a sentence per member. The value is the English one."""

    UNREADABLE = "cannot be read: {found}"
    ENCODING = "not UTF-8 text: {found}"
    CSV = "not CSV: {found}"
    EMPTY = "no row of daily bars in it"
    MISSING_COLUMN = "missing column: {found}"
    COLUMNS = "only {found} columns"
    DATE = "not a date (YYYY-MM-DD): {found}"
    CODE = "not a six-character code (leading zeros lost?): {found}"
    NUMBER = "not a number: {found}"
    IMPOSSIBLE = "impossible prices or volume: {found}"
    REPEATED = "a second row for the same symbol and date: {found}"


class BarFileFault(DataError):
    """A file that cannot be replayed: which one, where (line 0: nowhere in particular), and why."""

    def __init__(self, path: Path, fault: BarFault, found: str = "", *, line: int = 0) -> None:
        shown = found if len(found) <= _FOUND_MAX else f"{found[:_FOUND_MAX]}…"
        where = f"{path}, line {line}" if line else f"{path}"
        super().__init__(f"{where}: {fault.value.format(found=shown)}")
        self.path, self.fault, self.found, self.line = path, fault, shown, line

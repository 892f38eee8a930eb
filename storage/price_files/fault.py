"""Why a file as a whole cannot be used. Words for people are the caller's; these are for logs."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from enum import Enum
from pathlib import Path

from core.errors import DataError


class FileFault(Enum):
    """The locale files hold a sentence per member. The value opens the English one."""

    ABSENT = "cannot be read: there is no such file"
    FOLDER = "cannot be read: it is a folder"
    FORBIDDEN = "cannot be read: no permission"
    DAMAGED = "cannot be read: damaged or cut off"
    UNREADABLE = "cannot be read"
    ENCODING = "not UTF-8 text; save it as CSV UTF-8"
    EMPTY = "it is empty"
    HEADER = "the titles cannot be told apart"
    MISSING_COLUMN = "missing column"
    DOUBLE_COLUMN = "column named twice"
    LONG_LINE = "a line is longer than this many bytes"
    NO_ARRAY = "no array"
    ARRAYS = "arrays that do not fit together"


class PriceFileFault(DataError):
    """A file that cannot be used: which one, where (line 0: nowhere in particular), why, and what."""

    def __init__(self, path: Path, fault: FileFault, found: str = "", *, line: int = 0) -> None:
        where = f"{path}, line {line}" if line else f"{path}"
        super().__init__(f"{where}: {fault.value}" + (f": {found}" if found else ""))
        self.path, self.fault, self.found, self.line = path, fault, found, line


_KINDS: tuple[tuple[type[Exception], FileFault], ...] = (
    (FileNotFoundError, FileFault.ABSENT),
    (IsADirectoryError, FileFault.FOLDER),
    (PermissionError, FileFault.FORBIDDEN),
    (gzip.BadGzipFile, FileFault.DAMAGED),
    (OSError, FileFault.UNREADABLE),
    (UnicodeDecodeError, FileFault.ENCODING),
    (EOFError, FileFault.DAMAGED),
    (zlib.error, FileFault.DAMAGED),
    (zipfile.BadZipFile, FileFault.DAMAGED),
)


def fault_of(error: Exception) -> FileFault:
    """Return what an error of opening or reading means. DAMAGED for what no case names."""
    return next((fault for kind, fault in _KINDS if isinstance(error, kind)), FileFault.DAMAGED)


def detail_of(error: Exception) -> str:
    """Return what the system says beyond `fault_of`; nothing where that says it all."""
    if fault_of(error) is FileFault.UNREADABLE:
        return str(getattr(error, "strerror", None) or error)
    return ""

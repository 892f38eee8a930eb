"""The symbol master files, zipped CP949 text of fixed tails: what a board lists this morning.

KOSPI lists every fund of this market and a few well-known companies, KOSDAQ companies only.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime

from sandbox.market import all_views

from .state import KisState
from .wire import Reply

FOLDER = "/common/master"
_HEADERS = {"content-type": "application/zip"}
_NAME_BYTES = 40
_STAMP = (2026, 1, 1, 6, 0, 0)
# (code, name, price) of companies, for a list that holds more than funds.
_KOSPI_COMPANIES = (
    ("005930", "삼성전자", 75_000),
    ("000660", "SK하이닉스", 180_000),
    ("005380", "현대차", 250_000),
)
_KOSDAQ_COMPANIES = (("247540", "에코프로비엠", 150_000), ("196170", "알테오젠", 300_000))

# The widths of the tails, in order; the first five are 그룹, 시총규모 and three 업종 codes.
_FIRST = (2, 1, 4, 4, 4)
_MONEY = (9, 5, 5, 1, 1, 1, 2, 1, 1, 1, 2, 2, 2, 3, 1, 3, 12, 12, 8, 15, 21, 2, 7)
_LAST = (9, 9, 9, 5, 9, 8, 9, 3, 1, 1, 1)
_FLAGS: Mapping[str, tuple[int, int]] = {"kospi_code.mst": (26, 5), "kosdaq_code.mst": (21, 4)}
_ETP_FLAG = {"kospi_code.mst": 7, "kosdaq_code.mst": 3}


def download(state: KisState, path: str, now: datetime) -> Reply | None:
    """Return a master file, or None when `path` is not the address of one. No key is asked for."""
    for name in _FLAGS:
        if path == f"{FOLDER}/{name}.zip":
            return Reply(200, None, _HEADERS, raw=_zipped(name, _lines(state, name, now)))
    return None


def _zipped(name: str, lines: Iterable[bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name, _STAMP)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, b"".join(line + b"\n" for line in lines))
    return buffer.getvalue()


def _lines(state: KisState, name: str, now: datetime) -> list[bytes]:
    companies = _KOSPI_COMPANIES if name.startswith("kospi") else _KOSDAQ_COMPANIES
    lines = [_line(name, code, title, "ST", price) for code, title, price in companies]
    if name.startswith("kospi"):
        for code, view in all_views(state.exchange, state.prices, now).items():
            marks = state.marks.get(code, {})
            title = state.prices.name(code)
            lines.append(_line(name, code, title, "EF", view.base, marks))
    return sorted(lines)


def _line(
    file: str,
    code: str,
    title: str,
    group: str,
    price: int,
    marks: Mapping[str, str] | None = None,
) -> bytes:
    """Return one line: head by bytes, then the tail's columns."""
    head = code.ljust(9) + isin(code)
    name = title.encode("cp949", "replace").ljust(_NAME_BYTES)
    return head.encode() + name + _tail(file, group, price, marks or {}).encode()


def _tail(file: str, group: str, price: int, marks: Mapping[str, str]) -> str:
    before, after = _FLAGS[file]
    flags = ["0" if index == _ETP_FLAG[file] else "N" for index in range(before)]
    if group == "EF":
        flags[_ETP_FLAG[file]] = "2"
    money = (
        price, 1, 1, marks.get("temp_stop_yn", "N"), marks.get("sltr_yn", "N"), "N",
        marks.get("mrkt_warn_cls_code", "00"), "N", "N", "N", "00", "00", "00", 100, "N", 0,
        0, 0, "20021014", 62_400, 0, "12", 0,
    )  # fmt: skip
    columns = [
        *zip((group, "0", "0000", "0000", "0000"), _FIRST, strict=True),
        *((flag, 1) for flag in flags),
        *zip(money, _MONEY, strict=True),
        *(("N", 1) for _ in range(after)),
        *zip((0, 0, 0, 0, "0.00", "20251231", 11_873, "", "N", "N", "N"), _LAST, strict=True),
    ]
    return "".join(_column(value, width) for value, width in columns)


def _column(value: object, width: int) -> str:
    return f"{value:0{width}d}" if isinstance(value, int) else str(value).ljust(width)


def isin(code: str) -> str:
    """Return the standard code of a domestic issue: KR7, the short code, 00, a check digit."""
    body = f"KR7{code}00"[:11]
    digits = "".join(str(int(letter, 36)) for letter in body)
    total = 0
    for index, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if index % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return f"{body}{-total % 10}"

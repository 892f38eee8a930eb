"""One line of a price file, read with care: what it says, or why it is refused.

The block reader understands only the simplest form of a line. Every other line comes here, and the
rules that mend are here and nowhere else.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from storage.price_files.report import Reason, Refusal, Repair
from storage.price_files.table import PRICE_COLUMNS, PRICE_WON_END, VOLUME_END

# Each price of an adjusted series is rounded by itself, so high and low may end inside open and
# close. The widest gap in ten years of such data is 0.07 %.
ROUNDING_WON, ROUNDING_PARTS = 2, 200
_CODE = re.compile(r"[0-9][0-9A-Z]{5}")
_SHORT_CODE = re.compile(r"[0-9]{1,5}")
_ETN = re.compile(r"Q[0-9]{6}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")
_NUMBER = re.compile(r"-?([0-9]+)(\.[0-9]+)?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,20})?")
_NOTHING = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "#n/a"})
_FOUND_MAX = 60
_PLAIN_DIGITS = 12
_WHOLE_DIGITS_MAX = 20  # far beyond any amount, and within what Decimal rounds exactly


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns stand. `volume` is -1 in a file without one; `width` counts all columns."""

    date: int
    symbol: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    width: int

    def numbers(self) -> Mapping[str, int]:
        """Return the places of prices and volume by name, in that order."""
        places = {name: int(getattr(self, name)) for name in PRICE_COLUMNS}
        return places if self.volume < 0 else {**places, "volume": self.volume}


@dataclass(frozen=True, slots=True)
class Row:
    """One understood row. `day` is a proleptic ordinal; `repairs` is what had to be mended."""

    day: int
    code: str
    open: int
    high: int
    low: int
    close: int
    volume: int
    is_traded: bool
    repairs: frozenset[Repair]


@dataclass(frozen=True, slots=True)
class Head:
    """The day and the code of a row whose numbers were not looked at yet. An ETN has no code."""

    day: int
    code: str | None
    fields: tuple[str, ...]
    repairs: frozenset[Repair]


class _Fault(Exception):
    """A column that cannot be read."""

    def __init__(self, reason: Reason, column: str, found: str) -> None:
        super().__init__(reason)
        self.reason, self.column, self.found = reason, column, found


def read_head(number: int, raw: bytes, layout: Layout) -> Head | Refusal | None:
    """Read day and code of one line; None for a blank one."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Refusal(number, Reason.ENCODING, "", shown(raw.decode("utf-8", "replace")))
    if not text.strip():
        return None
    try:
        fields = next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration):
        return Refusal(number, Reason.QUOTES, "", shown(text))
    if len(fields) != layout.width:
        return Refusal(number, Reason.COLUMNS, "", shown(text))
    try:
        day = _day(fields[layout.date])
        code, repairs = _code(fields[layout.symbol])
    except _Fault as fault:
        return Refusal(number, fault.reason, fault.column, shown(fault.found))
    return Head(day, code, tuple(fields), repairs)


def read_row(number: int, head: Head, code: str, layout: Layout) -> Row | Refusal:
    """Read the numbers of a line and judge them together."""
    repairs = set(head.repairs)
    values: dict[str, int] = {"volume": 0}
    try:
        for name, place in layout.numbers().items():
            values[name] = _number(name, head.fields[place], repairs)
        return _judged(head.day, code, values, repairs, has_volume=layout.volume >= 0)
    except _Fault as fault:
        return Refusal(number, fault.reason, fault.column, shown(fault.found))


def shown(text: str) -> str:
    """Return `text` on one line, without control characters and not too long."""
    line = "".join(sign if sign.isprintable() else "·" for sign in text.strip())
    return line if len(line) <= _FOUND_MAX else f"{line[:_FOUND_MAX]}…"


def _day(text: str) -> int:
    plain = text.strip()
    try:
        if plain.isascii() and _DATE.fullmatch(plain):
            return date.fromisoformat(plain).toordinal()
    except ValueError:
        pass  # the 31st of a month of thirty: told below
    raise _Fault(Reason.DATE, "date", text)


def _code(text: str) -> tuple[str | None, frozenset[Repair]]:
    plain = text.strip()
    if _CODE.fullmatch(plain):
        return plain, frozenset()
    if _ETN.fullmatch(plain):
        return None, frozenset()
    if _SHORT_CODE.fullmatch(plain):
        return plain.zfill(6), frozenset({Repair.CODE})
    raise _Fault(Reason.CODE, "symbol", text)


def _number(name: str, text: str, repairs: set[Repair]) -> int:
    plain = text.strip()
    if plain.lower() in _NOTHING:
        raise _Fault(Reason.MISSING, name, plain)
    if plain.isascii() and _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
        repairs.add(Repair.COMMAS)
    if plain.isascii() and plain.isdigit() and len(plain) <= _PLAIN_DIGITS:
        return _bounded(name, int(plain), plain)
    number = _NUMBER.fullmatch(plain) if plain.isascii() else None
    if number is None:
        raise _Fault(Reason.NUMBER, name, plain)
    if len(number[1]) > _WHOLE_DIGITS_MAX:
        raise _Fault(Reason.HUGE, name, plain)
    exact = Decimal(plain)
    if exact < 0:
        raise _Fault(Reason.NEGATIVE, name, plain)
    whole = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if whole != exact:
        repairs.add(Repair.ROUNDED)
    return _bounded(name, whole, plain)


def _bounded(name: str, whole: int, text: str) -> int:
    if whole >= (VOLUME_END if name == "volume" else PRICE_WON_END):
        raise _Fault(Reason.HUGE, name, text)
    return whole


def _judged(
    day: int, code: str, values: Mapping[str, int], repairs: set[Repair], *, has_volume: bool
) -> Row:
    opened, high, low, close = (values[name] for name in PRICE_COLUMNS)
    volume = values["volume"]
    if close <= 0:
        raise _Fault(Reason.ZERO, "close", str(close))
    if opened == high == low == 0:
        # Shares that changed hands off the session made no price: the row stays one without trades.
        mended = frozenset({*repairs, Repair.NO_TRADE})
        return Row(day, code, close, close, close, close, 0, is_traded=False, repairs=mended)
    for name in PRICE_COLUMNS:
        if values[name] == 0:
            raise _Fault(Reason.ZERO, name, "0")
    top, bottom = max(opened, close), min(opened, close)
    slack = max(ROUNDING_WON, close // ROUNDING_PARTS)
    if high < low or top - high > slack or low - bottom > slack:
        raise _Fault(Reason.ORDER, "high", f"{opened},{high},{low},{close}")
    if high < top or low > bottom:
        repairs.add(Repair.WIDENED)
    traded = volume > 0 or high != low or not has_volume
    high, low = max(high, top), min(low, bottom)
    return Row(
        day, code, opened, high, low, close, volume, is_traded=traded, repairs=frozenset(repairs)
    )

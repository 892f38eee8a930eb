"""Daily bars read from a CSV into flat integer arrays: half a million rows in seconds.

A row is trusted only after it parsed: any fault ends the reading with file, line and reason.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

from brokers.sim.bar_fault import BarFault, BarFileFault
from brokers.sim.values import DayBar

PRICE_FIELDS = ("open", "high", "low", "close")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SYMBOL = re.compile(r"[0-9][0-9A-Z]{5}")
_ETN = re.compile(r"Q[0-9]{6}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_WIDTH = 5  # open, high, low, close, volume
_NUMBER_END = 1 << 40  # no price in won and no volume comes near it; products of two stay small
_DIGITS_MAX = 99  # of a whole row; int() refuses thousands


class Column:
    """The bars of one symbol, oldest first."""

    __slots__ = ("_days", "_lines", "_values")

    def __init__(self) -> None:
        """Start empty."""
        self._days = array("l")
        self._lines = array("l")
        self._values = array("q")

    def __len__(self) -> int:
        """Return the number of bars."""
        return len(self._days)

    def append(self, ordinal: int, line: int, values: Sequence[int]) -> None:
        """Add one row as it comes; `seal` puts rows in order."""
        self._days.append(ordinal)
        self._lines.append(line)
        self._values.extend(values)

    def seal(self) -> int:
        """Sort by day. Return the line of the first repeated day, 0 when there is none."""
        days = self._days
        if all(days[i] < days[i + 1] for i in range(len(days) - 1)):
            return 0
        order = sorted(range(len(days)), key=lambda i: (days[i], self._lines[i]))
        sorted_days = array("l", (days[i] for i in order))
        for place in range(1, len(order)):
            if sorted_days[place] == sorted_days[place - 1]:
                return self._lines[order[place]]
        values = self._values
        self._values = array("q", (values[i * _WIDTH + k] for i in order for k in range(_WIDTH)))
        self._days = sorted_days
        return 0

    def index(self, day: date) -> int:
        """Return the place of the first bar not before `day`."""
        return bisect_left(self._days, day.toordinal())

    def has(self, index: int, day: date) -> bool:
        """Whether the bar at `index` is the bar of `day`."""
        return 0 <= index < len(self._days) and self._days[index] == day.toordinal()

    def bar(self, index: int) -> DayBar:
        """Return one bar."""
        values = self._values[index * _WIDTH : (index + 1) * _WIDTH]
        return DayBar(date.fromordinal(self._days[index]), *values)

    def between(self, start: date, end: date) -> list[DayBar]:
        """Return the bars of `start`..`end`, both included."""
        stop = bisect_right(self._days, end.toordinal())
        return [self.bar(index) for index in range(self.index(start), stop)]

    def with_volumes_of(self, other: Column, start: date, end: date) -> list[DayBar]:
        """Return own prices with the volumes of `other` (0 on days it lacks)."""
        volumes = {bar.session: bar.volume for bar in other.between(start, end)}
        return [
            DayBar(b.session, b.open, b.high, b.low, b.close, volumes.get(b.session, 0))
            for b in self.between(start, end)
        ]

    def turnover(self, since: date, before: date) -> int:
        """Return the sum of close times volume from `since` to the day before `before`."""
        values = self._values
        span = range(self.index(since) * _WIDTH, self.index(before) * _WIDTH, _WIDTH)
        return sum(values[at + 3] * values[at + 4] for at in span)


@dataclass(slots=True)
class BarTable:
    """What one file holds: a column per symbol, and every day that occurs in it."""

    columns: dict[str, Column] = field(default_factory=dict)
    sessions: set[date] = field(default_factory=set)
    left_out: int = 0


def read_bars(
    path: Path,
    symbols: Collection[str] | None,
    span: tuple[date, date],
    *,
    is_adjusted: bool = False,
) -> BarTable:
    """Read `date,symbol,open,high,low,close,volume` (an adjusted file may lack the volume).

    Plain or .gz; further columns are ignored. Raises BarFileFault naming file, line and reason.
    """
    try:
        with closing(_text(path)) as stream:
            return _Reading(path, symbols, span).run(csv.reader(stream), is_adjusted=is_adjusted)
    except (OSError, EOFError, zlib.error) as error:
        raise BarFileFault(path, BarFault.UNREADABLE, str(error)) from error
    except UnicodeDecodeError as error:
        raise BarFileFault(path, BarFault.ENCODING, error.reason) from error


def _text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


class _Reading:
    """One pass over one file, remembering which dates and symbols were already understood."""

    def __init__(
        self, path: Path, symbols: Collection[str] | None, span: tuple[date, date]
    ) -> None:
        self._path = path
        self._keep = symbols
        self._span = span
        self._ordinals: dict[str, int] = {}
        self._codes: dict[str, Column | None] = {}
        self._table = BarTable()

    def run(self, rows: Iterator[list[str]], *, is_adjusted: bool) -> BarTable:
        line = 1
        try:
            places = self._places(next(rows, []), is_adjusted=is_adjusted)
            for line, row in enumerate(rows, start=2):
                if row:
                    self._row(line, row, places)
        except csv.Error as error:
            raise self._fault(line, BarFault.CSV, str(error)) from error
        for symbol, column in self._table.columns.items():
            repeated = column.seal()
            if repeated:
                raise self._fault(repeated, BarFault.REPEATED, symbol)
        if not self._table.sessions:
            raise BarFileFault(self._path, BarFault.EMPTY)
        self._table.columns = {code: col for code, col in self._table.columns.items() if len(col)}
        return self._table

    def _places(self, header: list[str], *, is_adjusted: bool) -> tuple[int, ...]:
        """Return where date, symbol, the four prices and the volume (-1: none) stand."""
        titles = [title.strip().lower() for title in header]
        needed = ["date", "symbol", *PRICE_FIELDS] + ([] if is_adjusted else ["volume"])
        missing = [title for title in needed if title not in titles]
        if missing:
            raise self._fault(1, BarFault.MISSING_COLUMN, ", ".join(missing))
        volume = titles.index("volume") if "volume" in titles else -1
        return (*(titles.index(title) for title in ("date", "symbol", *PRICE_FIELDS)), volume)

    def _row(self, line: int, row: list[str], places: tuple[int, ...]) -> None:
        on, code, opened, high, low, closed, volume = places
        try:
            day, symbol = row[on], row[code]
            ordinal = self._ordinals.get(day) or self._day(line, day)
            if ordinal < 0:
                return
            column = self._codes[symbol] if symbol in self._codes else self._code(line, symbol)
            if column is None:
                self._table.left_out += symbol.startswith("Q")
                return
            texts = (row[opened], row[high], row[low], row[closed])
            traded = row[volume] if volume >= 0 else "0"
        except IndexError:
            raise self._fault(line, BarFault.COLUMNS, str(len(row))) from None
        # int() would also read other scripts' digits and 1_000, and refuses thousands of digits in
        # words of its own; only plain digits of a bearable length take the fast way.
        written = (*texts, traded)
        if (
            all(text.isascii() and text.isdigit() for text in written)
            and len("".join(written)) < _DIGITS_MAX
        ):
            values = tuple(map(int, written))
        else:
            values = self._numbers(line, written)
        if not _makes_sense(values):
            raise self._fault(line, BarFault.IMPOSSIBLE, ",".join(written))
        if values[:3] == (0, 0, 0):
            values = (0, 0, 0, values[3], 0)  # traded off the session, if at all
        column.append(ordinal, line, values)

    def _day(self, line: int, text: str) -> int:
        """Return the ordinal of a date, -1 when it lies outside the asked span."""
        try:
            day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None:
            raise self._fault(line, BarFault.DATE, repr(text))
        if self._span[0] <= day <= self._span[1]:
            self._table.sessions.add(day)
            self._ordinals[text] = day.toordinal()
        else:
            self._ordinals[text] = -1
        return self._ordinals[text]

    def _code(self, line: int, symbol: str) -> Column | None:
        """Return the column of a symbol, None when it is not asked for."""
        if _ETN.fullmatch(symbol):
            self._codes[symbol] = None
            return None
        if not _SYMBOL.fullmatch(symbol):
            raise self._fault(line, BarFault.CODE, repr(symbol))
        wanted = self._keep is None or symbol in self._keep
        self._codes[symbol] = self._table.columns.setdefault(symbol, Column()) if wanted else None
        return self._codes[symbol]

    def _numbers(self, line: int, texts: tuple[str, ...]) -> tuple[int, ...]:
        """Read numbers that are not all whole (20847.0): round half up to whole won."""
        names = (*PRICE_FIELDS, "volume")
        return tuple(
            self._number(line, name, text) for name, text in zip(names, texts, strict=True)
        )

    def _number(self, line: int, name: str, text: str) -> int:
        text = text.strip()
        try:
            if _NUMBER.fullmatch(text):
                return int(Decimal(text).quantize(Decimal(1), rounding=ROUND_HALF_UP))
        except InvalidOperation:
            pass  # more digits than any price has: refused below like any other nonsense
        raise self._fault(line, BarFault.NUMBER, f"{name} {text!r}")

    def _fault(self, line: int, fault: BarFault, found: str) -> BarFileFault:
        return BarFileFault(self._path, fault, found, line=line)


def _makes_sense(values: tuple[int, ...]) -> bool:
    """Whether a row can be a day: without trades (only a close), or with four real prices.

    High and low may lie inside open and close: adjusted series are rounded. A wild day is a day.
    """
    opened, high, low, closed, volume = values
    if max(values) >= _NUMBER_END:
        return False
    if opened == high == low == 0:
        return closed > 0 and volume >= 0
    return opened > 0 and closed > 0 and 0 < low <= high and volume >= 0

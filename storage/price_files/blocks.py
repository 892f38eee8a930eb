"""Blocks of lines into arrays: the simple lines at once, every other one with care."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from storage.price_files import kernels
from storage.price_files.kernels import MARGIN, Bytes, Flags, Ints, Words
from storage.price_files.line import (
    ROUNDING_PARTS,
    ROUNDING_WON,
    Layout,
    Row,
    read_head,
    read_row,
    shown,
)
from storage.price_files.parts import Part, Parts
from storage.price_files.report import ReadReport, Reason, Refusal, Repair
from storage.price_files.table import PRICE_COLUMNS, PRICE_WON_END, VOLUME_END

_NEWLINE, _RETURN, _COMMA, _QUOTE, _DOT = (ord(sign) for sign in '\n\r,".')
_UNREADABLE = -1


@dataclass(frozen=True, slots=True)
class Span:
    """Days as ordinals: the first and last one wanted, and today, after which no row can be."""

    first: int
    last: int
    today: int


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """Where lines and fields of one block lie. `simple` marks lines with the right commas only.

    `commas` holds one row per comma and one column per simple line. `quoted` holds, for a block with
    quotes, starts and ends without them, one row per field.
    """

    block: Bytes
    words: Words
    starts: Ints
    ends: Ints
    simple: Flags
    commas: Ints
    quoted: tuple[Ints, Ints] | None

    def field(self, place: int) -> tuple[Ints, Ints]:
        """Return (start, end) of one field in every simple line."""
        if self.quoted is not None:
            return self.quoted[0][place], self.quoted[1][place]
        begins = self.starts[self.simple] if place == 0 else self.commas[place - 1] + 1
        last = place == self.commas.shape[0]
        return begins, self.ends[self.simple] if last else self.commas[place]


class BlockReader:
    """Reads one block of whole lines after the other into `parts`."""

    def __init__(
        self,
        layout: Layout,
        wanted: Callable[[str], bool],
        span: Span,
        report: ReadReport,
        rows: int,
    ) -> None:
        """`rows` is a guess of how many there are."""
        self.parts = Parts(rows)
        self._layout = layout
        self._wanted = wanted
        self._span = span
        self._report = report
        self._known: dict[int, int] = {}
        self._line = 2  # of the file; the header was the first

    @property
    def next_line(self) -> int:
        """The line of the file that comes next."""
        return self._line

    def take(self, text: bytes) -> None:
        """Read `text`, which ends with a line feed."""
        lines = _lines(text, self._layout.width)
        careful = np.ones(lines.starts.size, dtype=np.bool_)
        simple = np.flatnonzero(lines.simple)
        if simple.size:
            careful[simple] = self._read_simple(lines, simple)
        kept: list[tuple[int, Row]] = []
        for index in np.flatnonzero(careful).tolist():
            start, end = int(lines.starts[index]), int(lines.ends[index])
            number = self._line + index
            row = self._read_with_care(number, text[start - MARGIN : end - MARGIN])
            if row is not None:
                kept.append((number, row))
        if kept:
            self._keep(kept)
        self._line += lines.starts.size

    def _read_simple(self, lines: _Lines, simple: Ints) -> Flags:
        """Keep the rows that are beyond doubt. Return which of the simple lines are not."""
        layout = self._layout
        starts, ends = lines.field(layout.date)
        days, good = kernels.days(lines.words, starts, ends - starts)
        starts, ends = lines.field(layout.symbol)
        keys, readable, short = kernels.codes(lines.words, ends, ends - starts)
        ids = self._identify(keys)
        good &= readable & (ids != _UNREADABLE)
        span = self._span
        asked = (days >= span.first) & (days <= span.last) & self._is_wanted(ids)
        outside = good & ~asked
        self._report.outside += int(np.count_nonzero(outside))
        good &= asked & (days <= span.today)
        part, fine, repairs = self._numbers(lines, days, ids)
        good &= fine
        repairs[Repair.CODE] = short
        for repair, rows in repairs.items():
            self._report.repairs[repair] += int(np.count_nonzero(rows & good))
        self.parts.add(part.where(good, self._line + simple))
        return ~(good | outside)

    def _numbers(
        self, lines: _Lines, days: Ints, ids: Ints
    ) -> tuple[Part, Flags, dict[Repair, Flags]]:
        dots = np.flatnonzero(lines.block == _DOT)
        values: dict[str, Ints] = {}
        fine = np.ones(days.size, dtype=np.bool_)
        rounded = np.zeros(days.size, dtype=np.bool_)
        for name, place in self._layout.numbers().items():
            starts, ends = lines.field(place)
            values[name], plain, cut = _whole(lines.words, starts, ends, dots)
            fine &= plain
            rounded |= cut
        volumes = values.pop("volume", None)
        part, sound, repairs = _judged(days, ids, values, volumes)
        return part, fine & sound, {**repairs, Repair.ROUNDED: rounded}

    def _identify(self, keys: Words) -> Ints:
        """Return the id of each code. Neighbours are mostly alike, so runs are looked up."""
        runs = np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1))
        distinct, inverse = np.unique(keys[runs], return_inverse=True)
        ids = np.array([self._id(key) for key in distinct.tolist()], dtype=np.int64)
        return np.repeat(ids[inverse], np.diff(np.append(runs, keys.size)))

    def _id(self, key: int) -> int:
        if key not in self._known:
            code = kernels.code_text(key)
            fits = code.isascii() and code.isalnum() and code.upper() == code and code[0].isdigit()
            self._known[key] = self.parts.id_of(code) if fits else _UNREADABLE
        return self._known[key]

    def _is_wanted(self, ids: Ints) -> Flags:
        table = np.array([self._wanted(code) for code in self.parts.codes] or [False])
        return table[np.maximum(ids, 0)]

    def _read_with_care(self, number: int, raw: bytes) -> Row | None:
        head = read_head(number, raw, self._layout)
        if head is None:
            return None
        if isinstance(head, Refusal):
            self._report.refuse(head)
            return None
        if head.code is None:
            self._report.etns += 1
            return None
        span = self._span
        if not (span.first <= head.day <= span.last and self._wanted(head.code)):
            self._report.outside += 1
            return None
        row: Row | Refusal
        if head.day > span.today:
            row = Refusal(number, Reason.FUTURE, "date", shown(head.fields[self._layout.date]))
        else:
            row = read_row(number, head, head.code, self._layout)
        if isinstance(row, Refusal):
            self._report.refuse(row)
            return None
        return row

    def _keep(self, kept: list[tuple[int, Row]]) -> None:
        rows = [row for _, row in kept]
        for row in rows:
            self._report.repairs.update(row.repairs)
        self.parts.add(
            Part(
                lines=np.array([number for number, _ in kept]),
                days=np.array([row.day for row in rows]),
                ids=np.array([self.parts.id_of(row.code) for row in rows]),
                prices={
                    name: np.array([getattr(row, name) for row in rows]) for name in PRICE_COLUMNS
                },
                volumes=np.array([row.volume for row in rows]),
                traded=np.array([row.is_traded for row in rows]),
            )
        )


def _lines(text: bytes, width: int) -> _Lines:
    block = np.zeros(len(text) + 2 * MARGIN, dtype=np.uint8)
    block[MARGIN:-MARGIN] = np.frombuffer(text, dtype=np.uint8)
    feeds, commas = np.flatnonzero(block == _NEWLINE), np.flatnonzero(block == _COMMA)
    quotes = np.flatnonzero(block == _QUOTE)
    starts = np.concatenate(([MARGIN], feeds[:-1] + 1))
    ends = feeds - (block[feeds - 1] == _RETURN)
    simple, commas = _simple(feeds, commas, width)
    inner = np.ascontiguousarray(commas.reshape(-1, width - 1).T)
    quoted: tuple[Ints, Ints] | None = None
    if quotes.size:
        begins = np.concatenate((starts[simple][None, :], inner + 1))
        stops = np.concatenate((inner, ends[simple][None, :]))
        counts = np.diff(np.searchsorted(quotes, feeds), prepend=0)
        plain, begins, stops = _unquoted(block, begins, stops, counts[simple])
        quoted = (begins, stops)
        simple[np.flatnonzero(simple)[~plain]] = False
    return _Lines(
        block=block,
        words=kernels.words_of(block),
        starts=starts,
        ends=ends,
        simple=simple,
        commas=inner,
        quoted=quoted,
    )


def _simple(feeds: Ints, commas: Ints, width: int) -> tuple[Flags, Ints]:
    """Mark the lines with the right number of commas. Return only their commas too."""
    if commas.size == feeds.size * (width - 1):
        grid = commas.reshape(-1, width - 1)
        if (grid[:, -1] < feeds).all() and (grid[1:, 0] > feeds[:-1]).all():
            return np.ones(feeds.size, dtype=np.bool_), commas
    counts = np.diff(np.searchsorted(commas, feeds), prepend=0)
    simple = counts == width - 1
    return simple, commas[np.repeat(simple, counts)]


def _unquoted(block: Bytes, begins: Ints, stops: Ints, counts: Ints) -> tuple[Flags, Ints, Ints]:
    """Take the quotes off fields that stand in them. Return which lines have no other quotes.

    `counts` holds the quotes of each line. A comma inside quotes cuts a field in two, of which one
    begins with a quote and does not end with one: such a line is left to the careful reader.
    """
    opened, closed = block[begins] == _QUOTE, block[stops - 1] == _QUOTE
    whole = opened & closed & (stops - begins > 1)
    plain = counts == 2 * whole.sum(axis=0)
    return plain, (begins + whole)[:, plain], (stops - whole)[:, plain]


def _whole(words: Words, starts: Ints, ends: Ints, dots: Ints) -> tuple[Ints, Flags, Flags]:
    """Return numbers rounded half up, which are such, and which lost a fraction."""
    cut = np.zeros(ends.size, dtype=np.bool_)
    stops, places = ends, np.empty(0, dtype=np.int64)
    if dots.size:
        nearest = dots[np.minimum(np.searchsorted(dots, starts), dots.size - 1)]
        places = np.flatnonzero((nearest >= starts) & (nearest < ends))
        stops = ends.copy()
        stops[places] = nearest[places]
    values, good = kernels.numbers(words, stops, stops - starts)
    if places.size:
        widths = ends[places] - stops[places] - 1
        parts, plain = kernels.numbers(words, ends[places], widths)
        good[places] &= plain
        cut[places] = parts > 0
        values[places] += 2 * parts >= 10 ** np.clip(widths, 1, kernels.WIDTH_MAX)
    return values, good, cut


def _judged(
    days: Ints, ids: Ints, values: dict[str, Ints], volumes: Ints | None
) -> tuple[Part, Flags, dict[Repair, Flags]]:
    """Judge rows as `line.read_row` does. Return them mended, which are sound, what was mended."""
    opened, high, low, close = (values[name] for name in PRICE_COLUMNS)
    quiet = (opened == 0) & (high == 0) & (low == 0)
    top, bottom = np.maximum(opened, close), np.minimum(opened, close)
    slack = np.maximum(ROUNDING_WON, close // ROUNDING_PARTS)
    held = (high >= low) & (top - high <= slack) & (low - bottom <= slack)
    sound = held & (bottom > 0) & (high > 0) & (low > 0) | quiet & (close > 0)
    sound &= np.maximum(np.maximum(top, high), low) < PRICE_WON_END
    widened = ~quiet & ((high < top) | (low > bottom))
    moved = high != low
    if volumes is None:
        volumes, traded = np.zeros_like(days), ~quiet
    else:
        sound &= volumes < VOLUME_END
        traded = ~quiet & ((volumes > 0) | moved)
    part = Part(
        lines=days,  # replaced when the sound rows are picked
        days=days,
        ids=ids,
        prices={
            "open": np.where(quiet, close, opened),
            "high": np.where(quiet, close, np.maximum(high, top)),
            "low": np.where(quiet, close, np.minimum(low, bottom)),
            "close": close,
        },
        volumes=np.where(quiet, 0, volumes),
        traded=traded,
    )
    return part, sound, {Repair.NO_TRADE: quiet, Repair.WIDENED: widened}

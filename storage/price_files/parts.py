"""Rows as they come, and how they are put in order at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from storage.price_files.report import ReadReport, Reason, Refusal, Repair
from storage.price_files.table import PRICE_COLUMNS, Flags, Ints, PriceTable, Small

Kind = TypeVar("Kind", bound=np.generic)
_KEYS = ("lines", "days", "ids")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some rows in the order of their lines, one array per column."""

    lines: Ints
    days: Ints
    ids: Ints
    prices: dict[str, Ints]
    volumes: Ints
    traded: Flags

    def where(self, rows: Flags, lines: Ints) -> Part:
        """Return the marked rows only; `lines` holds the number of every row's line."""
        return Part(
            lines=lines[rows],
            days=self.days[rows],
            ids=self.ids[rows],
            prices={name: part[rows] for name, part in self.prices.items()},
            volumes=self.volumes[rows],
            traded=self.traded[rows],
        )


class Parts:
    """All rows of a file. `codes` are in the order of their ids, as they were first met."""

    def __init__(self, rows: int) -> None:
        """Make room for about `rows` rows; room that is not used costs no memory."""
        self.codes: list[str] = []
        self._ids: dict[str, int] = {}
        self._size = 0
        self._small = {name: np.empty(rows, np.int32) for name in (*_KEYS, *PRICE_COLUMNS)}
        self._volumes = np.empty(rows, np.int64)
        self._traded = np.empty(rows, np.bool_)

    def id_of(self, code: str) -> int:
        """Return the number of a code, a new one when it is new."""
        if code not in self._ids:
            self._ids[code] = len(self.codes)
            self.codes.append(code)
        return self._ids[code]

    def add(self, part: Part) -> None:
        """Keep some rows."""
        start, self._size = self._size, self._size + part.days.size
        if self._size > self._volumes.size:
            self._grow(max(self._size, 2 * self._volumes.size))
        rows = slice(start, self._size)
        keys = {"lines": part.lines, "days": part.days, "ids": part.ids}
        for name, values in (*keys.items(), *part.prices.items()):
            self._small[name][rows] = values
        self._volumes[rows] = part.volumes
        self._traded[rows] = part.traded

    def sealed(self, report: ReadReport, *, has_volume: bool) -> PriceTable:
        """Return the rows in order, every day of a symbol once. What stands here is used up."""
        rows = slice(0, self._size)
        lines, days, ids = (self._small.pop(name)[rows] for name in _KEYS)
        used = sorted({self.codes[one] for one in np.unique(ids).tolist()})
        place = {code: index for index, code in enumerate(used)}
        ranks = np.array([place.get(code, -1) for code in self.codes] or [0], dtype=np.int32)[ids]
        order, moved = _order(ranks, days, lines)
        report.repairs[Repair.REORDERED] += moved
        # One column after the other: two copies of everything at once would double the memory.
        table = _Sorted(
            ranks[order],
            days[order],
            lines[order],
            {name: self._small.pop(name)[rows][order] for name in PRICE_COLUMNS},
            self._volumes[rows][order],
            self._traded[rows][order],
        )
        return table.unique(tuple(used), report, has_volume=has_volume)

    def _grow(self, rows: int) -> None:
        for name in self._small:
            self._small[name] = _longer(self._small[name], rows)
        self._volumes, self._traded = _longer(self._volumes, rows), _longer(self._traded, rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Sorted:
    ranks: Small
    days: Small
    lines: Small
    prices: dict[str, Small]
    volumes: Ints
    traded: Flags

    def unique(self, codes: tuple[str, ...], report: ReadReport, *, has_volume: bool) -> PriceTable:
        """Drop repetitions, refuse contradictions, and cut the rows into symbols."""
        same = (self.ranks[1:] == self.ranks[:-1]) & (self.days[1:] == self.days[:-1])
        keep = slice(None) if not same.any() else self._judge(same, codes, report)
        ranks = self.ranks[keep]
        present = np.unique(ranks)
        bounds = np.searchsorted(ranks, present)
        report.rows = int(ranks.size)
        return PriceTable(
            codes=tuple(codes[one] for one in present.tolist()),
            offsets=np.append(bounds, ranks.size).astype(np.int64),
            days=self.days[keep],
            prices={name: values[keep] for name, values in self.prices.items()},
            volumes=self.volumes[keep],
            traded=self.traded[keep],
            has_volume=has_volume,
        )

    def _judge(self, same: Flags, codes: tuple[str, ...], report: ReadReport) -> Flags:
        """Mark what is kept of rows that share symbol and day with their predecessor."""
        keep = np.ones(self.ranks.size, dtype=np.bool_)
        row = 1
        for at in (np.flatnonzero(same) + 1).tolist():
            if at < row:
                continue  # belongs to the group before
            row = at + 1
            while row < self.ranks.size and same[row - 1]:
                row += 1
            group = range(at - 1, row)
            if all(self._says(one) == self._says(at - 1) for one in group):
                keep[at:row] = False
                report.repairs[Repair.REPEATED] += row - at
                continue
            keep[at - 1 : row] = False
            day = np.datetime64(int(self.days[at]) - _EPOCH, "D")
            numbers = ", ".join(str(int(self.lines[one])) for one in group)
            for one in group:
                found = f"{codes[int(self.ranks[at])]} {day}: {numbers}"
                report.refuse(Refusal(int(self.lines[one]), Reason.CONFLICT, "", found))
        report.refusals.sort(key=lambda refusal: refusal.line)
        return keep

    def _says(self, row: int) -> tuple[int, ...]:
        prices = (int(values[row]) for values in self.prices.values())
        return (*prices, int(self.volumes[row]), bool(self.traded[row]))


_EPOCH = 719_163  # date(1970, 1, 1).toordinal()


def _order(ranks: Small, days: Small, lines: Small) -> tuple[Ints | slice, int]:
    """Return how to sort rows by symbol and day, and how many stood before an earlier day."""
    if not _fall(lines) and not _fall(ranks) and not _fall(days, of=ranks):
        return slice(None), 0
    # Lines that were read with care came after the rest of their block.
    by_line = np.argsort(lines, kind="stable")
    # A stable sort of 16-bit numbers is a radix sort: linear, whatever the order of the file.
    small = ranks.astype(np.int16) if int(ranks.max()) < np.iinfo(np.int16).max else ranks
    order = by_line[np.argsort(small[by_line], kind="stable")]
    moved = _fall(days[order], of=ranks[order])
    if moved:
        order = order[np.lexsort((days[order], ranks[order]))]
    return order, moved


def _fall(values: Small, of: Small | None = None) -> int:
    """Return how often a value is below its predecessor (`of` the same symbol)."""
    falls = values[1:] < values[:-1]
    if of is not None:
        falls &= of[1:] == of[:-1]
    return int(np.count_nonzero(falls))


def _longer(values: npt.NDArray[Kind], rows: int) -> npt.NDArray[Kind]:
    longer = np.empty(rows, dtype=values.dtype)
    longer[: values.size] = values
    return longer

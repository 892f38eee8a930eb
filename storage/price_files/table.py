"""Daily prices of many symbols as flat arrays: what a reading gives to whoever computes.

Numbers are whole won and whole shares. A day without trades has `traded` False, volume 0 and its
four prices equal to the last close: nothing can be filled on it, and its high and low mean nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Field = Literal["open", "high", "low", "close", "volume"]
PRICE_COLUMNS = ("open", "high", "low", "close")
FIELDS: tuple[Field, ...] = ("open", "high", "low", "close", "volume")
PRICE_WON_END = 1 << 31  # no price in won comes near it
VOLUME_END = 1 << 40
# Rows that are turned over at once: what a cache holds.
_TURNED = 64


@dataclass(frozen=True, slots=True, eq=False)
class PriceColumn:
    """The rows of one symbol, oldest first, every day once.

    `days` are proleptic ordinals (`date.fromordinal`). All arrays have the same length; prices and
    volume are int64, so that products do not overflow.
    """

    code: str
    days: Small
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    traded: Flags

    def __len__(self) -> int:
        return int(self.days.size)

    def dates(self) -> tuple[date, ...]:
        """Return the days as dates."""
        return tuple(date.fromordinal(day) for day in self.days.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class PriceTable:
    """Rows sorted by symbol, then by day; the rows of `codes[i]` are `offsets[i]:offsets[i + 1]`.

    Prices are held as int32 (each is below 2^31) to keep ten years of a whole market small;
    `column` widens them. `has_volume` is False for a file without a volume column: volumes are 0.
    """

    codes: tuple[str, ...]
    offsets: Ints
    days: Small
    prices: dict[str, Small]
    volumes: Ints
    traded: Flags
    has_volume: bool

    def __len__(self) -> int:
        return int(self.days.size)

    def column(self, code: str) -> PriceColumn:
        """Return the rows of one symbol. Raises KeyError for an unknown one."""
        rows = self._rows(code)
        wide = {name: part[rows].astype(np.int64) for name, part in self.prices.items()}
        return PriceColumn(
            code=code,
            days=self.days[rows],
            volume=self.volumes[rows],
            traded=self.traded[rows],
            **wide,
        )

    def sessions(self) -> Small:
        """Return every day that occurs, as ordinals, oldest first."""
        if not self.days.size:
            return self.days
        width = self.days.size // len(self.codes)
        if width * len(self.codes) == self.days.size:
            # As whole tables are: every symbol has the days of the first one.
            days: Small = self.days[:width]
            if (self.days.reshape(-1, width) == days).all() and (np.diff(days) > 0).all():
                return days
        first = int(self.days.min())
        seen = np.zeros(int(self.days.max()) - first + 1, dtype=np.bool_)
        seen[self.days - first] = True
        return (np.flatnonzero(seen) + first).astype(np.int32)

    def places(self, sessions: Small) -> tuple[Ints, Ints]:
        """Return (row of the session, column of the symbol) of every row of the table.

        `sessions` must hold every day that occurs; use it to fill matrices of sessions × symbols.
        """
        if not self.days.size or self._is_full(sessions):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        first, last = int(sessions[0]), int(sessions[-1])
        row_of = np.zeros(last - first + 1, dtype=np.int64)
        row_of[sessions - first] = np.arange(sessions.size)
        columns = np.repeat(np.arange(len(self.codes)), np.diff(self.offsets))
        return row_of[self.days - first], columns

    def matrix(self, field: Field, sessions: Small, places: tuple[Ints, Ints]) -> Floats:
        """Return one field as sessions × symbols, NaN where a symbol has no row.

        Whole numbers below 2^53 are exact in float64.
        """
        values = self.volumes if field == "volume" else self.prices[field]
        if self._is_full(sessions):
            # Every symbol has every session, in order: only turned over, not scattered.
            # Some rows at a time: over the whole width each value would cost a line of the cache.
            turned = values.reshape(len(self.codes), -1).T
            full = np.empty(turned.shape)
            for row in range(0, len(turned), _TURNED):
                full[row : row + _TURNED] = turned[row : row + _TURNED]
            return full
        found = np.full((sessions.size, len(self.codes)), np.nan)
        found[places] = values
        return found

    def traded_matrix(self, sessions: Small, places: tuple[Ints, Ints]) -> Flags:
        """Return where a symbol traded, as sessions × symbols."""
        if self._is_full(sessions):
            return np.ascontiguousarray(self.traded.reshape(len(self.codes), -1).T)
        found = np.zeros((sessions.size, len(self.codes)), dtype=np.bool_)
        found[places] = self.traded
        return found

    def _is_full(self, sessions: Small) -> bool:
        """Whether every symbol has a row on every session, so that matrices need no places."""
        return len(self) == sessions.size * len(self.codes)

    def _rows(self, code: str) -> slice:
        try:
            index = self.codes.index(code)
        except ValueError:
            raise KeyError(code) from None
        return slice(int(self.offsets[index]), int(self.offsets[index + 1]))

"""Replay of daily bars from CSV files; between open and close the seeded path of each bar runs.

Prices are replayed as they stand: a split in the middle of a file changes the base price of that
day (below) but not what an account holds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path

from brokers.sim import rules
from brokers.sim.bar_table import BarTable, Column, read_bars
from brokers.sim.dice import Dice
from brokers.sim.intraday import DayPath, quiet_day
from brokers.sim.values import DayBar, MinutePrice

_PATHS_MAX = 256
_TURNOVER_SESSIONS = 60


class BarFile:
    """PriceSource over one file of daily bars, with an optional second one for adjusted bars."""

    def __init__(
        self,
        path: Path,
        *,
        adjusted: Path | None = None,
        names: Mapping[str, str] | None = None,
        symbols: Collection[str] | None = None,
        start: date | None = None,
        end: date | None = None,
        seed: int = 0,
    ) -> None:
        """Read the files. Raises BarFileFault naming file, line and reason.

        `symbols`, `start` and `end` keep only those rows. Without `adjusted` one series serves
        both bases, and `one_series` and the label say so. `seed` colours the paths in the day.
        """
        keep = frozenset(symbols) if symbols is not None else None
        span = (start or date.min, end or date.max)
        self._raw = read_bars(path, keep, span)
        self._adjusted = read_bars(adjusted, keep, span, is_adjusted=True) if adjusted else None
        self._names = dict(names or {})
        self._seed = seed
        self._path = path
        self._sessions = sorted(self._raw.sessions)
        self._paths: dict[tuple[str, date], DayPath | None] = {}

    @property
    def one_series(self) -> bool:
        """Whether raw and adjusted bars are the same numbers, for want of an adjusted file."""
        return self._adjusted is None

    @property
    def label(self) -> str:
        """What messages call these prices; says so when one series serves both bases."""
        suffix = ", 수정주가 없이 한 계열" if self.one_series else ""
        return f"재생 시세 ({self._path.name}{suffix})"

    @property
    def left_out(self) -> int:
        """Rows of ETNs (codes like Q530107) that were left out: no six-character codes."""
        return self._raw.left_out

    def symbols(self) -> tuple[str, ...]:
        """Return every code of the file, sorted."""
        return tuple(sorted(self._raw.columns))

    def name(self, symbol: str) -> str:
        """Return the Korean name, or the code when none is known."""
        return self._names.get(symbol) or symbol

    def sessions(self) -> tuple[date, ...]:
        """Return the days of the file, oldest first."""
        return tuple(self._sessions)

    def is_session(self, day: date) -> bool:
        """Whether the file has rows of `day`."""
        return day in self._raw.sessions

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """Return (open, close) of a session day, by the exchange's table."""
        return rules.session_hours(day)

    def base_price(self, symbol: str, day: date) -> int:
        """Return the raw close before `day`; 0 before the listing. Raises KeyError when unknown.

        On its first day, and on a day that lies beyond the price limits of the old close (a split:
        the exchange then sets a base of its own), the open stands in.
        """
        column = self._raw.columns[symbol]
        index = column.index(day)
        today = column.bar(index) if column.has(index, day) else None
        before = column.bar(index - 1).close if index else 0
        if today is None or not today.volume:
            return before or (today.close if today else 0)
        if before:
            lower, upper = rules.price_limits(before, day)
            # The file's own prices may be off the tick, so allow for the rounding of the limits.
            if lower - 5 <= today.low and today.high <= upper + 5:
                return before
        return today.open

    def minute(self, symbol: str, day: date, minute: int) -> MinutePrice:
        """Return one minute of a session day. Raises KeyError for an unknown code."""
        key = (symbol, day)
        if key not in self._paths:
            self._remember(key, self._lay(symbol, day))
        path = self._paths[key]
        return path.at(minute) if path else quiet_day(self.base_price(symbol, day))

    def daily_bars(self, symbol: str, start: date, end: date, *, adjusted: bool) -> list[DayBar]:
        """Return the bars of `start`..`end`, oldest first. Raises KeyError for an unknown code.

        Adjusted bars take their volume from the raw ones. A symbol that the adjusted file lacks
        has no adjusted bars: raw ones never stand in for them.
        """
        raw = self._raw.columns[symbol]
        if not adjusted or self._adjusted is None:
            return raw.between(start, end)
        column = self._adjusted.columns.get(symbol)
        return column.with_volumes_of(raw, start, end) if column else []

    def most_traded(
        self,
        day: date,
        count: int,
        sessions_min: int = 253,
        exclude: Collection[str] = frozenset(),
    ) -> tuple[str, ...]:
        """Return the `count` symbols with the most traded value in the 60 sessions before `day`.

        Each has at least `sessions_min` bars before `day`, in the adjusted file too where there is
        one, the last of them on the previous session. Nothing of `day` itself is looked at.
        """
        index = bisect_left(self._sessions, day)
        if not index:
            return ()
        since = self._sessions[max(index - _TURNOVER_SESSIONS, 0)]
        last = self._sessions[index - 1]
        ranked = [
            (-column.turnover(since, day), symbol)
            for symbol, column in self._raw.columns.items()
            if symbol not in exclude and self._reaches(symbol, last, day, sessions_min)
        ]
        return tuple(symbol for _, symbol in sorted(ranked)[:count])

    def _reaches(self, symbol: str, last: date, day: date, sessions_min: int) -> bool:
        for table in self._tables():
            column = table.columns.get(symbol)
            if column is None or not _is_long_enough(column, last, day, sessions_min):
                return False
        return True

    def _tables(self) -> tuple[BarTable, ...]:
        return (self._raw,) if self._adjusted is None else (self._raw, self._adjusted)

    def _lay(self, symbol: str, day: date) -> DayPath | None:
        if not self.is_session(day):
            raise ValueError(f"{day} is not a session of {self._path.name}")
        column = self._raw.columns[symbol]
        index = column.index(day)
        if not column.has(index, day) or not column.bar(index).volume:
            return None
        minutes = rules.minutes_between(*self.hours(day))
        dice = Dice(self._seed, symbol, day, "path")
        return DayPath(column.bar(index), self.base_price(symbol, day), minutes, dice)

    def _remember(self, key: tuple[str, date], path: DayPath | None) -> None:
        if len(self._paths) >= _PATHS_MAX:
            self._paths.pop(next(iter(self._paths)))
        self._paths[key] = path


def _is_long_enough(column: Column, last: date, day: date, sessions_min: int) -> bool:
    index = column.index(day)
    return index >= sessions_min and column.has(index - 1, last)

"""Sessions on which a symbol has no row, and rows on days that are no session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from core.domain.calendar import TradingCalendar
from core.domain.krx_days import TABLE_ENDS, TABLE_STARTS
from storage.price_files.table import PriceTable, Small


@dataclass(frozen=True, slots=True)
class Gaps:
    """By code: `missing` sessions between its first and last row, and `strange` days with a row.

    Only codes that have some are listed.
    """

    missing: dict[str, tuple[date, ...]]
    strange: dict[str, tuple[date, ...]]


def gaps_of(table: PriceTable, calendar: TradingCalendar) -> Gaps:
    """Compare the rows of every symbol with the sessions of `calendar`.

    Where the calendar does not reach, the days of the whole table stand in for it.
    """
    missing: dict[str, tuple[date, ...]] = {}
    strange: dict[str, tuple[date, ...]] = {}
    seen = table.sessions()
    sessions = expected_sessions(seen, calendar)
    if len(table) == len(table.codes) * seen.size and np.array_equal(seen, sessions):
        return Gaps({}, {})  # every symbol has every session
    for index, code in enumerate(table.codes):
        days = table.days[int(table.offsets[index]) : int(table.offsets[index + 1])]
        lacking, extra = compare(days, sessions)
        if lacking:
            missing[code] = lacking
        if extra:
            strange[code] = extra
    return Gaps(missing, strange)


def expected_sessions(seen: Small, calendar: TradingCalendar) -> Small:
    """Return the sessions between the first and last day of `seen` (ordinals, sorted)."""
    if not seen.size:
        return seen
    first, last = int(seen[0]), int(seen[-1])
    known = range(
        max(first, TABLE_STARTS.toordinal()),
        min(last, TABLE_ENDS.toordinal()) + 1,
    )
    told = [day for day in known if calendar.is_session(date.fromordinal(day))]
    before = seen[seen < TABLE_STARTS.toordinal()]
    after = seen[seen > TABLE_ENDS.toordinal()]
    return np.concatenate((before, np.array(told, dtype=np.int32), after))


def compare(days: Small, sessions: Small) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """Return (sessions without a row, rows without a session) between the ends of `days`."""
    if not days.size:
        return (), ()
    inside = sessions[(sessions >= days[0]) & (sessions <= days[-1])]
    if inside.size == days.size and np.array_equal(inside, days):
        return (), ()
    return _dates(_absent(inside, days)), _dates(_absent(days, inside))


def _absent(wanted: Small, known: Small) -> Small:
    """Return those of `wanted` that are not `known`; both are sorted and hold every day once.

    As np.setdiff1d does, which loads numpy's masked arrays: a quarter of what numpy itself takes.
    """
    if not known.size:
        return wanted
    places = np.minimum(np.searchsorted(known, wanted), known.size - 1)
    absent: Small = wanted[known[places] != wanted]
    return absent


def _dates(days: Small) -> tuple[date, ...]:
    return tuple(date.fromordinal(day) for day in days.tolist())

"""The committed table of KRX days that are no regular session, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from types import MappingProxyType

from core.domain.krx import SessionHours, hours_between
from core.domain.krx_days import ROWS

CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """One row: a closed weekday (`hours` None) or a session with hours of its own.

    `source` says who knows it, `as_of` since when the row says so, `reason` is Korean.
    """

    day: date
    hours: SessionHours | None
    source: str
    as_of: date
    reason: str


def hours_of(day: date, text: str) -> SessionHours | None:
    """Return the session that ``10:00-16:30`` means on `day`, None for ``closed``.

    Raises ValueError for anything else.
    """
    if text == CLOSED:
        return None
    opens, _, closes = text.partition("-")
    found = hours_between(day, time.fromisoformat(opens), time.fromisoformat(closes))
    if found.opens >= found.closes:
        raise ValueError(f"closes before it opens: {text}")
    return found


def _row(line: str) -> SpecialDay:
    day_text, hours, source, as_of, reason = line.split(maxsplit=4)
    day = date.fromisoformat(day_text)
    return SpecialDay(
        day=day,
        hours=hours_of(day, hours),
        source=source,
        as_of=date.fromisoformat(as_of),
        reason=reason,
    )


SPECIAL_DAYS: Mapping[date, SpecialDay] = MappingProxyType(
    {row.day: row for row in map(_row, ROWS.strip().splitlines())}
)

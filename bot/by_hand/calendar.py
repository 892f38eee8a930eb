"""`python -m bot calendar`: sessions by table and user, offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

from rich.console import Console
from rich.table import Table

from bot import locales
from bot.by_hand.loading import loaded
from bot.files.calendar import load_day_words
from bot.settings import data_dir
from core.domain.calendar import (
    REGULAR,
    WEEKEND,
    CalendarDay,
    CalendarUnknown,
    TradingCalendar,
)
from core.domain.day_consensus import UNSETTLED, with_overrides
from core.domain.krx_days import TABLE_ENDS, TABLE_STARTS
from core.errors import DataError
from core.ports.phrases import Phrases

DAYS_MAX = 366 * 30


def sessions_json(start: date, end: date) -> str:
    """Return ``[{date, open, close, source}]`` of every session from `start` to `end`.

    Raises DataError for an impossible span or one beyond the table, ConfigurationError for a
    calendar.toml that cannot be read.
    """
    found = [
        {
            "date": one.day.isoformat(),
            "open": f"{one.hours.opens:%H:%M}",
            "close": f"{one.hours.closes:%H:%M}",
            "source": one.source,
        }
        for one in _days(start, end)
        if one.hours is not None
    ]
    return json.dumps(found, ensure_ascii=False)


def show(start: date, end: date) -> None:
    """Print how many sessions there are, and every day that is no regular one. Raises as above."""
    phrases = locales.load(loaded().locale)
    found = list(_days(start, end))
    special = [one for one in found if one.source not in (REGULAR, WEEKEND)]
    console = Console(highlight=False)
    console.print(phrases.say("calendar.heading", start=start, end=end), style="bold")
    count = sum(one.hours is not None for one in found)
    console.print(phrases.say("calendar.sessions", count=count))
    if not special:
        console.print(phrases.say("calendar.none_special"))
        return
    console.print(phrases.say("calendar.special", count=len(special)))
    console.print(_table(special, phrases))


def _days(start: date, end: date) -> Iterator[CalendarDay]:
    if end < start:
        raise DataError(locales.in_all("calendar.range_backwards", start=start, end=end))
    if (end - start).days >= DAYS_MAX:
        raise DataError(locales.in_all("calendar.range_too_long", limit=DAYS_MAX))
    calendar = TradingCalendar(with_overrides(load_day_words(data_dir())))
    day = start
    try:
        while day <= end:
            yield calendar.describe(day)
            day += timedelta(days=1)
    except CalendarUnknown:
        raise DataError(
            locales.in_all("calendar.beyond", day=day, starts=TABLE_STARTS, ends=TABLE_ENDS)
        ) from None


def _table(special: list[CalendarDay], phrases: Phrases) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("day", "session", "reason", "source", "as_of"):
        table.add_column(phrases.say(f"calendar.column_{name}"), no_wrap=name != "reason")
    for one in special:
        closed = phrases.say("calendar.closed")
        hours = one.hours
        session = f"{hours.opens:%H:%M}–{hours.closes:%H:%M}" if hours else closed
        as_of = one.as_of.isoformat() if one.as_of else ""
        reason = one.reason
        if one.source == UNSETTLED:
            reason = phrases.say(f"calendar.reason_{one.reason}")
        table.add_row(one.day.isoformat(), session, reason, one.source, as_of)
    return table

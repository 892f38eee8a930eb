"""Opening the stored bars for the `data` commands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from bot.settings import Settings
from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.krx import KST
from core.ports.clock import Clock
from storage.bars import SqlBarArchive
from storage.opening import open_database


@asynccontextmanager
async def opened_archive(settings: Settings) -> AsyncIterator[SqlBarArchive]:
    """Open the database of the settings, made or upgraded where needed.

    Raises ConfigurationError or StorageError. A running bot may have it open as well.
    """
    database = await open_database(settings.database)
    try:
        yield SqlBarArchive(database)
    finally:
        await database.close()


def last_finished(calendar: TradingCalendar, clock: Clock) -> date | None:
    """Return the last session whose closing price is final, None where the calendar ends."""
    now = clock.now().astimezone(KST)
    try:
        hours = calendar.hours(now.date())
        if hours is not None and now >= hours.closes:
            return now.date()
        return calendar.previous_session(now.date())
    except CalendarUnknown:
        return None

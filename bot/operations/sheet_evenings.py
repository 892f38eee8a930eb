"""When the spreadsheet is written: once after the close of each session, and when a person asks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import structlog

from bot.exports.sheet_words import sheet_fault_words
from bot.operations.scheduler import Job
from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.krx import KST
from core.errors import TradingError
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.ports.phrases import Phrases
from core.ports.surface import AlertSurface

_LOG = structlog.get_logger(__name__)
# Five minutes behind the closing report: by then the day's orders are closed out.
SHEET_AFTER_CLOSE = timedelta(minutes=20)
_WRITTEN, _TOLD = "sheet_written", "sheet_failure_told"


class WritesSheets(Protocol):
    """Writes the spreadsheet (bot.exports.sheet_export)."""

    @property
    def writes_as(self) -> str:
        """The address with which it must be shared."""

    async def write(self) -> Mapping[str, int]:
        """Write all of it anew. Raises TradingError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEvenings:
    """Which day was written last is a row, and so is whether a failure was told.

    One at a time: an evening and a person who asks at once would write into each other.
    """

    sheet: WritesSheets
    ledger: Ledger
    alerts: AlertSurface
    calendar: TradingCalendar
    clock: Clock
    phrases: Phrases
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def writes_as(self) -> str:
        """The address with which it must be shared."""
        return self.sheet.writes_as

    async def write(self) -> Mapping[str, int]:
        """Write it now and return the rows of each worksheet; whatever fails later is told again.

        Raises TradingError.
        """
        async with self._turn:
            rows = await self.sheet.write()
            try:
                async with self.ledger.transaction() as tx:
                    await tx.put_setting(_TOLD, "")
            except TradingError:
                # It is written all the same, and that is what was asked.
                _LOG.exception("that a failure is over cannot be kept")
            return rows

    def job(self) -> Job:
        """Return the appointment; its later times are for what failed, and for days that close late."""
        return Job("sheet", self.run, hour="15-20", minute="5-50/15", day_of_week="mon-fri")

    async def run(self) -> None:
        """Write today's spreadsheet if its hour has come and it was not written.

        A failure is told once, until one is written again; the next times try quietly.
        """
        async with self._turn:
            try:
                await self._write_due()
            except TradingError as error:
                _LOG.warning("the spreadsheet was not written", error=str(error))
                await self._tell(error)

    async def _write_due(self) -> None:
        now = self.clock.now()
        today = now.astimezone(KST).date()
        try:
            hours = self.calendar.hours(today) if self.calendar.is_session(today) else None
        except CalendarUnknown:
            # Without a table nothing trades, and that is told elsewhere.
            return
        if hours is None or now < hours.closes + SHEET_AFTER_CLOSE:
            return
        async with self.ledger.transaction() as tx:
            if await tx.setting(_WRITTEN) == today.isoformat():
                return
        await self.sheet.write()
        async with self.ledger.transaction() as tx:
            await tx.put_setting(_WRITTEN, today.isoformat())
            await tx.put_setting(_TOLD, "")

    async def _tell(self, error: TradingError) -> None:
        why = sheet_fault_words(self.phrases, error, self.sheet.writes_as)
        say = self.phrases.say
        try:
            async with self.ledger.transaction() as tx:
                if await tx.setting(_TOLD):
                    return
            # Told before it counts as told: dying in between tells it twice rather than never.
            title, text = say("sheets.failed_title"), say("sheets.failed", why=why)
            if await self.alerts.alert(title, text, can_wait=True):
                async with self.ledger.transaction() as tx:
                    await tx.put_setting(_TOLD, self.clock.now().isoformat())
        except TradingError:
            # What is wrong with the database is told elsewhere, and louder.
            _LOG.exception("whether the failure was told cannot be kept")

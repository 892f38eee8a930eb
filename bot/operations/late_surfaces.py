"""Surfaces that are connected after the services were built.

Services need somewhere to show things, and Discord needs the services: one of them comes second.
Before Discord is connected nothing is lost: tickets, alarms and reports are tried again by their
senders.
"""

from __future__ import annotations

from typing import Protocol

from core.domain.briefing import Briefing, ClosingReport
from core.domain.outbox import OutboxMessage
from core.domain.reflection_run import WeeklyReport
from core.errors import TradingError
from core.ports.letters import LetterBoard, LetterSurface, MonthlyLetter
from core.ports.outbox import AlarmChannel
from core.ports.reports import ReportSurface
from core.ports.surface import TicketSurface, TicketView
from core.ports.weeks import LivingWeeks, WeekSurface


class Copies(ReportSurface, WeekSurface, LetterSurface, Protocol):
    """Whoever is told of briefings, closing reports, weeks and letters."""


class Reports(Copies, LivingWeeks, LetterBoard, Protocol):
    """Whoever shows them, changes a week that was shown, and knows which letters were."""


class NotConnected(TradingError):
    """Nobody shows anything yet."""


class LateSurfaces:
    """Implements TicketSurface, AlarmChannel and Reports by passing everything on."""

    def __init__(self) -> None:
        """Start without anybody to pass to."""
        self._tickets: TicketSurface | None = None
        self._alarms: AlarmChannel | None = None
        self._reports: Reports | None = None
        self._copies: Copies | None = None

    def connect(
        self, tickets: TicketSurface, alarms: AlarmChannel | None, reports: Reports
    ) -> None:
        """Name who shows things from now on; without `alarms`, the outbox keeps them."""
        self._tickets, self._alarms, self._reports = tickets, alarms, reports

    def copy_reports(self, copies: Copies) -> None:
        """Name who gets a copy of each report that was shown; it must not fail, nor take long."""
        self._copies = copies

    async def show_ticket(self, view: TicketView) -> tuple[int, int]:
        """Pass on. Raises NotConnected before `connect`."""
        if self._tickets is None:
            raise NotConnected("tickets cannot be shown yet")
        return await self._tickets.show_ticket(view)

    async def post(self, message: OutboxMessage) -> bool:
        """Pass on; before `connect` nobody can see it."""
        return self._alarms is not None and await self._alarms.post(message)

    async def show_briefing(self, briefing: Briefing, chart_png: bytes | None) -> None:
        """Pass on. Raises NotConnected before `connect`."""
        if self._reports is None:
            raise NotConnected("briefings cannot be shown yet")
        await self._reports.show_briefing(briefing, chart_png)
        if self._copies is not None:
            await self._copies.show_briefing(briefing, chart_png)

    async def show_closing(self, report: ClosingReport, chart_png: bytes | None) -> None:
        """Pass on. Raises NotConnected before `connect`."""
        if self._reports is None:
            raise NotConnected("reports cannot be shown yet")
        await self._reports.show_closing(report, chart_png)
        if self._copies is not None:
            await self._copies.show_closing(report, chart_png)

    async def show_week(
        self, report: WeeklyReport, chart_png: bytes | None
    ) -> tuple[int, int] | None:
        """Pass on. Raises NotConnected before `connect`."""
        if self._reports is None:
            raise NotConnected("weeks cannot be shown yet")
        place = await self._reports.show_week(report, chart_png)
        if self._copies is not None:
            await self._copies.show_week(report, chart_png)
        return place

    async def amend_week(self, report: WeeklyReport) -> None:
        """Pass on; a copy stays as it was sent. Raises NotConnected before `connect`."""
        if self._reports is None:
            raise NotConnected("weeks cannot be changed yet")
        await self._reports.amend_week(report)

    async def show_letter(self, letter: MonthlyLetter, chart_png: bytes | None) -> None:
        """Pass on. Raises NotConnected before `connect`."""
        if self._reports is None:
            raise NotConnected("letters cannot be shown yet")
        await self._reports.show_letter(letter, chart_png)
        if self._copies is not None:
            await self._copies.show_letter(letter, chart_png)

    async def copy_letter(self, letter: MonthlyLetter) -> None:
        """Send the copies alone, without a picture as every copy; nobody may want one."""
        if self._copies is not None:
            await self._copies.show_letter(letter, None)

    async def has_letter(self, letter: MonthlyLetter) -> bool:
        """Pass on; a copy is not looked for. Raises NotConnected before `connect`."""
        if self._reports is None:
            raise NotConnected("letters cannot be looked for yet")
        return await self._reports.has_letter(letter)

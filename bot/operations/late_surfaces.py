"""Surfaces that are connected after the services were built.

Services need somewhere to show things, and Discord needs the services: one of them comes second.
Before Discord is connected nothing is lost: tickets and reports are tried again by their senders,
and alarms, which nobody sends twice, wait here.
"""

from __future__ import annotations

from collections import deque

import structlog

from core.domain.briefing import Briefing, ClosingReport
from core.errors import TradingError
from core.ports.reports import ReportSurface
from core.ports.surface import AlertSurface, TicketSurface, TicketView

_LOG = structlog.get_logger(__name__)
# More alarms than this before the first connection: the oldest are only in the log.
WAITING_ALERTS_MAX = 50


class NotConnected(TradingError):
    """Nobody shows anything yet."""


class LateSurfaces:
    """Implements TicketSurface, AlertSurface and ReportSurface by passing everything on."""

    def __init__(self) -> None:
        """Start without anybody to pass to."""
        self._tickets: TicketSurface | None = None
        self._alerts: AlertSurface | None = None
        self._reports: ReportSurface | None = None
        self._waiting: deque[tuple[str, str]] = deque(maxlen=WAITING_ALERTS_MAX)

    def connect(
        self, tickets: TicketSurface, alerts: AlertSurface | None, reports: ReportSurface
    ) -> None:
        """Name who shows things from now on; without `alerts`, alarms go on waiting."""
        self._tickets, self._alerts, self._reports = tickets, alerts, reports

    async def tell_waiting(self) -> int:
        """Deliver the alarms raised before `connect`, oldest first; return how many were.

        What cannot be delivered goes on waiting, until the next alarm or call.
        """
        told = 0
        while self._alerts is not None and self._waiting:
            waiting = self._waiting.popleft()
            if not await self._alerts.alert(*waiting):
                self._waiting.appendleft(waiting)
                break
            told += 1
        return told

    async def show_ticket(self, view: TicketView) -> tuple[int, int]:
        """Pass on. Raises NotConnected before `connect`."""
        if self._tickets is None:
            raise NotConnected("tickets cannot be shown yet")
        return await self._tickets.show_ticket(view)

    async def alert(self, title: str, text: str) -> bool:
        """Pass on; before `connect` it is kept for `tell_waiting`, which counts as delivered."""
        if self._alerts is None:
            _LOG.warning("alert waits", title=title, text=text)
            self._waiting.append((title, text))
            return True
        delivered = await self._alerts.alert(title, text)
        if delivered:
            await self.tell_waiting()
        return delivered

    async def show_briefing(self, briefing: Briefing, chart_png: bytes | None) -> None:
        """Pass on. Raises NotConnected before `connect`."""
        if self._reports is None:
            raise NotConnected("briefings cannot be shown yet")
        await self._reports.show_briefing(briefing, chart_png)

    async def show_closing(self, report: ClosingReport, chart_png: bytes | None) -> None:
        """Pass on. Raises NotConnected before `connect`."""
        if self._reports is None:
            raise NotConnected("reports cannot be shown yet")
        await self._reports.show_closing(report, chart_png)

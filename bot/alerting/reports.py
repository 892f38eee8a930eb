"""Briefings, closing reports, weeks and letters, in short, to the channels that want them."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Sequence
from datetime import date

import structlog
from rich.console import Console

from bot.operations.console import ConsoleSurfaces
from core.domain.briefing import Briefing, ClosingReport
from core.domain.conditions import Severity
from core.domain.reflection_run import WeeklyReport
from core.ports.alerting import AlertChannel
from core.ports.letters import MonthlyLetter
from core.ports.phrases import Phrases
from core.ports.tasks import Supervisor

_LOG = structlog.get_logger(__name__)
LINES_MAX = 60
TRIES = 3


class ReportCopies:
    """Shows what the terminal would show. Whoever reports waits for no channel."""

    def __init__(
        self, channels: Sequence[AlertChannel], phrases: Phrases, supervisor: Supervisor
    ) -> None:
        """Send to each of `channels`, in tasks of `supervisor`."""
        self._channels = channels
        self._phrases = phrases
        self._supervisor = supervisor

    async def show_briefing(self, briefing: Briefing, chart_png: bytes | None) -> None:
        """Send the essentials of the morning."""
        del chart_png
        await self._copy(briefing.day, lambda shown: shown.show_briefing(briefing, None))

    async def show_closing(self, report: ClosingReport, chart_png: bytes | None) -> None:
        """Send the essentials of the day."""
        del chart_png
        await self._copy(report.day, lambda shown: shown.show_closing(report, None))

    async def show_week(self, report: WeeklyReport, chart_png: bytes | None) -> None:
        """Send the week."""
        del chart_png
        await self._copy(None, lambda shown: shown.show_week(report, None))

    async def show_letter(self, letter: MonthlyLetter, chart_png: bytes | None) -> None:
        """Send the letter of a month."""
        del chart_png
        await self._copy(None, lambda shown: shown.show_letter(letter, None))

    async def _copy(
        self, day: date | None, show: Callable[[ConsoleSurfaces], Awaitable[None]]
    ) -> None:
        paper = io.StringIO()
        await show(ConsoleSurfaces(Console(file=paper, width=100), self._phrases))
        lines = paper.getvalue().splitlines()[:LINES_MAX]
        title = self._phrases.say("conditions.report", day="" if day is None else day).strip()
        for channel in self._channels:
            self._supervisor.start(
                f"report {channel.name}", self._send(channel, title, "\n".join(lines))
            )

    @staticmethod
    async def _send(channel: AlertChannel, title: str, body: str) -> None:
        for _ in range(TRIES):
            if await channel.send(title, body, Severity.HEALTHY):
                return
        _LOG.warning("a report was not taken", channel=channel.name)

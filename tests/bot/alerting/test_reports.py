"""Copies of reports: in short, to who wants them, and never in the way of the report itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from bot import locales
from bot.alerting.discord_channel import OutboxChannel
from bot.alerting.reports import TRIES, ReportCopies
from bot.operations.console import ConsoleSurfaces
from bot.operations.late_surfaces import LateSurfaces
from core.domain.briefing import ClosingReport
from core.domain.conditions import Severity
from core.domain.krx import KST
from core.domain.modes import Mode
from core.runtime.supervisor import TaskSupervisor
from tests.bot.operations.kit import FakeAlerts, at

DAY = at("2026-11-20", "15:45:00")
REPORT = ClosingReport(
    day=DAY.astimezone(KST).date(),
    mode=Mode.SIM,
    account="x",
    portfolio=None,
    orders=(),
    fills=(),
    fees_won=0,
    taxes_won=0,
    nav_before_won=None,
    warnings=(),
    created_at=DAY,
)


@dataclass
class Channel:
    name: str = "slack"
    refusals: int = 0
    sent: list[tuple[str, str, Severity]] = field(default_factory=list)

    async def send(
        self, title: str, body: str, severity: Severity, *, can_wait: bool = False
    ) -> bool:
        self.sent.append((title, body, severity))
        self.refusals -= 1
        return self.refusals < 0


class Shown:
    def __init__(self) -> None:
        self.reports: list[Any] = []

    async def show_closing(self, report: Any, _chart: Any) -> None:
        self.reports.append(report)

    show_briefing = show_week = show_letter = show_closing


async def test_a_report_that_was_shown_is_copied_and_tried_again() -> None:
    supervisor, phrases = TaskSupervisor(), locales.load("ko")
    slack, mail = Channel(refusals=1), Channel("email", refusals=99)
    surfaces, shown = LateSurfaces(), Shown()
    surfaces.connect(None, None, shown)  # type: ignore[arg-type]
    surfaces.copy_reports(ReportCopies((slack, mail), phrases, supervisor))
    await surfaces.show_closing(REPORT, None)
    async with asyncio.timeout(30):
        while supervisor.names():  # noqa: ASYNC110 - tasks end
            await asyncio.sleep(0)
    assert shown.reports == [REPORT]
    assert (len(slack.sent), len(mail.sent)) == (2, TRIES)
    title, body, severity = slack.sent[0]
    assert title == "autotrade-etf 보고 2026-11-20"
    assert "2026-11-20" in body
    assert severity is Severity.HEALTHY


async def test_the_chat_is_a_channel_through_the_outbox() -> None:
    alerts = FakeAlerts()
    channel = OutboxChannel(alerts)  # type: ignore[arg-type]
    assert channel.name == "discord"
    for severity in Severity:
        assert await channel.send("title", "body", severity)
        assert await channel.send("title", "body", severity, can_wait=True)
    assert alerts.told == [("title", "body")] * 6
    # What it tells of decides, and not how bad that is.
    assert alerts.can_wait == [False, True] * 3


def test_the_copy_says_what_the_terminal_says() -> None:
    assert {name for name in dir(ReportCopies) if name.startswith("show_")} <= set(
        dir(ConsoleSurfaces)
    )

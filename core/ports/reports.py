"""Where briefings and closing reports are shown."""

from __future__ import annotations

from typing import Protocol

from core.domain.briefing import Briefing, ClosingReport


class ReportSurface(Protocol):
    """The main channel. Discord implements it."""

    async def show_briefing(self, briefing: Briefing, chart_png: bytes | None) -> None:
        """Post the briefing as an embed with its chart. Raises TradingError when undeliverable."""

    async def show_closing(self, report: ClosingReport, chart_png: bytes | None) -> None:
        """Post the closing report. Raises TradingError when undeliverable."""

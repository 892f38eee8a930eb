"""The settings of what people are told of and when, and how pictures look."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from bot.settings.limits import Whole
from bot.settings.part import SettingsPart


class NoticeSettings(SettingsPart):
    """docs/order-life.md says of each what it does."""

    chart_theme: Literal["dark", "light"] = "dark"
    chart_colors: Literal["korean", "western"] = "korean"
    ticket_reminder_minutes: Whole = Field(20, ge=0, le=240)

    @property
    def ticket_reminder(self) -> timedelta:
        """How long before its end a ticket reminds of itself at most; 0 is never."""
        return timedelta(minutes=self.ticket_reminder_minutes)

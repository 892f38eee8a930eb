"""The month's appointment: its letter, on the first session after it, or as soon as there is somebody to tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.operations.scheduler import Job
from core.errors import TradingError
from core.flows.fault_words import fault_words
from core.flows.monthly_letter import LETTER_AT
from core.ports.phrases import Phrases
from core.ports.surface import AlertSurface

_LOG = structlog.get_logger(__name__)


class PostsLetters(Protocol):
    """Posts what is due (core.flows.monthly_letter)."""

    async def post_due(self) -> bool:
        """Post the last month's letter if it is due. Raises TradingError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEnds:
    """When a month is looked back on, on business time."""

    letters: PostsLetters
    alerts: AlertSurface
    phrases: Phrases

    def jobs(self) -> tuple[Job, ...]:
        """Return the appointment, and the looks for a letter that could not be posted."""
        return (
            Job(
                "letter",
                self.run,
                hour=str(LETTER_AT.hour),
                minute=str(LETTER_AT.minute),
                day_of_week="mon-fri",
            ),
            Job("late-letter", self.resume, hour="18-23", minute="11-51/20"),
        )

    async def run(self) -> None:
        """Post what is due; on most days a read of one row."""
        try:
            await self.letters.post_due()
        except TradingError as error:
            _LOG.exception("letter failed")
            await self.alerts.alert(
                self.phrases.say("letter.failed_title"),
                self.phrases.say("letter.failed", error=fault_words(self.phrases, error)),
                can_wait=True,
            )

    async def resume(self) -> None:
        """Try again, quietly: the failure was told."""
        try:
            await self.letters.post_due()
        except TradingError:
            _LOG.exception("late letter failed")

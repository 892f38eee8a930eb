"""The week's appointment: Sunday 18:00 KST, and what a crash or an outage left unfinished."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.operations.scheduler import Job
from core.domain.reflection import REFLECT_AT, Week, last_week
from core.errors import TradingError
from core.flows.fault_words import fault_words
from core.ports.clock import Clock
from core.ports.phrases import Phrases
from core.ports.surface import AlertSurface

_LOG = structlog.get_logger(__name__)


class Reflects(Protocol):
    """Reflects on weeks (core.flows.reflecting)."""

    async def run(self, week: Week) -> object:
        """Go on at the first unfinished node. Raises TradingError."""

    async def resume(self, week: Week) -> object:
        """Go on with what was begun. Raises TradingError."""

    async def catch_up(self, week: Week) -> object:
        """Go on, or begin a week that was missed. Raises TradingError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sundays:
    """When a week is looked back on, on business time."""

    reflection: Reflects
    alerts: AlertSurface
    clock: Clock
    phrases: Phrases

    def jobs(self) -> tuple[Job, ...]:
        """Return the appointment, and the look for a report that could not be posted."""
        return (
            Job(
                "reflection",
                self.run,
                hour=str(REFLECT_AT.hour),
                minute=str(REFLECT_AT.minute),
                day_of_week="sun",
            ),
            Job("late-reflection", self.resume, hour="*", minute="7-57/10"),
        )

    async def run(self) -> None:
        """Reflect on the week that ends."""
        await self._tried(self.reflection.run)

    async def resume(self) -> None:
        """Go on with a week that was begun; without one, a read of a few rows."""
        week = last_week(self.clock.now())
        try:
            await self.reflection.resume(week)
        except TradingError:
            # The next look is ten minutes away, and the first failure was told.
            _LOG.exception("late reflection failed", week=str(week))

    async def catch_up(self) -> None:
        """After a start: what a Sunday without the bot left out."""
        await self._tried(self.reflection.catch_up)

    async def _tried(self, action: Callable[[Week], Awaitable[object]]) -> None:
        week = last_week(self.clock.now())
        try:
            await action(week)
        except TradingError as error:
            _LOG.exception("reflection failed", week=str(week))
            await self.alerts.alert(
                self.phrases.say("weeks.failed_title"),
                self.phrases.say("weeks.failed", week=week, error=fault_words(self.phrases, error)),
                can_wait=True,
            )

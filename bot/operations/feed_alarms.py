"""Tells people, once, of feed trouble that only they can end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from core.domain.ticks import FeedHealth, FeedStatus, FeedTrouble
from core.ports.clock import Clock
from core.ports.phrases import Phrases

LOOK_SECONDS = 30.0
TOLD = frozenset({FeedTrouble.KEY_IN_USE, FeedTrouble.REFUSED})


class Alerts(Protocol):
    """Takes an alarm."""

    async def alert(self, title: str, text: str) -> bool:
        """Store or show it; return whether it is kept."""


class FeedAlarms:
    """Looks at the feed now and then."""

    def __init__(
        self, status: Callable[[], FeedStatus], clock: Clock, alerts: Alerts, phrases: Phrases
    ) -> None:
        """Look nowhere yet."""
        self._status = status
        self._clock = clock
        self._alerts = alerts
        self._phrases = phrases
        self._told: FeedTrouble | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Tell of a trouble that is new; a feed that works again may have the same one anew."""
        status = self._status()
        if status.health is FeedHealth.LIVE:
            self._told = None
        elif status.trouble in TOLD and status.trouble is not self._told:
            self._told = status.trouble
            say = self._phrases.say
            await self._alerts.alert(
                say("alerts.feed_title"), say(f"alerts.feed_{status.trouble.value}")
            )

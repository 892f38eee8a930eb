"""Tells people, once, of feed trouble that only they can end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from core.domain.ticks import FeedHealth, FeedStatus, FeedTrouble
from core.ports.clock import Clock
from core.ports.phrases import Phrases
from core.ports.surface import AlertSurface

LOOK_SECONDS = 30.0
# The broker holds the slot of a key for a moment after a connection of our own has ended.
TOLD_AFTER = timedelta(minutes=2)
TOLD = frozenset({FeedTrouble.KEY_IN_USE, FeedTrouble.REFUSED})


class FeedAlarms:
    """Looks at the feed now and then."""

    def __init__(
        self, status: Callable[[], FeedStatus], clock: Clock, alerts: AlertSurface, phrases: Phrases
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
        """Tell of a trouble that lasts and is new; once the feed works, it may be told anew."""
        status = self._status()
        if status.health is FeedHealth.LIVE:
            self._told = None
            return
        lasts = self._clock.now() - status.since >= TOLD_AFTER
        if lasts and status.trouble in TOLD and status.trouble is not self._told:
            self._told = status.trouble
            say = self._phrases.say
            await self._alerts.alert(
                say("alerts.feed_title"), say(f"alerts.feed_{status.trouble.value}")
            )

"""Who was refused: each refusal is journalled, and somebody who keeps trying is an alarm."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

import structlog

from core.domain.journal import JournalEntry
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.ports.phrases import Phrases
from core.ports.surface import AlertSurface

_LOG = structlog.get_logger(__name__)
TIMES = 3
WITHIN = timedelta(minutes=10)
# More people than this within ten minutes: the oldest are forgotten, the journal is not.
PEOPLE_MAX = 1_000


class RefusalLog:
    """Remembers the last refusals of each person."""

    def __init__(
        self, ledger: Ledger, clock: Clock, alerts: AlertSurface, phrases: Phrases
    ) -> None:
        """Alarms go to `alerts`, in the words of `phrases`."""
        self._ledger = ledger
        self._clock = clock
        self._alerts = alerts
        self._phrases = phrases
        self._recent: dict[int, deque[datetime]] = {}

    async def note(self, user_id: int, user_name: str, what: str, place: int, why: str) -> None:
        """Journal one refusal; every third of one person within ten minutes alarms.

        A ledger that does not answer does not keep a refusal from being one.
        """
        now = self._clock.now()
        facts = {"name": user_name, "what": what, "channel": place, "why": why}
        entry = JournalEntry(
            at=now, kind="access.refused", actor=str(user_id), subject=str(user_id), facts=facts
        )
        try:
            async with self._ledger.transaction() as tx:
                await tx.append_journal(entry)
        except StorageError as error:
            _LOG.error("a refusal could not be journalled", user=user_id, error=str(error))
        if self._is_persistent(user_id, now):
            await self._alerts.alert(
                self._phrases.say("alerts.refused_title"),
                self._phrases.say("alerts.refused", user=user_id, times=TIMES, what=what),
            )

    def _is_persistent(self, user_id: int, now: datetime) -> bool:
        recent = self._recent.pop(user_id, None) or deque(maxlen=TIMES)
        recent.append(now)
        self._recent[user_id] = recent
        while len(self._recent) > PEOPLE_MAX:
            del self._recent[next(iter(self._recent))]
        if len(recent) < TIMES or now - recent[0] > WITHIN:
            return False
        recent.clear()
        return True

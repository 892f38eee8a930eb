"""Who was refused: refusals are journalled, and somebody who keeps trying is an alarm."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from core.domain.journal import JournalEntry
from core.domain.refusals import PEOPLE_MAX, WITHIN, Refusals, RefusalSeries
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.ports.phrases import Phrases
from core.ports.surface import AlertSurface

_LOG = structlog.get_logger(__name__)
TIMES = 3


@dataclass(slots=True)
class _Trying:
    """What is remembered of one person: the newest refusals, and how many there were."""

    series: RefusalSeries = field(default_factory=lambda: RefusalSeries(singles=0))
    recent: deque[datetime] = field(default_factory=lambda: deque(maxlen=TIMES))

    def alarms(self, now: datetime) -> bool:
        """Count one more; return whether people hear of it: at first, and as the number doubles."""
        if self.series.add(now):
            self.recent.clear()
        self.recent.append(now)
        is_quick = len(self.recent) == TIMES and now - self.recent[0] <= WITHIN
        return is_quick and self.series.is_to_be_told()


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
        self._written = Refusals()
        self._people: dict[int, _Trying] = {}

    async def note(self, user_id: int, user_name: str, what: str, place: int, why: str) -> None:
        """Journal a refusal; three of one person within ten minutes alarm.

        Of a person who goes on, the tenth is the last that has a line of its own: then there is one
        line, and one alarm, each time the number has doubled. A ledger that does not answer does
        not keep a refusal from being one.
        """
        now = self._clock.now()
        times = self._written.to_be_written(user_id, now)
        if times is not None:
            facts = {"name": user_name, "what": what, "channel": place, "why": why, "times": times}
            await self._write(user_id, now, facts)
        trying = self._trying(user_id)
        if trying.alarms(now):
            times = trying.series.times
            await self._alerts.alert(
                self._phrases.say("alerts.refused_title"),
                self._phrases.say("alerts.refused", user=user_id, times=times, what=what),
            )

    async def _write(self, user_id: int, now: datetime, facts: dict[str, object]) -> None:
        entry = JournalEntry(
            at=now, kind="access.refused", actor=str(user_id), subject=str(user_id), facts=facts
        )
        try:
            async with self._ledger.transaction() as tx:
                await tx.append_journal(entry)
        except StorageError as error:
            _LOG.error("a refusal could not be journalled", user=user_id, error=str(error))

    def _trying(self, user_id: int) -> _Trying:
        """Return what is known of a person, who is from now on the one seen last."""
        trying = self._people.pop(user_id, None) or _Trying()
        self._people[user_id] = trying
        while len(self._people) > PEOPLE_MAX:
            del self._people[next(iter(self._people))]
        return trying

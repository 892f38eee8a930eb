"""Who was refused: refusals are journalled, and somebody who keeps trying is an alarm.

Whoever is refused decides how often that is, and must not decide how much is written: every line
is a durable transaction, and orders wait for the same writer.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
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
# So many of one person, and of all, are journalled one by one; then each time they have doubled.
SINGLES = 10
SINGLES_OF_ALL = 100
# More people than this within ten minutes: the oldest are forgotten, the journal is not.
PEOPLE_MAX = 1_000


@dataclass(slots=True)
class _Series:
    """Refusals with less than `WITHIN` between one and the next."""

    singles: int
    times: int = 0
    recent: deque[datetime] = field(default_factory=lambda: deque(maxlen=TIMES))
    written: int = 0
    alarmed: int = 0

    def add(self, now: datetime) -> None:
        if self.recent and now - self.recent[-1] > WITHIN:
            self.times = self.written = self.alarmed = 0
            self.recent.clear()
        self.times += 1
        self.recent.append(now)

    def is_to_be_written(self) -> bool:
        if self.times > self.singles and self.times < 2 * self.written:
            return False
        self.written = self.times
        return True

    def is_to_be_alarmed(self) -> bool:
        is_quick = len(self.recent) == TIMES and self.recent[-1] - self.recent[0] <= WITHIN
        if not is_quick or self.times < 2 * self.alarmed:
            return False
        self.alarmed = self.times
        return True


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
        self._people: dict[int, _Series] = {}
        self._all = _Series(SINGLES_OF_ALL)

    async def note(self, user_id: int, user_name: str, what: str, place: int, why: str) -> None:
        """Journal a refusal; three of one person within ten minutes alarm.

        Of a person who goes on, the tenth is the last that has a line of its own: then there is one
        line, and one alarm, each time the number has doubled. A ledger that does not answer does
        not keep a refusal from being one.
        """
        now = self._clock.now()
        series = self._series(user_id)
        series.add(now)
        if series.is_to_be_written():
            self._all.add(now)
            if self._all.is_to_be_written():
                facts = {"name": user_name, "what": what, "channel": place, "why": why}
                await self._write(user_id, now, facts | {"times": series.times})
        if series.is_to_be_alarmed():
            await self._alerts.alert(
                self._phrases.say("alerts.refused_title"),
                self._phrases.say("alerts.refused", user=user_id, times=series.times, what=what),
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

    def _series(self, user_id: int) -> _Series:
        """Return what is known of a person, who is from now on the one seen last."""
        series = self._people.pop(user_id, None) or _Series(SINGLES)
        self._people[user_id] = series
        while len(self._people) > PEOPLE_MAX:
            del self._people[next(iter(self._people))]
        return series

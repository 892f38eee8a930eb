"""How loud people want to hear of what, and when each of them wants quiet.

A choice of loudness counts for everybody, because a channel shows one message to all. Quiet hours
are a person's own, because a phone is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import Enum
from types import MappingProxyType

from core.domain.krx import KST
from core.domain.quiet_hours import QuietHours


class NoticeKind(Enum):
    """What a person may silence. The locale files hold a name for each (``notices.kind_…``).

    UPKEEP is what a person must see to, but not at night: backups, room on the disk, a spreadsheet,
    a report that failed. What is of none of these kinds cannot be silenced: tickets, orders in doubt,
    halts, emergencies.
    """

    RESULT = "result"
    REMINDER = "reminder"
    WATCH = "watch"
    BRIEFING = "briefing"
    CLOSING = "closing"
    REFLECTION = "reflection"
    LETTER = "letter"
    UPKEEP = "upkeep"


class Loudness(Enum):
    """How a kind is told: people are called, it is posted and calls nobody, or the digest has it."""

    ON = "on"
    SILENT = "silent"
    OFF = "off"


# A phone rings for what a person may have to act on; a report can be read at any time.
DEFAULT_LOUDNESS: Mapping[NoticeKind, Loudness] = MappingProxyType(
    {
        NoticeKind.RESULT: Loudness.ON,
        NoticeKind.REMINDER: Loudness.ON,
        NoticeKind.WATCH: Loudness.ON,
        NoticeKind.BRIEFING: Loudness.SILENT,
        NoticeKind.CLOSING: Loudness.SILENT,
        NoticeKind.REFLECTION: Loudness.SILENT,
        NoticeKind.LETTER: Loudness.SILENT,
        NoticeKind.UPKEEP: Loudness.ON,
    }
)
# How keys of the outbox begin, by the choice they obey.
KEY_OF: Mapping[NoticeKind, str] = MappingProxyType(
    {
        NoticeKind.RESULT: "result:",
        NoticeKind.REMINDER: "reminder:",
        NoticeKind.WATCH: "watch:rule:",
        NoticeKind.BRIEFING: "report:briefing:",
        NoticeKind.CLOSING: "report:closing:",
        NoticeKind.REFLECTION: "report:reflection:",
        NoticeKind.LETTER: "report:letter:",
        NoticeKind.UPKEEP: "upkeep:",
    }
)
# What is switched off is told together once a day, after the closing report of a usual session.
DIGEST_AT = time(16, 0)


def kind_of(key: str) -> NoticeKind | None:
    """Return which choice an outbox key obeys; None is what nobody can silence or keep waiting."""
    return next((kind for kind, begins in KEY_OF.items() if key.startswith(begins)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Everything that people chose. `shared_hours` are of those who chose no hours of their own."""

    chosen: Mapping[NoticeKind, Loudness] = field(default_factory=dict)
    own_hours: Mapping[int, QuietHours | None] = field(default_factory=dict)
    shared_hours: QuietHours | None = None

    def loudness(self, kind: NoticeKind) -> Loudness:
        """Return how a kind is told."""
        return self.chosen.get(kind, DEFAULT_LOUDNESS[kind])

    def hours_of(self, person: int) -> QuietHours | None:
        """Return the quiet hours of one person, None without any."""
        return self.own_hours.get(person, self.shared_hours)

    def awake(self, people: Collection[int], now: datetime) -> tuple[int, ...]:
        """Return who has no quiet hours at `now`, in order of their ids."""
        hours = {person: self.hours_of(person) for person in sorted(people)}
        return tuple(
            person for person, quiet in hours.items() if quiet is None or not quiet.cover(now)
        )

    def all_asleep(self, people: Collection[int], now: datetime) -> bool:
        """Whether there is somebody, and everybody has quiet hours at `now`."""
        return bool(people) and not self.awake(people, now)

    def must_wait(self, kind: NoticeKind | None, people: Collection[int], now: datetime) -> bool:
        """Whether a message is kept for a digest instead of being posted at `now`."""
        if kind is None:
            return False
        return self.loudness(kind) is Loudness.OFF or self.all_asleep(people, now)

    def is_due(self, kind: NoticeKind | None, held_at: datetime, now: datetime) -> bool:
        """Whether what was kept back may be told at `now`, when somebody is awake."""
        if kind is None or self.loudness(kind) is not Loudness.OFF:
            return True
        at = now.astimezone(KST)
        last = at.replace(hour=DIGEST_AT.hour, minute=DIGEST_AT.minute, second=0, microsecond=0)
        return held_at < (last if last <= at else last - timedelta(days=1))

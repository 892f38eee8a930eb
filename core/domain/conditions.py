"""What may be wrong with the running bot, for as long as it is: since when, and who was told.

An alarm tells of something that happened. A condition lasts: it begins, it may be told again while
it lasts, and people hear of its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum


class Severity(Enum):
    """How bad it is. Critical goes to every channel, at any hour."""

    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"


class Condition(Enum):
    """Every condition. Each has sentences (``conditions.…``) and a page ``docs/runbooks/<value>.md``."""

    NAV_FLOOR = "nav_floor"
    DAY_LOSS = "day_loss"
    LOSING_STREAK = "losing_streak"
    BROKER_ERRORS = "broker_errors"
    UNKNOWN_ORDER = "unknown_order"
    DRIFT = "drift"
    BROKEN_BOOKS = "broken_books"
    STALE_FEED = "stale_feed"
    CYCLE_STEP = "cycle_step"
    TOKEN = "token"  # noqa: S105  a condition, not a token
    CLOCK_SKEW = "clock_skew"
    DISK = "disk"
    BACKUP_AGE = "backup_age"
    DATABASE = "database"
    # Seen from outside, by the watchdog.
    BOT_SILENT = "bot_silent"
    DISCORD_SILENT = "discord_silent"

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return Severity.WARNING if self in WARNINGS else Severity.CRITICAL

    @property
    def runbook(self) -> str:
        """The page that says what to do."""
        return f"docs/runbooks/{self.value}.md"


WARNINGS = frozenset(
    {
        Condition.STALE_FEED,
        Condition.TOKEN,
        Condition.DISK,
        Condition.BACKUP_AGE,
        Condition.DISCORD_SILENT,
    }
)
# What a person must see to, but not at night (`NoticeKind.UPKEEP`). The other warnings mean that
# something does not work now: proposals that do not come, a broker that cannot be reached.
UPKEEP = frozenset({Condition.DISK, Condition.BACKUP_AGE})
# The alert channel hears of these by an alarm of their own, at the moment they become true.
TOLD_IN_CHAT = frozenset(
    {
        Condition.NAV_FLOOR,
        Condition.DAY_LOSS,
        Condition.LOSING_STREAK,
        Condition.BROKER_ERRORS,
        Condition.UNKNOWN_ORDER,
        Condition.DRIFT,
        Condition.BROKEN_BOOKS,
        Condition.CYCLE_STEP,
        Condition.CLOCK_SKEW,
    }
)
# A critical condition that lasts is told again after so long.
AGAIN_AFTER = timedelta(hours=1)


class Turn(Enum):
    """What became of a condition since the last look."""

    BEGAN = "began"
    LASTS = "lasts"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """One condition that is true now: since when, in which words, and when people last heard of it."""

    condition: Condition
    since: datetime
    text: str
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be told of one condition."""

    turn: Turn
    condition: Condition
    text: str
    since: datetime
    at: datetime

    @property
    def severity(self) -> Severity:
        """How urgent the notice is: as bad as what it tells of, its end included."""
        return self.condition.severity


Standing = Mapping[Condition, Lasting]


def looked_again(
    before: Standing, found: Mapping[Condition, str], now: datetime
) -> tuple[Standing, tuple[Notice, ...]]:
    """Return what lasts now, and what is to be told of the difference.

    `found` holds a sentence for each condition that is true. The same condition in other words is
    no news.
    """
    after: dict[Condition, Lasting] = {}
    notices: list[Notice] = []
    for condition, text in found.items():
        known = before.get(condition)
        if known is None:
            known = Lasting(condition=condition, since=now, text=text, told_at=now)
            notices.append(notice_of(known, Turn.BEGAN, now))
        else:
            known = replace(known, text=text)
            if condition.severity is Severity.CRITICAL and now - known.told_at >= AGAIN_AFTER:
                known = replace(known, told_at=now)
                notices.append(notice_of(known, Turn.LASTS, now))
        after[condition] = known
    ended = [known for condition, known in before.items() if condition not in found]
    notices += [notice_of(known, Turn.ENDED, now) for known in ended]
    return after, tuple(notices)


def worst(standing: Standing) -> Severity:
    """Return how bad it is in all."""
    found = {condition.severity for condition in standing}
    for severity in (Severity.CRITICAL, Severity.WARNING):
        if severity in found:
            return severity
    return Severity.HEALTHY


def notice_of(known: Lasting, turn: Turn, now: datetime) -> Notice:
    """Return what is told at `now` of a condition that took this turn."""
    return Notice(turn=turn, condition=known.condition, text=known.text, since=known.since, at=now)

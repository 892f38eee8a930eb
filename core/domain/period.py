"""The spans that people ask for: today, this week, this month, everything so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from core.domain.krx import KST
from core.domain.reflection import week_of

# Before the first account that anybody can have stored.
_EVER = datetime(2000, 1, 1, tzinfo=KST)


class PeriodKind(Enum):
    """What can be asked for. The locale files hold a name per member (``report.period_…``)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole days in Korea from `starts` on and before `ends`."""

    kind: PeriodKind
    starts: datetime
    ends: datetime

    def __str__(self) -> str:
        """As ``month 2026-11-01``."""
        return f"{self.kind.value} {self.starts:%Y-%m-%d}"


def period_of(kind: PeriodKind, now: datetime) -> Period:
    """Return the period of `kind` that `now` lies in, up to the end of its day."""
    today = datetime.combine(now.astimezone(KST).date(), time(), tzinfo=KST)
    starts = {
        PeriodKind.DAY: today,
        PeriodKind.WEEK: week_of(today.date()).starts,
        PeriodKind.MONTH: today.replace(day=1),
        PeriodKind.ALL: _EVER,
    }
    return Period(kind=kind, starts=starts[kind], ends=today + timedelta(days=1))

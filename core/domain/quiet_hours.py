"""The hours in which nobody wants to hear of what can wait."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time

from core.domain.krx import KST

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Every day from `begins` up to `ends`, in KST; over midnight when it ends before it begins.

    Raises ValueError when both are the same: that would be never, or always.
    """

    begins: time
    ends: time

    def __post_init__(self) -> None:
        if self.begins == self.ends:
            raise ValueError("quiet hours must end at another time than they begin")

    def cover(self, instant: datetime) -> bool:
        """Whether `instant` lies in them."""
        at = instant.astimezone(KST).time()
        if self.begins < self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends

    def __str__(self) -> str:
        """Return them as they are stored and shown, for example ``22:00-08:00``."""
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


def clock_time(text: str) -> time | None:
    """Return ``9:05`` or ``09:05`` as a time of day, None for anything else."""
    found = _CLOCK.fullmatch(text.strip())
    return time(int(found[1]), int(found[2])) if found else None


def quiet_hours(text: str | None) -> QuietHours | None:
    """Return what ``22:00-08:00`` says; None for nothing, or what nobody can read."""
    begins, dash, ends = (text or "").partition("-")
    first, last = clock_time(begins), clock_time(ends)
    if not dash or first is None or last is None or first == last:
        return None
    return QuietHours(first, last)

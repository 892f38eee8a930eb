"""What people chose to hear, kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.domain.notices import Loudness, NoticeKind, Notices
from core.domain.quiet_hours import QuietHours
from core.errors import StorageError


@dataclass
class FakeNotices:
    people: Callable[[], Collection[int]]
    now: Callable[[], datetime]
    current: Notices = field(default_factory=Notices)
    kept: list[tuple[NoticeKind, str, str]] = field(default_factory=list)
    fails: bool = False

    async def choose(self, kind: NoticeKind, loudness: Loudness, *, by: int) -> None:
        del by
        if self.fails:
            raise StorageError("disk full")
        self.current = replace(self.current, chosen={**self.current.chosen, kind: loudness})

    async def set_quiet(self, hours: QuietHours | None, *, by: int) -> None:
        if self.fails:
            raise StorageError("disk full")
        self.current = replace(self.current, own_hours={**self.current.own_hours, by: hours})

    def awake(self) -> tuple[int, ...]:
        return self.current.awake(self.people(), self.now())

    async def keep(self, kind: NoticeKind, name: str, title: str) -> None:
        self.kept.append((kind, name, title))

    async def waiting(self) -> int:
        return len(self.kept)

"""What /system notifications asks of the application, and whoever posts a message."""

from __future__ import annotations

from typing import Protocol

from core.domain.notices import Loudness, NoticeKind, Notices
from core.domain.quiet_hours import QuietHours


class NoticeDesk(Protocol):
    """What people chose to hear, and when (core.runtime.notice_book)."""

    @property
    def current(self) -> Notices:
        """What counts now."""

    async def choose(self, kind: NoticeKind, loudness: Loudness, *, by: int) -> None:
        """Tell a kind so loud from now on, to everybody. Raises StorageError."""

    async def set_quiet(self, hours: QuietHours | None, *, by: int) -> None:
        """Let a person be called no more during `hours`, or always again. Raises StorageError."""

    def awake(self) -> tuple[int, ...]:
        """Return whom a message may call that can do without."""

    async def keep(self, kind: NoticeKind, name: str, title: str) -> None:
        """Keep the title of what is not posted at all for the digest. Raises StorageError."""

    async def waiting(self) -> int:
        """Return how much is kept for the next digests. Raises StorageError."""

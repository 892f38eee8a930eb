"""Tells together, once, what was kept back: for quiet hours, or because people switched it off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.domain.krx import KST
from core.domain.notices import Loudness, NoticeKind, kind_of
from core.domain.outbox import OutboxMessage
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.ports.outbox import Outbox
from core.ports.phrases import Phrases
from core.runtime.notice_book import NoticeBook

# Outbox keys: `digest:<loudness>:…`; who shows alarms reads the loudness.
DIGEST_KEY = "digest"
LINES_MAX = 20
# The texts of upkeep share what a message of Discord holds beside the titles (4,096 in all).
TEXTS_CHARACTERS_MAX = 2_400


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDigest:
    """Looks every minute. What it tells and that it told it is one transaction."""

    book: NoticeBook
    ledger: Ledger
    outbox: Outbox
    clock: Clock
    phrases: Phrases

    async def look(self) -> None:
        """Tell what is due, while somebody is awake. Raises StorageError."""
        if self.book.all_asleep():
            return
        now, notices = self.clock.now(), self.book.current
        async with self.ledger.transaction() as tx:
            due = [
                one
                for one in await tx.held_back()
                if one.held_at is not None and notices.is_due(kind_of(one.key), one.held_at, now)
            ]
            if not due:
                return
            for one in due:
                await tx.mark_delivered(one.key, now)
            rings = any(self._rings(one) for one in due)
            loudness = Loudness.ON if rings else Loudness.SILENT
            title = self.phrases.say("notices.digest_title", count=len(due))
            key = f"{DIGEST_KEY}:{loudness.value}:{due[0].key}"
            await self.outbox.tell(tx, key, title, "\n".join(self._lines(due, now)))

    def _rings(self, message: OutboxMessage) -> bool:
        kind = kind_of(message.key)
        return kind is None or self.book.current.loudness(kind) is Loudness.ON

    def _lines(self, due: list[OutboxMessage], now: datetime) -> list[str]:
        told = due[:LINES_MAX]
        texts = sum(kind_of(one.key) is NoticeKind.UPKEEP for one in told)
        room = TEXTS_CHARACTERS_MAX // max(texts, 1)
        lines = [_line(one, now, room) for one in told]
        if len(due) > LINES_MAX:
            lines.append(self.phrases.say("notices.digest_more", count=len(due) - LINES_MAX))
        return lines


def _line(message: OutboxMessage, now: datetime, room: int) -> str:
    """Return when it was, with the day unless that is today, and its title.

    Of upkeep the text follows on a line of its own, in `room` characters: it says what to do, and
    nothing else shows it any more.
    """
    when = message.created_at.astimezone(KST)
    is_today = when.date() == now.astimezone(KST).date()
    line = f"{when:{'%H:%M' if is_today else '%m-%d %H:%M'}} {message.title}"
    text = " ".join(message.text.split())
    if kind_of(message.key) is not NoticeKind.UPKEEP or not text:
        return line
    return f"{line}\n↳ {_fitted(text, room)}"


def _fitted(text: str, room: int) -> str:
    """Return the text without its middle where many share the room: both its ends say what to do."""
    if len(text) <= room:
        return text
    half = (room - 3) // 2
    return f"{text[:half].rstrip()} … {text[-half:].lstrip()}"

"""Small real parts for the operations' tests."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.outbox import OutboxMessage
from core.errors import StorageError


def at(day: str, hour: str) -> datetime:
    """KST."""
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=KST)


@dataclass
class FakeAlerts:
    """Remembers alarms."""

    told: list[tuple[str, str]] = field(default_factory=list)
    failures: int = 0
    can_wait: list[bool] = field(default_factory=list)

    async def post(self, message: OutboxMessage) -> bool:
        return await self.alert(message.title, message.text)

    async def alert(self, title: str, text: str, *, can_wait: bool = False) -> bool:
        if self.failures:
            self.failures -= 1
            return False
        self.told.append((title, text))
        self.can_wait.append(can_wait)
        return True


@dataclass
class FakeSettingsLedger:
    """Only the stored switches of a ledger."""

    rows: dict[str, str] = field(default_factory=dict)
    journal: list[JournalEntry] = field(default_factory=list)
    broken: bool = False

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        return self._open()

    @asynccontextmanager
    async def _open(self):
        if self.broken:
            raise StorageError("disk full")
        yield self

    async def setting(self, name: str) -> str | None:
        return self.rows.get(name)

    async def put_setting(self, name: str, value: str) -> None:
        self.rows[name] = value

    async def append_journal(self, entry: JournalEntry) -> None:
        self.journal.append(entry)


async def turns(number: int = 5) -> None:
    """Let ready tasks run."""
    for _ in range(number):
        await asyncio.sleep(0)

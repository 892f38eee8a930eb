"""The memory service on a real SQLite file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path

import pytest

from core.domain.conversation import ChatSession, SessionState
from core.domain.krx import KST
from core.domain.memory import MemoryNote
from core.services.memory.service import MemoryService
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.memory.notes import SqlMemoryArchive
from storage.opening import open_database
from storage.sessions import SqlSessionArchive
from tests.fakes.session_desk import FixedClock

DAY = date(2023, 3, 2)
AT = datetime(2023, 3, 2, 9, 0, tzinfo=KST)
OWNER, OTHER, THREAD = 42, 43, 900


def note(text: str, *, owner_id: int = 0, kind: str = "briefing") -> MemoryNote:
    return MemoryNote(
        kind=kind,
        text=text,
        day=DAY,
        source=f"s:{text}",
        created_at=AT,
        owner_id=owner_id,
        thread_id=THREAD if owner_id else 0,
    )


class Attic:
    """The service and what it stands on."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ledger = SqlLedger(database)
        self.sessions = SqlSessionArchive(database)
        self.archive = SqlMemoryArchive(database, guild_id=5)
        self.service = MemoryService(self.archive, self.sessions, FixedClock())

    async def open_thread(self, thread_id: int, owner_id: int) -> None:
        await self.sessions.open_session(
            ChatSession(
                thread_id=thread_id,
                channel_id=1,
                owner_id=owner_id,
                title="t",
                state=SessionState.OPEN,
                opened_at=AT,
                last_activity_at=AT,
            )
        )


@pytest.fixture
async def attic(database_file: Path) -> AsyncIterator[Attic]:
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    try:
        yield Attic(database)
    finally:
        await database.close()

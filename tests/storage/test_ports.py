from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from core.ports.archive import (
    BarArchive,
    CycleArchive,
    PassageArchive,
    SessionArchive,
)
from core.ports.ledger import Ledger, LedgerTransaction
from core.ports.memory import MemoryArchive
from storage.bars import SqlBarArchive
from storage.cycles import SqlCycleArchive
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.memory.notes import SqlMemoryArchive
from storage.passages import SqlPassageArchive
from storage.sessions import SqlSessionArchive
from tests.contracts.ledger_values import KODEX, MORNING


async def test_storage_keeps_the_ports(database: Database) -> None:
    """The annotations are the check: mypy compares each class with its port."""
    ledger: Ledger = SqlLedger(database)
    sessions: SessionArchive = SqlSessionArchive(database)
    memory: MemoryArchive = SqlMemoryArchive(database)
    cycles: CycleArchive = SqlCycleArchive(database)
    bars: BarArchive = SqlBarArchive(database)
    passages: PassageArchive = SqlPassageArchive(database, "hash")
    opened: AbstractAsyncContextManager[LedgerTransaction] = ledger.transaction()
    async with opened as tx:
        assert await tx.setting("state") is None
    assert await sessions.session(1) is None
    assert await memory.nearest("환율", reader=None, limit=1) == ()
    assert await cycles.steps_of(MORNING.date()) == ()
    assert await bars.bars(KODEX, adjusted=True, end=MORNING.date(), limit=1) == ()
    assert await passages.watched() == ()

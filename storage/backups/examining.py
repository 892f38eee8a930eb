"""What a copy of a database holds, and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, func, select

from core.domain.journal import JournalHead
from core.domain.modes import Mode
from core.errors import DataError
from storage.engine import Database
from storage.ledger_journal import verify_chain
from storage.migrations import stored_revision
from storage.schema import journal, orders, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was found in a whole copy. `last_at` is None where nothing was ever journalled."""

    revision: str
    broker: str
    mode: Mode
    account_hash: str
    journal: JournalHead
    last_at: datetime | None
    orders: int


def address_of(path: Path) -> str:
    """Return the database address of a SQLite file."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


async def examine(path: Path) -> Contents:
    """Prove a copy: pages, foreign keys, revision, stamp, and every hash of the journal.

    Raises StorageError (damaged, JournalAltered), ConfigurationError (of another program or newer
    than this one), DataError when it is nobody's yet.
    """
    database = Database(address_of(path), read_only=True)
    try:
        await database.integrity_check()
        revision = await stored_revision(database)
        async with database.reading() as sql:
            stamped = None if revision is None else await sql.row(select(stamp))
            if revision is None or stamped is None:
                raise DataError(f"{path.name}: no bot has ever used this database")
            head = await verify_chain(sql)
            last = await sql.row(select(journal.c.at).where(journal.c.seq == head.lines))
            counted = await sql.row(select(func.count().label("orders")).select_from(orders))
    finally:
        await database.close()
    return Contents(
        revision=revision,
        broker=stamped["broker"],
        mode=stamped["mode"],
        account_hash=stamped["account_hash"],
        journal=head,
        last_at=None if last is None else last["at"],
        orders=0 if counted is None else counted["orders"],
    )

"""What holdings have been through, on SQL (`core.ports.archive.PassageArchive`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy import delete, select

from core.domain.passages import WatchedPosition
from storage.engine import Database
from storage.schema import passages


class SqlPassageArchive:
    """One row per holding of one account, which the database must know."""

    def __init__(self, database: Database, account_hash: str) -> None:
        self._database = database
        self._account = account_hash

    async def watched(self) -> tuple[WatchedPosition, ...]:
        """Return what is remembered, by symbol."""
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(passages)
                .where(passages.c.account_hash == self._account)
                .order_by(passages.c.symbol)
            )
        found = []
        for row in rows:
            values = dict(row)
            del values["account_hash"]
            found.append(WatchedPosition(**values))
        return tuple(found)

    async def replace_watched(self, positions: Collection[WatchedPosition]) -> None:
        """Remember these and nothing else, in one step: what is left out has ended."""
        owner = {"account_hash": self._account}
        async with self._database.transaction() as sql:
            await sql.run(delete(passages).where(passages.c.account_hash == self._account))
            if positions:
                await sql.insert_many(passages, [{**owner, **asdict(item)} for item in positions])

"""What holdings have been through, on SQL (`core.ports.archive.PassageArchive`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, select, update

from core.domain.instrument import Symbol
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

    async def raise_peak(self, symbol: Symbol, price_won: int, at: datetime) -> bool:
        """Remember a higher price of one holding; return False when it is not remembered, or lower."""
        async with self._database.transaction() as sql:
            return await sql.changed(
                update(passages)
                .where(
                    passages.c.account_hash == self._account,
                    passages.c.symbol == symbol,
                    passages.c.peak_won < price_won,
                )
                .values(peak_won=price_won, updated_at=at)
            )

"""Daily bars on SQL (`core.ports.archive.BarArchive`); adjusted and raw are kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import delete, select

from core.domain.instrument import Symbol
from core.domain.market import Bar, BarSeries
from storage.engine import Database
from storage.schema import bars

_FIELDS = (
    bars.c.symbol,
    bars.c.session,
    bars.c.open_won,
    bars.c.high_won,
    bars.c.low_won,
    bars.c.close_won,
    bars.c.volume_shares,
)


class SqlBarArchive:
    """One row per (symbol, adjusted, session)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_bars(self, series: BarSeries) -> None:
        """Insert or replace the bars of one series."""
        shared = {"adjusted": series.adjusted, "source": series.source}
        rows = [{**asdict(bar), **shared} for bar in series.bars]
        async with self._database.transaction() as sql:
            await sql.upsert(bars, rows, ("symbol", "adjusted", "session"))

    async def bars(
        self, symbol: Symbol, *, adjusted: bool, end: date, limit: int
    ) -> tuple[Bar, ...]:
        """Return the newest `limit` bars up to `end`, oldest first."""
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(*_FIELDS)
                .where(bars.c.symbol == symbol, bars.c.adjusted == adjusted, bars.c.session <= end)
                .order_by(bars.c.session.desc())
                .limit(max(limit, 0))
            )
        return tuple(Bar(**row) for row in reversed(rows))

    async def forget_bars(self, symbols: Sequence[Symbol], *, adjusted: bool) -> None:
        """Delete stored bars, for a series whose adjustment changed."""
        async with self._database.transaction() as sql:
            await sql.run(
                delete(bars).where(bars.c.symbol.in_(list(symbols)), bars.c.adjusted == adjusted)
            )

"""Daily bars on SQL (`core.ports.archive.BarArchive`); adjusted and raw are kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select

from core.domain.instrument import Symbol
from core.domain.market import Bar, BarSeries
from storage.engine import Database
from storage.schema import bars
from storage.statements import Statements

_FIELDS = (
    bars.c.symbol,
    bars.c.session,
    bars.c.open_won,
    bars.c.high_won,
    bars.c.low_won,
    bars.c.close_won,
    bars.c.volume_shares,
)
_KEY = ("symbol", "adjusted", "session")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBar:
    """A bar, where it came from, and when it was last learned."""

    bar: Bar
    source: str
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSeries:
    """What is stored of one symbol on one basis."""

    symbol: Symbol
    adjusted: bool
    rows: int
    first: date
    last: date
    sources: tuple[str, ...]
    as_of: datetime


class SqlBarArchive:
    """One row per (symbol, adjusted, session)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_bars(self, series: BarSeries, as_of: datetime) -> None:
        """Insert or replace the bars of one series, as they were known at `as_of`."""
        async with self._database.transaction() as sql:
            await _save(sql, series, as_of)

    async def replace_bars(self, series: BarSeries, as_of: datetime) -> None:
        """Put `series` in place of all that is stored of its symbol and basis, in one step."""
        async with self._database.transaction() as sql:
            await _forget(sql, [series.symbol], adjusted=series.adjusted)
            await _save(sql, series, as_of)

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

    async def stored(
        self, symbol: Symbol, *, adjusted: bool, end: date, limit: int
    ) -> tuple[StoredBar, ...]:
        """Return the newest `limit` bars up to `end` with their provenance, oldest first."""
        async with self._database.reading() as sql:
            rows = await sql.rows(
                select(*_FIELDS, bars.c.source, bars.c.as_of)
                .where(bars.c.symbol == symbol, bars.c.adjusted == adjusted, bars.c.session <= end)
                .order_by(bars.c.session.desc())
                .limit(max(limit, 0))
            )
        return tuple(
            StoredBar(
                bar=Bar(**{column.name: row[column.name] for column in _FIELDS}),
                source=row["source"],
                as_of=row["as_of"],
            )
            for row in reversed(rows)
        )

    async def series(self) -> tuple[StoredSeries, ...]:
        """Return what is stored, one entry per symbol and basis."""
        key = (bars.c.symbol, bars.c.adjusted)
        async with self._database.reading() as sql:
            found = await sql.rows(
                select(
                    *key,
                    func.count().label("rows"),
                    func.min(bars.c.session, type_=bars.c.session.type).label("first"),
                    func.max(bars.c.session, type_=bars.c.session.type).label("last"),
                    func.max(bars.c.as_of, type_=bars.c.as_of.type).label("as_of"),
                )
                .group_by(*key)
                .order_by(*key)
            )
            named = await sql.rows(select(*key, bars.c.source).distinct().order_by(bars.c.source))
        sources: dict[tuple[str, bool], list[str]] = {}
        for row in named:
            sources.setdefault((row["symbol"], row["adjusted"]), []).append(row["source"])
        return tuple(
            StoredSeries(**row, sources=tuple(sources[row["symbol"], row["adjusted"]]))
            for row in found
        )

    async def forget_bars(self, symbols: Sequence[Symbol], *, adjusted: bool) -> None:
        """Delete stored bars, for a series whose adjustment changed."""
        async with self._database.transaction() as sql:
            await _forget(sql, symbols, adjusted=adjusted)


async def _save(sql: Statements, series: BarSeries, as_of: datetime) -> None:
    shared = {"adjusted": series.adjusted, "source": series.source, "as_of": as_of}
    rows = [
        {
            "symbol": bar.symbol,
            "session": bar.session,
            "open_won": bar.open_won,
            "high_won": bar.high_won,
            "low_won": bar.low_won,
            "close_won": bar.close_won,
            "volume_shares": bar.volume_shares,
            **shared,
        }
        for bar in series.bars
    ]
    await sql.upsert(bars, rows, _KEY)


async def _forget(sql: Statements, symbols: Sequence[Symbol], *, adjusted: bool) -> None:
    await sql.run(delete(bars).where(bars.c.symbol.in_(list(symbols)), bars.c.adjusted == adjusted))

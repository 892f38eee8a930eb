"""The market by what is stored alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.domain.instrument import Instrument, Symbol
from core.domain.market import BarSeries
from storage.bars import SqlBarArchive


@dataclass(frozen=True, slots=True)
class StoredMarket:
    """Implements core.ports.reflection.Closes by what is stored alone; asks nobody."""

    archive: SqlBarArchive
    universe: tuple[Instrument, ...]

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        """Return the stored bars up to `end`, oldest first."""
        found = await self.archive.bars(symbol, adjusted=adjusted, end=end, limit=sessions)
        return BarSeries(symbol=symbol, adjusted=adjusted, source="stored", bars=found)

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the facts of a symbol of the universe."""
        return next((item for item in self.universe if item.symbol == symbol), None)

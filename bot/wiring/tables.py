"""The part of the graph that reads the books for numbers and tables."""

from __future__ import annotations

from bot.wiring.foundations import Stores, World
from core.ports.reflection import Closes
from core.services.reflection.exporting import ExportReader
from core.services.reflection.weekly import WeekReader
from storage.outcomes import SqlOutcomeArchive
from storage.trade_history import SqlTradeHistory


def numbers_of(world: World, stores: Stores, market: Closes) -> WeekReader:
    """Return who reads the numbers of a span of days."""
    return WeekReader(
        archive=SqlOutcomeArchive(stores.database),
        history=SqlTradeHistory(stores.database),
        market=market,
        calendar=world.calendar,
        costs=world.settings.costs,
    )


def tables_of(world: World, stores: Stores, market: Closes) -> ExportReader:
    """Return who makes tables for a spreadsheet."""
    return ExportReader(
        history=SqlTradeHistory(stores.database),
        market=market,
        costs=world.settings.costs,
        numbers=numbers_of(world, stores, market),
    )

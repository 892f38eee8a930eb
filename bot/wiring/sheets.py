"""The part of the graph that writes a spreadsheet of Google's, where one is wanted."""

from __future__ import annotations

from bot.exports.google_sheet import GoogleSheet
from bot.exports.sheet_export import SheetExport
from bot.operations.scheduler import DayScheduler
from bot.operations.sheet_evenings import SheetEvenings
from bot.wiring.foundations import Stores, World
from core.ports.broker import Broker
from core.ports.surface import AlertSurface
from core.services.market.service import MarketService
from core.services.portfolio.service import PortfolioService
from core.services.reflection.exporting import ExportReader
from core.services.reflection.weekly import WeekReader
from storage.outcomes import SqlOutcomeArchive
from storage.trade_history import SqlTradeHistory


def sheet_of(
    world: World,
    stores: Stores,
    broker: Broker,
    market: MarketService,
    portfolio: PortfolioService,
) -> SheetExport | None:
    """Build who writes it; None without GOOGLE_SHEET_KEY. Raises ConfigurationError."""
    settings = world.settings
    key = settings.google_sheet_key.get_secret_value()
    if not key:
        return None
    return SheetExport(
        portfolio=portfolio,
        tables=tables_of(world, stores, market),
        sheet=GoogleSheet(key, settings.service_account()),
        broker=broker,
        clock=world.clock,
        phrases=world.phrases,
    )


def numbers_of(world: World, stores: Stores, market: MarketService) -> WeekReader:
    """Return who reads the numbers of a span of days."""
    return WeekReader(
        archive=SqlOutcomeArchive(stores.database),
        history=SqlTradeHistory(stores.database),
        market=market,
        calendar=world.calendar,
        costs=world.settings.costs,
    )


def tables_of(world: World, stores: Stores, market: MarketService) -> ExportReader:
    """Return who makes tables for a spreadsheet."""
    return ExportReader(
        history=SqlTradeHistory(stores.database),
        market=market,
        costs=world.settings.costs,
        numbers=numbers_of(world, stores, market),
    )


def keep_sheet(
    world: World,
    stores: Stores,
    sheet: SheetExport | None,
    alerts: AlertSurface,
    scheduler: DayScheduler,
) -> None:
    """Make the appointment, and keep the one that was missed today."""
    if sheet is None:
        return
    evenings = SheetEvenings(
        sheet=sheet,
        ledger=stores.ledger,
        alerts=alerts,
        calendar=world.calendar,
        clock=world.clock,
        phrases=world.phrases,
    )
    scheduler.add(evenings.job())
    world.supervisor.start("late-sheet", evenings.run())

"""The part of the graph that writes a spreadsheet of Google's, where one is wanted."""

from __future__ import annotations

from bot.exports.google_sheet import GoogleSheet
from bot.exports.sheet_export import SheetExport
from bot.operations.scheduler import DayScheduler
from bot.operations.sheet_evenings import SheetEvenings
from bot.wiring.foundations import Stores, World
from bot.wiring.tables import tables_of
from core.ports.broker import Broker
from core.ports.surface import AlertSurface
from core.services.market.service import MarketService
from core.services.portfolio.service import PortfolioService


def sheet_of(
    world: World,
    stores: Stores,
    broker: Broker,
    market: MarketService,
    portfolio: PortfolioService,
    alerts: AlertSurface,
) -> SheetEvenings | None:
    """Build who writes it; None without GOOGLE_SHEET_KEY. Raises ConfigurationError."""
    settings = world.settings
    key = settings.google_sheet_key.get_secret_value()
    if not key:
        return None
    sheet = SheetExport(
        portfolio=portfolio,
        tables=tables_of(world, stores, market),
        sheet=GoogleSheet(key, settings.service_account()),
        broker=broker,
        clock=world.clock,
        phrases=world.phrases,
    )
    return SheetEvenings(
        sheet=sheet,
        ledger=stores.ledger,
        alerts=alerts,
        calendar=world.calendar,
        clock=world.clock,
        phrases=world.phrases,
    )


def keep_sheet(world: World, sheet: SheetEvenings | None, scheduler: DayScheduler) -> None:
    """Make the appointment, and keep the one that was missed today."""
    if sheet is None:
        return
    scheduler.add(sheet.job())
    world.supervisor.start("late-sheet", sheet.run())

"""`python -m bot export`: trades, fills, tax and net assets as files. Reads only."""

from __future__ import annotations

from pathlib import Path

from bot import locales
from bot.by_hand.loading import loaded
from bot.exports.asked import KINDS, ExportKind, stem_of
from bot.exports.files import FileKind, exported
from bot.files.output import check_place, output_file
from bot.files.strategy import load_strategy
from core.domain.calendar import TradingCalendar
from core.domain.period import PeriodKind, period_of
from core.errors import DataError
from core.runtime.clock import SystemClock
from core.services.reflection.exporting import ExportReader
from core.services.reflection.weekly import WeekReader
from storage.bars import SqlBarArchive
from storage.engine import Database
from storage.migrations import check_revision
from storage.opening import has_database
from storage.outcomes import SqlOutcomeArchive
from storage.stored_market import StoredMarket
from storage.trade_history import SqlTradeHistory


async def export(period: PeriodKind, kind: ExportKind, form: FileKind, folder: Path) -> str:
    """Write the files into `folder` and say which. Runs beside the bot.

    Raises DataError without a database or where a file cannot be written, StorageError, or
    ConfigurationError.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    check_place(folder / "any", phrases)
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    span = period_of(period, SystemClock().now())
    database = Database(settings.database, read_only=True)
    try:
        await check_revision(database)
        market = StoredMarket(SqlBarArchive(database), load_strategy(settings.data_dir).universe)
        history = SqlTradeHistory(database)
        numbers = WeekReader(
            archive=SqlOutcomeArchive(database),
            history=history,
            market=market,
            calendar=TradingCalendar(),
            costs=settings.costs,
        )
        reader = ExportReader(history=history, market=market, costs=settings.costs, numbers=numbers)
        tables = await reader.tables(span, KINDS[kind])
    finally:
        await database.close()
    lines = []
    for item in exported(tables, form, stem_of(kind, span), phrases):
        with output_file(folder / item.name, phrases) as draft:
            draft.write_bytes(item.content)
        lines.append(phrases.say("exports.written", path=folder / item.name))
    return "\n".join(lines)

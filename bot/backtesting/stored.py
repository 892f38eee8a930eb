"""The bot's own stored bars as price files of a backtest."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import date
from pathlib import Path

from bot.operations.logs import configure
from bot.settings import load
from bot.settings.redaction import secrets_of
from core.domain.instrument import Symbol
from core.errors import DataError
from core.ports.phrases import Phrases
from storage.opening import has_database, open_database
from storage.price_files.arrays import chosen
from storage.price_files.price_file import PriceFile
from storage.price_files.report import ReadReport
from storage.price_files.table import PriceTable
from storage.stored_prices import stored_prices


def stored_files(
    symbols: Collection[Symbol] | None, end: date, phrases: Phrases
) -> tuple[PriceFile, PriceFile | None]:
    """Return the stored adjusted prices and, where there are any, the raw ones.

    With raw prices alone they serve as both. Raises DataError where nothing is stored.
    """
    adjusted, raw = asyncio.run(_tables(symbols, phrases))
    if not len(adjusted):
        adjusted, raw = raw, adjusted
    if not len(adjusted):
        raise DataError(phrases.say("data.empty"))
    first = _file(adjusted, end, phrases, "adjusted_basis")
    return first, _file(raw, end, phrases, "raw_basis") if len(raw) else None


async def _tables(
    symbols: Collection[Symbol] | None, phrases: Phrases
) -> tuple[PriceTable, PriceTable]:
    settings = load(local_only=True)
    configure("WARNING", secrets=secrets_of(settings))  # standard output is for the answer alone
    if not await has_database(settings.database):
        raise DataError(phrases.say("data.empty"))
    # Not migrated: the bot may be running on it, and a backtest only looks.
    database = await open_database(settings.database, migrate=False)
    try:
        adjusted = await stored_prices(database, adjusted=True, symbols=symbols)
        return adjusted, await stored_prices(database, adjusted=False, symbols=symbols)
    finally:
        await database.close()


def _file(table: PriceTable, end: date, phrases: Phrases, basis: str) -> PriceFile:
    report = ReadReport(has_volume=table.has_volume)
    kept = chosen(table, None, end, report)
    report.rows = len(kept)
    return PriceFile(Path(phrases.say(f"backtest.{basis}")), kept, report)

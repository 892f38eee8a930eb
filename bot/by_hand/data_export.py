"""`python -m bot data export`: stored bars as a price file, for a backtest or a spreadsheet."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Collection
from pathlib import Path
from typing import IO, cast

from rich.console import Console

from bot import locales
from bot.by_hand.loading import loaded
from bot.files.output import check_place, output_file
from core.domain.instrument import Symbol
from core.errors import DataError
from storage.opening import open_database
from storage.price_files.table import PRICE_COLUMNS, PriceTable
from storage.stored_prices import stored_prices


async def export(path: Path, *, adjusted: bool, symbols: Collection[Symbol]) -> None:
    """Write what is stored of one basis. A file that exists is not overwritten.

    Raises DataError where nothing is stored (of one of `symbols`) or the file cannot be made, and
    StorageError.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    check_place(path, phrases, fresh=True)
    database = await open_database(settings.database)
    try:
        wanted = set(symbols) or None
        table = await stored_prices(database, adjusted=adjusted, symbols=wanted)
    finally:
        await database.close()
    if not len(table) and wanted is None:
        raise DataError(phrases.say("data.empty"))
    missing = sorted((wanted or set()) - set(table.codes))
    if missing:
        raise DataError(phrases.say("data.no_bars", symbol=", ".join(missing)))
    with output_file(path, phrases) as draft, _opened(draft, packed=path.suffix == ".gz") as stream:
        _write(stream, table)
    line = phrases.say("data.exported", path=path, rows=len(table), symbols=len(table.codes))
    Console(highlight=False, soft_wrap=True).print(line, markup=False)


def _opened(path: Path, *, packed: bool) -> IO[str]:
    if packed:
        return cast("IO[str]", gzip.open(path, "wt", encoding="utf-8", newline=""))
    return path.open("w", encoding="utf-8", newline="")


def _write(stream: IO[str], table: PriceTable) -> None:
    """Write rows by symbol and day; a series without volumes gets no volume column."""
    writer = csv.writer(stream, lineterminator="\n")
    numbers = [*PRICE_COLUMNS, *(["volume"] if table.has_volume else [])]
    writer.writerow(["date", "symbol", *numbers])
    for code in table.codes:
        column = table.column(code)
        values = [getattr(column, name).tolist() for name in numbers]
        for day, *row in zip(column.dates(), *values, strict=True):
            writer.writerow([day.isoformat(), code, *row])

"""`python -m bot data import`: a price file into the stored bars."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bot import locales
from bot.by_hand.import_report import (
    Difference,
    ImportOutcome,
    outcome_facts,
    outcome_lines,
    write_refusals,
)
from bot.by_hand.loading import loaded
from bot.by_hand.stored_bars import opened_archive
from bot.files.calendar import load_day_words
from bot.files.output import check_place
from bot.files.price_reading import read_price_file, written_at
from core.domain.calendar import TradingCalendar
from core.domain.day_consensus import with_overrides
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Bar, BarSeries
from core.errors import ConfigurationError, DataError
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from storage.bars import SqlBarArchive
from storage.price_files.gaps import gaps_of
from storage.price_files.price_file import PriceFile
from storage.price_files.table import PriceColumn

_ALL = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """What to import. `replace` puts a series in place of a stored one that differs.

    `refused_to` is a CSV for every refused row: line, reason, column, what stands there.
    """

    path: Path
    adjusted: bool
    symbols: frozenset[str] | None = None
    replace: bool = False
    refused_to: Path | None = None
    as_of: datetime | None = None
    as_json: bool = False


async def import_file(order: ImportOrder) -> bool:
    """Read, store and tell; return whether everything of the file was taken.

    Raises DataError when the file as a whole cannot be read, ConfigurationError, StorageError.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    _check(order, phrases)
    calendar = TradingCalendar(with_overrides(load_day_words(settings.data_dir)))
    with _progress() as progress:
        found = _read(order, progress, phrases)
        outcome = ImportOutcome(
            found=found,
            adjusted=order.adjusted,
            as_of=order.as_of or written_at(order.path),
            gaps=gaps_of(found.table, calendar),
            absent=tuple(sorted((order.symbols or frozenset()) - set(found.table.codes))),
        )
        async with opened_archive(settings) as archive:
            await _store(order, outcome, archive, progress, phrases)
    if order.refused_to is not None:
        write_refusals(order.refused_to, found, phrases)
    console = Console(highlight=False, soft_wrap=True)
    if order.as_json:
        console.print(json.dumps(outcome_facts(outcome), ensure_ascii=False), markup=False)
    else:
        for line in outcome_lines(outcome, phrases):
            console.print(line, markup=False)
    return outcome.is_complete


def _check(order: ImportOrder, phrases: Phrases) -> None:
    """Refuse what cannot end well before anything is read."""
    if order.refused_to is not None:
        check_place(order.refused_to, phrases)
    if order.as_of is not None and order.as_of > SystemClock().now():
        raise ConfigurationError(phrases.say("data.as_of_to_come", day=order.as_of.date()))


def _read(order: ImportOrder, progress: Progress, phrases: Phrases) -> PriceFile:
    task = progress.add_task(phrases.say("data.reading"), total=None)
    found = read_price_file(
        order.path,
        phrases,
        symbols=order.symbols,
        progress=lambda done, total: progress.update(task, completed=done, total=total),
    )
    if not found.report.rows and not found.report.refused_rows:
        raise DataError(phrases.say("data.nothing_asked_for", path=order.path))
    return found


async def _store(
    order: ImportOrder,
    outcome: ImportOutcome,
    archive: SqlBarArchive,
    progress: Progress,
    phrases: Phrases,
) -> None:
    table = outcome.found.table
    task = progress.add_task(phrases.say("data.storing"), total=len(table.codes))
    for code in table.codes:
        series = BarSeries(
            symbol=Symbol(code),
            adjusted=order.adjusted,
            source=outcome.source,
            bars=tuple(_bars(table.column(code))),
        )
        stored = await archive.bars(
            series.symbol, adjusted=order.adjusted, end=date.max, limit=_ALL
        )
        difference = _difference(series, stored, with_volume=table.has_volume)
        if difference is None:
            await archive.save_bars(series, outcome.as_of)
        elif order.replace:
            await archive.replace_bars(series, outcome.as_of)
            outcome.replaced += 1
        else:
            outcome.differing.append(difference)
        if difference is None or order.replace:
            outcome.symbols += 1
            outcome.rows += len(series.bars)
        progress.advance(task)


def _bars(column: PriceColumn) -> Iterator[Bar]:
    symbol = Symbol(column.code)
    for day, opened, high, low, close, volume in zip(
        column.dates(),
        column.open.tolist(),
        column.high.tolist(),
        column.low.tolist(),
        column.close.tolist(),
        column.volume.tolist(),
        strict=True,
    ):
        yield Bar(
            symbol=symbol,
            session=day,
            open_won=opened,
            high_won=high,
            low_won=low,
            close_won=close,
            volume_shares=volume,
        )


def _difference(
    series: BarSeries, stored: Sequence[Bar], *, with_volume: bool
) -> Difference | None:
    """Return where the file says something else of a day that is stored; one basis per series.

    Adjusted prices without a common day are a difference too: each distribution moves the whole
    past, so nobody can tell that both were adjusted to the same day.
    """
    known = {bar.session: bar for bar in stored}
    shared = [bar for bar in series.bars if bar.session in known]
    differing = [
        bar for bar in shared if _says(bar, with_volume) != _says(known[bar.session], with_volume)
    ]
    first = differing[0] if differing else series.bars[0]
    if differing:
        beside = known[first.session]
    elif series.adjusted and stored and not shared:
        beside = stored[-1]
    else:
        return None
    return Difference(symbol=first.symbol, days=len(differing), first=first, stored=beside)


def _says(bar: Bar, with_volume: bool) -> tuple[int, ...]:  # noqa: FBT001 - private
    prices = (bar.open_won, bar.high_won, bar.low_won, bar.close_won)
    return (*prices, bar.volume_shares) if with_volume else prices


def day_start(day: date) -> datetime:
    """Return the first instant of a day in Korea."""
    return datetime.combine(day, datetime.min.time(), tzinfo=KST)


def _progress() -> Progress:
    """Return a bar on standard error, if that is a terminal: standard output has the report alone."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )

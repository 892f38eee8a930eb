"""`python -m bot data import`: a price file into the stored bars."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bot import locales
from bot.calendar_file import load_day_words
from bot.price_words import SHOWN_MAX, account, in_words
from bot.settings import load
from bot.stored_bars import opened_archive
from core.domain.calendar import TradingCalendar
from core.domain.day_consensus import with_overrides
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Bar, BarSeries
from core.errors import DataError
from core.ports.phrases import Phrases
from storage.bars import SqlBarArchive
from storage.price_files.gaps import gaps_of
from storage.price_files.price_file import PriceFile
from storage.price_files.reader import read_prices
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


@dataclass(frozen=True, slots=True)
class _Difference:
    symbol: str
    days: int
    first: Bar
    stored: Bar


@dataclass(slots=True)
class _Outcome:
    rows: int = 0
    symbols: int = 0
    replaced: int = 0
    differing: list[_Difference] = field(default_factory=list)


async def import_file(order: ImportOrder) -> bool:
    """Read, store and tell; return whether everything of the file was taken.

    Raises DataError when the file as a whole cannot be read, ConfigurationError, StorageError.
    """
    settings = load(local_only=True)
    phrases = locales.load(settings.locale)
    console = Console(highlight=False, soft_wrap=True)
    with _progress() as progress:
        found = _read(order, progress, phrases)
        as_of = order.as_of or _written_at(order.path)
        async with opened_archive(settings) as archive:
            outcome = await _store(order, found, as_of, archive, progress, phrases)
    if order.refused_to is not None:
        _write_refusals(order.refused_to, found, phrases)
    calendar = TradingCalendar(with_overrides(load_day_words(settings.data_dir)))
    for line in (
        *account(found, phrases),
        *_gap_lines(found, calendar, phrases),
        *_outcome_lines(order, outcome, as_of, phrases),
    ):
        console.print(line, markup=False)
    return not (found.report.refused_rows or outcome.differing)


def _read(order: ImportOrder, progress: Progress, phrases: Phrases) -> PriceFile:
    task = progress.add_task(phrases.say("data.reading"), total=None)
    with in_words(phrases):
        found = read_prices(
            order.path,
            symbols=order.symbols,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if not found.report.rows and not found.report.refused_rows:
        raise DataError(phrases.say("data.nothing_asked_for", path=order.path))
    return found


async def _store(
    order: ImportOrder,
    found: PriceFile,
    as_of: datetime,
    archive: SqlBarArchive,
    progress: Progress,
    phrases: Phrases,
) -> _Outcome:
    outcome = _Outcome()
    task = progress.add_task(phrases.say("data.storing"), total=len(found.table.codes))
    for code in found.table.codes:
        column = found.table.column(code)
        series = BarSeries(
            symbol=Symbol(code),
            adjusted=order.adjusted,
            source=f"file:{order.path.name}",
            bars=tuple(_bars(column)),
        )
        stored = await archive.bars(
            series.symbol, adjusted=order.adjusted, end=series.bars[-1].session, limit=_ALL
        )
        difference = _difference(series.bars, stored, with_volume=found.table.has_volume)
        if difference is None:
            await archive.save_bars(series, as_of)
        elif order.replace:
            await archive.replace_bars(series, as_of)
            outcome.replaced += 1
        else:
            outcome.differing.append(difference)
        if difference is None or order.replace:
            outcome.symbols += 1
            outcome.rows += len(series.bars)
        progress.advance(task)
    return outcome


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
    bars: Sequence[Bar], stored: Sequence[Bar], *, with_volume: bool
) -> _Difference | None:
    """Return where the file says something else of a day that is stored; one basis per series."""
    known = {bar.session: bar for bar in stored}
    differing = [
        bar
        for bar in bars
        if bar.session in known
        and _says(bar, with_volume) != _says(known[bar.session], with_volume)
    ]
    if not differing:
        return None
    first = differing[0]
    return _Difference(first.symbol, len(differing), first, known[first.session])


def _says(bar: Bar, with_volume: bool) -> tuple[int, ...]:  # noqa: FBT001 - private
    prices = (bar.open_won, bar.high_won, bar.low_won, bar.close_won)
    return (*prices, bar.volume_shares) if with_volume else prices


def _gap_lines(found: PriceFile, calendar: TradingCalendar, phrases: Phrases) -> Iterator[str]:
    gaps = gaps_of(found.table, calendar)
    for key, listed in (("gaps", gaps.missing), ("strange", gaps.strange)):
        if not listed:
            continue
        yield phrases.say(f"data.{key}", count=len(listed))
        most = sorted(listed.items(), key=lambda item: -len(item[1]))
        for symbol, days in most[:SHOWN_MAX]:
            yield phrases.say(
                "data.gaps_line", symbol=symbol, days=len(days), first=days[0], last=days[-1]
            )


def _outcome_lines(
    order: ImportOrder, outcome: _Outcome, as_of: datetime, phrases: Phrases
) -> Iterator[str]:
    yield phrases.say(
        "data.stored",
        basis=phrases.say("data.basis_adjusted" if order.adjusted else "data.basis_raw"),
        rows=outcome.rows,
        symbols=outcome.symbols,
        source=f"file:{order.path.name}",
        as_of=as_of,
    )
    if outcome.replaced:
        yield phrases.say("data.replaced", count=outcome.replaced)
    if outcome.differing:
        yield phrases.say("data.differs", count=len(outcome.differing))
        for one in outcome.differing[:SHOWN_MAX]:
            yield phrases.say(
                "data.differs_line",
                symbol=one.symbol,
                days=one.days,
                day=one.first.session,
                ours=one.stored.close_won,
                theirs=one.first.close_won,
            )


def _write_refusals(path: Path, found: PriceFile, phrases: Phrases) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["line", "reason", "column", "found"])
            for one in found.report.refusals:
                reason = phrases.say(f"data.reason_{one.reason.value}")
                writer.writerow([one.line, reason, one.column, one.found])
    except OSError as error:
        raise DataError(
            phrases.say("data.unwritable", path=path, error=error.strerror or error)
        ) from error


def _written_at(path: Path) -> datetime:
    """Return when the file was last written: what it says was known no later than that."""
    return datetime.fromtimestamp(path.stat().st_mtime, tz=KST)


def day_start(day: date) -> datetime:
    """Return the first instant of a day in Korea."""
    return datetime.combine(day, datetime.min.time(), tzinfo=KST)


def _progress() -> Progress:
    """Return a bar on standard error: standard output carries the report alone."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )

"""`python -m bot data show`: what is stored, and where it came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table

from bot import locales
from bot.by_hand.loading import loaded
from bot.by_hand.stored_bars import opened_archive
from core.domain.instrument import Symbol
from core.errors import DataError
from core.ports.phrases import Phrases
from storage.bars import SqlBarArchive, StoredBar, StoredSeries

NUMBERS = ("open", "high", "low", "close", "volume")


async def show(code: Symbol | None, *, adjusted: bool, last: int, as_json: bool) -> None:
    """Print what is stored of one symbol, or the list of all series. Raises DataError for nothing."""
    settings = loaded()
    phrases = locales.load(settings.locale)
    async with opened_archive(settings) as archive:
        if code is None:
            series = await all_series(archive, phrases)
            _print_series(series, phrases, as_json=as_json)
            return
        rows = await archive.stored(code, adjusted=adjusted, end=date.max, limit=last)
    if not rows:
        raise DataError(phrases.say("data.no_bars", symbol=code))
    if as_json:
        print_json([_bar_facts(row) for row in rows])
        return
    console = Console(highlight=False)
    console.print(_bar_table(rows, phrases))
    for line in _provenance(rows, phrases):
        console.print(line, markup=False, soft_wrap=True)


async def all_series(archive: SqlBarArchive, phrases: Phrases) -> tuple[StoredSeries, ...]:
    """Return what is stored, series by series. Raises DataError where that is nothing."""
    series = await archive.series()
    if not series:
        raise DataError(phrases.say("data.empty"))
    return series


def _print_series(series: tuple[StoredSeries, ...], phrases: Phrases, *, as_json: bool) -> None:
    if as_json:
        print_json([series_facts(one) for one in series])
        return
    table = table_of(phrases, "symbol", "basis", "rows", "first", "last", "source", "as_of")
    for one in series:
        table.add_row(
            one.symbol,
            basis_words(phrases, adjusted=one.adjusted),
            f"{one.rows:,}",
            one.first.isoformat(),
            one.last.isoformat(),
            ", ".join(one.sources),
            f"{one.as_of:%Y-%m-%d %H:%M}",
        )
    console = Console(highlight=False)
    console.print(table)
    console.print(
        phrases.say("data.summary", series=len(series), rows=sum(one.rows for one in series))
    )


def _bar_table(rows: tuple[StoredBar, ...], phrases: Phrases) -> Table:
    table = table_of(phrases, "day", *NUMBERS)
    for row in rows:
        facts = _bar_facts(row)
        numbers = [f"{facts[name]:,}" for name in NUMBERS]
        if not row.bar.volume_shares and row.bar.high_won == row.bar.low_won:
            numbers[-1] = phrases.say("data.no_trade")
        table.add_row(row.bar.session.isoformat(), *numbers)
    return table


def _provenance(rows: tuple[StoredBar, ...], phrases: Phrases) -> Iterator[str]:
    """Yield where each run of rows came from, and when it was learned."""
    for (source, as_of), run in groupby(rows, key=lambda row: (row.source, row.as_of)):
        days = [row.bar.session for row in run]
        yield phrases.say(
            "data.provenance", first=days[0], last=days[-1], source=source, as_of=as_of
        )


def _bar_facts(row: StoredBar) -> dict[str, Any]:
    bar = row.bar
    return {
        "date": bar.session.isoformat(),
        "open": bar.open_won,
        "high": bar.high_won,
        "low": bar.low_won,
        "close": bar.close_won,
        "volume": bar.volume_shares,
        "source": row.source,
        "as_of": row.as_of.isoformat(),
    }


def series_facts(one: StoredSeries) -> dict[str, Any]:
    """Return one series as JSON has it."""
    return {
        "symbol": one.symbol,
        "adjusted": one.adjusted,
        "rows": one.rows,
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "sources": list(one.sources),
        "as_of": one.as_of.isoformat(),
    }


def print_json(facts: object) -> None:
    """Print `facts` as one line of JSON."""
    Console(highlight=False, soft_wrap=True).print(
        json.dumps(facts, ensure_ascii=False), markup=False
    )


def basis_words(phrases: Phrases, *, adjusted: bool) -> str:
    """Return the name of a basis."""
    return phrases.say("data.basis_adjusted" if adjusted else "data.basis_raw")


def table_of(phrases: Phrases, *names: str) -> Table:
    """Return an empty table with these columns. On a narrow terminal no number gives way."""
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(
            phrases.say(f"data.column_{name}"),
            justify="right" if name in {"rows", "gaps", *NUMBERS} else "left",
            no_wrap=name != "note",
            # A long name of a file is told in full elsewhere; one line a series reads better.
            overflow="ellipsis" if name == "source" else "fold",
        )
    return table

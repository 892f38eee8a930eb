"""`python -m bot data check` and `show`: what is stored, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bot import locales
from bot.calendar_file import load_day_words
from bot.price_words import SHOWN_MAX
from bot.settings import load
from bot.stored_bars import last_finished, opened_archive
from bot.strategy_file import load_strategy
from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.day_consensus import with_overrides
from core.domain.instrument import Instrument, Symbol
from core.domain.market import Bar
from core.errors import DataError
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.services.market.checking import CorporateAction, beyond_limits, corporate_actions
from storage.bars import SqlBarArchive, StoredBar, StoredSeries
from storage.price_files.gaps import compare, expected_sessions

_ALL = 1 << 31
_NUMBERS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCheck:
    """What is wrong with one series. `behind` counts sessions after its last bar."""

    series: StoredSeries
    missing: tuple[date, ...]
    strange: tuple[date, ...]
    beyond: tuple[date, ...]
    behind: int
    is_followed: bool

    @property
    def needs_a_look(self) -> bool:
        """Whether it has gaps or strange rows, or is behind although the strategy follows it."""
        return bool(self.missing or self.strange or (self.behind and self.is_followed))


async def check() -> bool:
    """Judge every stored series and print it; return whether all is well.

    Raises DataError when nothing is stored, ConfigurationError, StorageError.
    """
    settings = load(local_only=True)
    phrases = locales.load(settings.locale)
    calendar = TradingCalendar(with_overrides(load_day_words(settings.data_dir)))
    universe = {item.symbol: item for item in load_strategy(settings.data_dir).universe}
    async with opened_archive(settings) as archive:
        series = await _all_series(archive, phrases)
        last = last_finished(calendar, SystemClock())
        checks, actions = await _checked(archive, series, calendar, universe, last)
    console = Console(highlight=False)
    console.print(
        phrases.say("data.summary", series=len(series), rows=sum(one.rows for one in series))
    )
    bad = [one for one in checks if one.needs_a_look]
    listed = [one for one in checks if one.needs_a_look or one.beyond]
    if listed:
        console.print(_check_table(listed, phrases))
    for line in _action_lines(actions, phrases):
        console.print(line, markup=False, soft_wrap=True)
    key = "data.check_bad" if bad else "data.check_good"
    console.print(phrases.say(key, count=len(bad)))
    return not bad


async def show(code: str | None, *, adjusted: bool, last: int, as_json: bool) -> None:
    """Print what is stored of one symbol, or the list of all series. Raises DataError for nothing."""
    settings = load(local_only=True)
    phrases = locales.load(settings.locale)
    async with opened_archive(settings) as archive:
        if code is None:
            series = await _all_series(archive, phrases)
            _print_series(series, phrases, as_json=as_json)
            return
        rows = await archive.stored(Symbol(code), adjusted=adjusted, end=date.max, limit=last)
    if not rows:
        raise DataError(phrases.say("data.no_bars", symbol=code))
    if as_json:
        _print_json([_bar_facts(row) for row in rows])
        return
    Console(highlight=False).print(_bar_table(rows, phrases))


async def _all_series(archive: SqlBarArchive, phrases: Phrases) -> tuple[StoredSeries, ...]:
    series = await archive.series()
    if not series:
        raise DataError(phrases.say("data.empty"))
    return series


async def _checked(
    archive: SqlBarArchive,
    series: tuple[StoredSeries, ...],
    calendar: TradingCalendar,
    universe: Mapping[Symbol, Instrument],
    last: date | None,
) -> tuple[list[SeriesCheck], dict[str, tuple[CorporateAction, ...]]]:
    checks: list[SeriesCheck] = []
    actions: dict[str, tuple[CorporateAction, ...]] = {}
    raw: tuple[Bar, ...] = ()
    # Raw comes before adjusted of the same symbol.
    for one in series:
        bars = await archive.bars(one.symbol, adjusted=one.adjusted, end=date.max, limit=_ALL)
        instrument = universe.get(one.symbol)
        beyond: tuple[date, ...] = ()
        if not one.adjusted:
            raw = bars
            beyond = beyond_limits(bars, instrument.multiple if instrument else 2)
        elif raw and raw[0].symbol == one.symbol:
            found = corporate_actions(raw, bars)
            if found:
                actions[one.symbol] = found
        days = np.array([bar.session.toordinal() for bar in bars], dtype=np.int32)
        missing, strange = compare(days, expected_sessions(days, calendar))
        checks.append(
            SeriesCheck(
                series=one,
                missing=missing,
                strange=strange,
                beyond=beyond,
                behind=_behind(one.last, last, calendar),
                is_followed=instrument is not None,
            )
        )
    return checks, actions


def _behind(newest: date, last: date | None, calendar: TradingCalendar) -> int:
    if last is None or newest >= last:
        return 0
    days = range(newest.toordinal() + 1, last.toordinal() + 1)
    return sum(_is_session(calendar, date.fromordinal(day)) for day in days)


def _is_session(calendar: TradingCalendar, day: date) -> bool:
    try:
        return calendar.is_session(day)
    except CalendarUnknown:
        return False


def _check_table(checks: list[SeriesCheck], phrases: Phrases) -> Table:
    table = _table(phrases, "symbol", "basis", "rows", "first", "last", "gaps", "note")
    for one in checks:
        series = one.series
        table.add_row(
            series.symbol,
            _basis(series.adjusted, phrases),
            f"{series.rows:,}",
            series.first.isoformat(),
            series.last.isoformat(),
            f"{len(one.missing):,}",
            " · ".join(_notes(one, phrases)),
        )
    return table


def _notes(one: SeriesCheck, phrases: Phrases) -> Iterator[str]:
    if one.behind:
        yield phrases.say("data.stale", sessions=one.behind)
    if one.strange:
        yield phrases.say("data.strange_note", count=len(one.strange))
    if one.beyond:
        yield phrases.say("data.limit_note", count=len(one.beyond), first=one.beyond[0])


def _action_lines(
    actions: Mapping[str, tuple[CorporateAction, ...]], phrases: Phrases
) -> Iterator[str]:
    every = [(symbol, action) for symbol, found in actions.items() for action in found]
    if not every:
        return
    yield phrases.say("data.actions", count=len(every))
    # The largest first: a split that was missed is what ruins a backtest.
    every.sort(key=lambda item: -abs(item[1].drop_bps))
    for symbol, action in every[:SHOWN_MAX]:
        yield phrases.say(
            "data.action_line",
            symbol=symbol,
            day=action.day,
            kind=phrases.say(f"data.kind_{action.kind.value}"),
            percent=-action.drop_bps / 100,
        )
    if len(every) > SHOWN_MAX:
        yield phrases.say("data.more", count=len(every) - SHOWN_MAX)


def _print_series(series: tuple[StoredSeries, ...], phrases: Phrases, *, as_json: bool) -> None:
    if as_json:
        _print_json([_series_facts(one) for one in series])
        return
    table = _table(phrases, "symbol", "basis", "rows", "first", "last", "source", "as_of")
    for one in series:
        table.add_row(
            one.symbol,
            _basis(one.adjusted, phrases),
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
    table = _table(phrases, "day", *_NUMBERS, "source", "as_of")
    for row in rows:
        facts = _bar_facts(row)
        numbers = [f"{facts[name]:,}" for name in _NUMBERS]
        if not row.bar.volume_shares and row.bar.high_won == row.bar.low_won:
            numbers[-1] = phrases.say("data.no_trade")
        as_of = f"{row.as_of:%Y-%m-%d %H:%M}"
        table.add_row(row.bar.session.isoformat(), *numbers, row.source, as_of)
    return table


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


def _series_facts(one: StoredSeries) -> dict[str, Any]:
    return {
        "symbol": one.symbol,
        "adjusted": one.adjusted,
        "rows": one.rows,
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "sources": list(one.sources),
        "as_of": one.as_of.isoformat(),
    }


def _print_json(facts: list[dict[str, Any]]) -> None:
    Console(highlight=False, soft_wrap=True).print(
        json.dumps(facts, ensure_ascii=False), markup=False
    )


def _basis(adjusted: bool, phrases: Phrases) -> str:  # noqa: FBT001 - private
    return phrases.say("data.basis_adjusted" if adjusted else "data.basis_raw")


def _table(phrases: Phrases, *names: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in names:
        right = name in {"rows", "gaps", *_NUMBERS}
        table.add_column(
            phrases.say(f"data.column_{name}"),
            justify="right" if right else "left",
            # What must give way on a narrow terminal: never a number.
            no_wrap=name not in {"note", "source"},
            overflow="fold",
        )
    return table

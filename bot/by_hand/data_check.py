"""`python -m bot data check`: what is wrong with what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bot import locales
from bot.by_hand.data_show import all_series, basis_words, print_json, series_facts, table_of
from bot.by_hand.loading import loaded
from bot.by_hand.stored_bars import last_finished, opened_archive
from bot.files.calendar import load_day_words
from bot.files.price_words import SHOWN_MAX
from bot.files.strategy import load_strategy
from core.domain.calendar import TradingCalendar
from core.domain.day_consensus import with_overrides
from core.domain.instrument import Instrument, Symbol
from core.domain.market import Bar
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.services.market.checking import CorporateAction, beyond_limits, corporate_actions
from storage.bars import SqlBarArchive, StoredSeries
from storage.price_files.gaps import compare, expected_sessions

_ALL = 1 << 31


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


async def check(*, as_json: bool = False) -> bool:
    """Judge every stored series and print it; return whether all is well.

    Raises DataError when nothing is stored, ConfigurationError, StorageError.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    calendar = TradingCalendar(with_overrides(load_day_words(settings.data_dir)))
    universe = {item.symbol: item for item in load_strategy(settings.data_dir).universe}
    async with opened_archive(settings) as archive:
        series = await all_series(archive, phrases)
        last = last_finished(calendar, SystemClock())
        checks, actions = await _checked(archive, series, calendar, universe, last)
    bad = [one for one in checks if one.needs_a_look]
    if as_json:
        print_json(_facts(checks, actions))
        return not bad
    console = Console(highlight=False)
    console.print(
        phrases.say("data.summary", series=len(series), rows=sum(one.rows for one in series))
    )
    listed = [one for one in checks if one.needs_a_look or one.beyond]
    if listed:
        console.print(_check_table(listed, phrases))
    for line in _action_lines(actions, phrases):
        console.print(line, markup=False, soft_wrap=True)
    key = "data.check_bad" if bad else "data.check_good"
    console.print(phrases.say(key, count=len(bad)))
    return not bad


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
    return sum(calendar.known_hours(date.fromordinal(day)) is not None for day in days)


def _facts(
    checks: list[SeriesCheck], actions: Mapping[str, tuple[CorporateAction, ...]]
) -> dict[str, Any]:
    return {
        "series": [
            {
                **series_facts(one.series),
                "missing": [day.isoformat() for day in one.missing],
                "strange": [day.isoformat() for day in one.strange],
                "beyond_limits": [day.isoformat() for day in one.beyond],
                "sessions_behind": one.behind,
                "followed": one.is_followed,
                "needs_a_look": one.needs_a_look,
            }
            for one in checks
        ],
        "actions": [
            {
                "symbol": symbol,
                "date": action.day.isoformat(),
                "kind": action.kind.value,
                "percent": -action.drop_bps / 100,
            }
            for symbol, found in actions.items()
            for action in found
        ],
    }


def _check_table(checks: list[SeriesCheck], phrases: Phrases) -> Table:
    table = table_of(phrases, "symbol", "basis", "rows", "first", "last", "gaps", "note")
    for one in checks:
        series = one.series
        table.add_row(
            series.symbol,
            basis_words(phrases, adjusted=series.adjusted),
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

"""Price files into the market of a backtest. A file that is not beyond doubt is refused."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bot.backtesting.request import BacktestRequest
from bot.files.output import output_file
from bot.files.price_words import in_words, whole
from core.domain.calendar import TradingCalendar
from core.domain.instrument import Symbol
from core.errors import DataError
from core.ports.phrases import Phrases
from core.strategy.backtest.market import Market, Prices, make_market
from core.strategy.panel import Floats
from storage.price_files.arrays import SUFFIX, load_arrays, save_arrays
from storage.price_files.gaps import Gaps, gaps_of
from storage.price_files.price_file import PriceFile
from storage.price_files.report import ReadReport
from storage.price_files.table import Field, Flags, PriceTable, Small

Kind = TypeVar("Kind", bound=np.generic)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class FileAccount:
    """What the reading of one file found. Sessions that are missing in it are not filled."""

    path: Path
    report: ReadReport
    gaps: Gaps


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """The market, the adjusted closes of the benchmark, and the accounts of the readings.

    The benchmark need not be one of the symbols that may be bought. `absent` are the symbols that
    were listed, or are in one file only, and therefore cannot be bought.
    """

    market: Market
    benchmark: Floats | None
    files: tuple[FileAccount, ...]
    absent: tuple[str, ...] = ()


def load_market(request: BacktestRequest, phrases: Phrases) -> Loaded:
    """Read the files of a request. Raises DataError with file, line and reason."""
    wanted, beside = request.symbols, request.benchmark
    if wanted is not None and beside is not None:
        wanted = (*wanted, beside)
    files = _files(request, wanted, phrases)
    needed = (request.symbols or ()) if request.named else ()
    for symbol in (*needed, *([beside] if beside else [])):
        for file in files:
            if symbol not in file.table.codes:
                words = phrases.say("backtest.no_such_symbol", symbol=symbol, path=file.path)
                raise DataError(words)
    codes = set(files[0].table.codes).intersection(*(file.table.codes for file in files))
    asked = set(files[0].table.codes if request.symbols is None else request.symbols)
    bought = codes & asked
    if not bought:
        raise DataError(phrases.say("data.nothing_asked_for", path=files[0].path))
    market = _market(
        files[0].table,
        files[1].table if len(files) > 1 else None,
        sorted(bought),
        with_volume=request.needs_volume,
    )
    if request.keep is not None:
        with output_file(request.keep, phrases) as draft:
            save_arrays(files[0].table, draft)
    held = None if beside is None else _closes(files[0].table, beside, market)
    accounts = tuple(
        FileAccount(file.path, file.report, gaps_of(file.table, TradingCalendar()))
        for file in files
    )
    return Loaded(market, held, accounts, tuple(sorted(asked - codes)))


def _files(
    request: BacktestRequest, wanted: tuple[Symbol, ...] | None, phrases: Phrases
) -> list[PriceFile]:
    """Return the file of the signal prices and, if there is one, that of the paid ones."""
    if request.prices is None:
        from bot.backtesting.stored import stored_files  # late: files are read without settings

        adjusted, raw = stored_files(wanted, request.end or date.max, phrases)
        return [adjusted] if raw is None else [adjusted, raw]
    files = [_read(request.prices, wanted, request.end, phrases)]
    if request.raw is not None:
        files.append(_read(request.raw, wanted, request.end, phrases))
    return files


def _closes(table: PriceTable, code: str, market: Market) -> Floats:
    """Return the closes of one symbol on the sessions of `market`, carried over gaps."""
    column = table.column(code)
    days = (column.days.astype(np.int64) - _EPOCH_ORDINAL).astype("datetime64[D]")
    places = np.searchsorted(days, market.sessions, side="right") - 1
    return np.where(places >= 0, column.close[np.maximum(places, 0)].astype(np.float64), np.nan)


def _read(
    path: Path, symbols: Collection[Symbol] | None, end: date | None, phrases: Phrases
) -> PriceFile:
    until = end or date.max
    if path.suffix == SUFFIX:
        with in_words(phrases):
            return whole(load_arrays(path, symbols=symbols, end=until), phrases)
    from bot.files.price_reading import read_price_file  # late: arrays are read without

    return whole(read_price_file(path, phrases, symbols=symbols, end=until), phrases)


def _market(
    adjusted: PriceTable, raw: PriceTable | None, ordered: list[str], *, with_volume: bool
) -> Market:
    sessions = adjusted.sessions()
    if raw is not None:
        # Orders end with the raw prices; adjusted ones before them are history.
        sessions = sessions[sessions <= raw.sessions()[-1]]
    signal, traded = _matrices(adjusted, sessions, ordered)
    order, also = (None, None) if raw is None else _matrices(raw, sessions, ordered)
    return make_market(
        (sessions.astype(np.int64) - _EPOCH_ORDINAL).astype("datetime64[D]"),
        tuple(Symbol(code) for code in ordered),
        signal,
        order=order,
        traded=traded,
        order_traded=also,
        volume=_volume(raw or adjusted, sessions, ordered) if with_volume else None,
    )


def _matrices(table: PriceTable, sessions: Small, codes: list[str]) -> tuple[Prices, Flags]:
    """Return prices and trades as sessions × symbols, in the order of `codes`."""
    every = table.sessions()
    places = table.places(every)

    def cut(field: Field) -> Floats:
        return _aligned(table, table.matrix(field, every, places), (every, sessions), codes, np.nan)

    prices = Prices(open=cut("open"), high=cut("high"), low=cut("low"), close=cut("close"))
    traded = table.traded_matrix(every, places)
    return prices, _aligned(table, traded, (every, sessions), codes, 0)


def _volume(table: PriceTable, sessions: Small, codes: list[str]) -> Floats:
    every = table.sessions()
    volume = table.matrix("volume", every, table.places(every))
    return _aligned(table, volume, (every, sessions), codes, 0)


def _aligned(
    table: PriceTable,
    matrix: npt.NDArray[Kind],
    days: tuple[Small, Small],
    codes: list[str],
    missing: float,
) -> npt.NDArray[Kind]:
    """Return a matrix in other columns and on other days; `days` are those it has, and wanted."""
    every, sessions = days
    found = matrix
    if list(table.codes) != codes:
        found = np.ascontiguousarray(found[:, [table.codes.index(code) for code in codes]])
    if np.array_equal(every, sessions):
        return found
    rows = np.minimum(np.searchsorted(every, sessions), every.size - 1)
    found = found[rows]
    found[every[rows] != sessions] = missing
    return found


def first_row(market: Market, day: date | None) -> int:
    """Return the first row to simulate: not before `day`, nor before anything has a price."""
    closes = market.order.close
    priced = (row for row in range(len(closes)) if not np.isnan(closes[row]).all())
    first = next(priced, 0)
    if day is None:
        return first
    return max(first, int(np.searchsorted(market.sessions, np.datetime64(day))))

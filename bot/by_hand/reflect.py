"""`python -m bot reflect`: the numbers of a week, from what is stored. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from bot import locales
from bot.files.strategy import load_strategy
from bot.settings import load
from core.domain.calendar import TradingCalendar
from core.domain.instrument import Instrument, Symbol
from core.domain.market import BarSeries
from core.domain.reflection import SaleLine, Week, WeekNumbers, last_week
from core.errors import DataError
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.services.reflection.weekly import WeekReader
from storage.bars import SqlBarArchive
from storage.engine import Database
from storage.migrations import check_revision
from storage.opening import has_database
from storage.outcomes import SqlOutcomeArchive
from storage.trade_history import SqlTradeHistory


@dataclass(frozen=True, slots=True)
class StoredMarket:
    """Implements core.ports.reflection.Closes by what is stored alone; asks nobody."""

    archive: SqlBarArchive
    universe: tuple[Instrument, ...]

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        """Return the stored bars up to `end`, oldest first."""
        found = await self.archive.bars(symbol, adjusted=adjusted, end=end, limit=sessions)
        return BarSeries(symbol=symbol, adjusted=adjusted, source="stored", bars=found)

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the facts of a symbol of the universe."""
        return next((item for item in self.universe if item.symbol == symbol), None)


async def reflect(week: Week | None, *, as_json: bool) -> str:
    """Return the numbers of `week` (None: the last one) as a table or as JSON.

    Runs beside the bot. Raises DataError without a database, StorageError, or ConfigurationError.
    """
    settings = load(local_only=True)
    phrases = locales.load(settings.locale)
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    database = Database(settings.database, read_only=True)
    try:
        await check_revision(database)
        reader = WeekReader(
            archive=SqlOutcomeArchive(database),
            history=SqlTradeHistory(database),
            market=StoredMarket(SqlBarArchive(database), load_strategy(settings.data_dir).universe),
            calendar=TradingCalendar(),
            costs=settings.costs,
        )
        numbers = await reader.numbers(week or last_week(SystemClock().now()))
    finally:
        await database.close()
    if as_json:
        return json.dumps(asdict(numbers), ensure_ascii=False, indent=2, default=str)
    return "\n".join(lines_of(numbers, phrases))


def lines_of(numbers: WeekNumbers, phrases: Phrases) -> Iterator[str]:
    """Yield the table line by line; what is unknown says so."""
    say = phrases.say
    yield say(
        "reflection.week_title",
        week=numbers.week,
        first=numbers.first_day,
        last=numbers.last_day,
    )
    if numbers.says_nothing:
        yield say("reflection.nothing")
        return
    rows = (
        ("nav", _nav(numbers, phrases)),
        ("paid_in", say("reflection.won", won=numbers.paid_in_won)),
        ("time_weighted", _percent(numbers.time_weighted, phrases)),
        ("benchmark", _percent(numbers.benchmark, phrases)),
        ("doing_nothing", _percent(numbers.doing_nothing, phrases)),
        ("legs", say("reflection.legs", proposed=numbers.proposed, filled=numbers.filled)),
        ("realised", _realised(numbers, phrases)),
        ("win_rate", _percent(numbers.win_rate, phrases, sign="")),
        ("days_held", _days(numbers.days_held, phrases)),
        ("slippage", _slippage(numbers, phrases)),
        ("costs", say("reflection.costs", fees=numbers.fees_won, tax=numbers.tax_won)),
    )
    for name, value in rows:
        yield f"  {say(f'reflection.row_{name}')}: {value}"
    for name, sales in (("best", numbers.best), ("worst", numbers.worst)):
        if sales:
            yield say(f"reflection.{name}")
            yield from (f"  {_sale(item, phrases)}" for item in sales)
    if numbers.unmatched_shares:
        yield say("reflection.unmatched", shares=numbers.unmatched_shares)
    if numbers.unchecked:
        yield say("reflection.unchecked", symbols=", ".join(numbers.unchecked))
    for reason, count in numbers.waiting:
        yield say(f"reflection.waiting_{reason}", count=count)


def _nav(numbers: WeekNumbers, phrases: Phrases) -> str:
    if numbers.nav_start_won is None or numbers.nav_end_won is None:
        return phrases.say("reflection.unknown")
    return phrases.say("reflection.nav", start=numbers.nav_start_won, end=numbers.nav_end_won)


def _percent(value: Decimal | None, phrases: Phrases, *, sign: str = "+") -> str:
    return phrases.say("reflection.unknown") if value is None else f"{value * 100:{sign}.2f}%"


def _realised(numbers: WeekNumbers, phrases: Phrases) -> str:
    return phrases.say(
        "reflection.realised",
        sales=numbers.sales,
        gross=numbers.realised_gross_won,
        net=numbers.realised_net_won,
    )


def _days(value: Decimal | None, phrases: Phrases) -> str:
    if value is None:
        return phrases.say("reflection.unknown")
    return phrases.say("reflection.days", days=value)


def _slippage(numbers: WeekNumbers, phrases: Phrases) -> str:
    if numbers.slippage_won is None or numbers.slippage_bps is None:
        return phrases.say("reflection.unknown")
    return phrases.say("reflection.slippage", won=numbers.slippage_won, bps=numbers.slippage_bps)


def _sale(item: SaleLine, phrases: Phrases) -> str:
    return phrases.say(
        "reflection.sale",
        day=item.sold_on,
        name=item.name,
        symbol=item.symbol,
        shares=item.shares,
        net=item.net_won,
        days=item.days_held,
    )

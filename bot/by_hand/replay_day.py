"""`python -m bot replay`: a past day decided again by what is installed now, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from bot import locales
from bot.by_hand.loading import loaded
from bot.by_hand.replay_rules import rules_then
from bot.files.output import output_file
from bot.files.strategy import load_strategy
from bot.settings import Settings
from core.domain.cycle import Step
from core.domain.instrument import Symbol, name_and_code
from core.domain.krx import KST
from core.domain.orders import Side
from core.domain.rule_facts import FactUse
from core.errors import DataError, StorageError
from core.flows.gathering import LoadedBars
from core.flows.rebalancing import done
from core.flows.replaying import (
    DayDecisions,
    DecidedLine,
    Difference,
    Line,
    RankedLine,
    ReplayRules,
    decided_again,
    differences,
    read_back,
)
from core.flows.values import GuardVerdict, MarketState, StrategyPlan, decoded, encoded
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.runtime.limit_book import LimitBook
from storage.bars import SqlBarArchive
from storage.cycles import SqlCycleArchive
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.migrations import check_revision
from storage.opening import has_database
from storage.plans import SqlPlanArchive
from storage.stored_market import StoredMarket

# How far back the newest day with a plan is looked for.
DAYS_BACK = timedelta(days=31)


async def replay_day(
    day: date | None, *, save: Path | None, against: Path | None
) -> tuple[bool, list[str]]:
    """Return whether a day comes out as before, and the lines that say so. Runs beside the bot.

    Without `day` it is the newest one that has a plan. `save` is a file to write the decisions to,
    `against` one that was written so and is compared with in place of what was stored on the day.
    Raises DataError, StorageError or ConfigurationError.
    """
    settings = loaded("WARNING")
    phrases = locales.load(settings.locale)
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    database = Database(settings.database, read_only=True)
    saved = None if against is None else _read(against, phrases)
    try:
        await check_revision(database)
        # A file of an older version knows nothing of own rules about purchases.
        is_ruled = saved is None or saved.is_ruled
        before, after, missing = await _both(settings, database, day, phrases, is_ruled=is_ruled)
    finally:
        await database.close()
    if saved is not None:
        before = saved
        if before.day != after.day:
            raise DataError(
                phrases.say("replay.other_day", path=against, found=before.day, day=after.day)
            )
    if save is not None:
        _write(save, after, phrases)
    market = StoredMarket(SqlBarArchive(database), load_strategy(settings.data_dir).universe)

    def named(symbol: Symbol) -> str:
        return name_and_code(symbol, market.instrument(symbol))

    found = differences(before, after)
    return not found, [
        phrases.say("replay.head", day=after.day, decided_on=after.decided_on),
        phrases.say("replay.with_file" if against else "replay.with_stored", path=against),
        *(phrases.say("replay.bars_missing", name=named(symbol)) for symbol in missing),
        *(_told(item, phrases, named) for item in found),
        phrases.say("replay.differs", count=len(found)) if found else phrases.say("replay.same"),
        *([phrases.say("replay.saved", path=save)] if save else []),
    ]


async def _both(
    settings: Settings, database: Database, day: date | None, phrases: Phrases, *, is_ruled: bool
) -> tuple[DayDecisions, DayDecisions, tuple[Symbol, ...]]:
    """Return what was stored, what comes out now, and the symbols whose bars are gone.

    Unless `is_ruled` purchases are judged without the user's own rules.
    """
    chosen = day or await _newest(database, phrases)
    rows = {row.step: row for row in await SqlCycleArchive(database).steps_of(chosen)}
    fetched, strategy = done(rows, Step.MARKET_FETCH), done(rows, Step.STRATEGY)
    if fetched is None or strategy is None:
        raise DataError(phrases.say("replay.no_plan", day=chosen))
    market = decoded(MarketState, fetched.output)
    planned = decoded(StrategyPlan, strategy.output)
    judged = done(rows, Step.RISK_GUARD)
    verdict = decoded(GuardVerdict, judged.output) if judged else None
    if planned.basis is None:
        raise DataError(phrases.say("replay.too_old", day=chosen))
    listed = load_strategy(settings.data_dir)
    limits = LimitBook(settings.risk_limits, SqlLedger(database, ""), SystemClock())
    await limits.load()
    own = rules_then(settings, database, listed, phrases)
    held = (item.symbol for item in market.portfolio.account.positions)
    bought = (item.symbol for item in planned.in_force.actions if item.side is Side.BUY)
    judged_at = judged.finished_at if judged and is_ruled else None
    rules = ReplayRules(
        instruments=listed.universe,
        parameters=listed.parameters,
        limits=limits.current,
        costs=settings.costs,
        holdings=await own.sights(FactUse.HOLDING, held, chosen, strategy.finished_at),
        entries=await own.sights(FactUse.ENTRY, bought, chosen, judged_at),
    )
    bars = await _bars(database, market, rules)
    after = decided_again(chosen, planned, planned.basis, verdict, market, bars, rules)
    after = replace(after, is_ruled=is_ruled)
    missing = tuple(symbol for symbol, _ in market.closes if symbol not in bars.adjusted)
    return read_back(chosen, planned, verdict), after, missing


async def _newest(database: Database, phrases: Phrases) -> date:
    today = SystemClock().now().astimezone(KST).date()
    plans = await SqlPlanArchive(database).plans_between(today - DAYS_BACK, today)
    if not plans:
        raise DataError(phrases.say("replay.nothing", days=DAYS_BACK.days))
    return plans[-1].day


async def _bars(database: Database, market: MarketState, rules: ReplayRules) -> LoadedBars:
    """Return the adjusted bars of what had a close then, as far as they are still stored."""
    archive, needed = SqlBarArchive(database), rules.parameters.sessions_needed
    adjusted = {}
    for symbol, _ in market.closes:
        rows = await archive.bars(symbol, adjusted=True, end=market.decided_on, limit=needed)
        if rows:
            adjusted[symbol] = rows
    return LoadedBars(adjusted, dict(market.closes), ())


def _read(path: Path, phrases: Phrases) -> DayDecisions:
    try:
        return decoded(DayDecisions, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, StorageError):
        raise DataError(phrases.say("replay.no_file", path=path)) from None


def _write(path: Path, decisions: DayDecisions, phrases: Phrases) -> None:
    with output_file(path, phrases) as draft:
        draft.write_text(encoded(decisions), encoding="utf-8")


def _told(item: Difference, phrases: Phrases, named: Callable[[Symbol], str]) -> str:
    some = item.before or item.after
    return phrases.say(
        f"replay.{item.part.value}",
        name=named(some.symbol) if some else "",
        before=_words(item.before, phrases),
        after=_words(item.after, phrases),
    )


def _words(line: Line | None, phrases: Phrases) -> str:
    if line is None:
        return phrases.say("replay.none")
    if isinstance(line, RankedLine):
        return phrases.say(
            "replay.line_rank", place=line.place, score=line.score * 100, weight=line.weight * 100
        )
    side = phrases.say(f"cycle.side_{line.side.value}")
    if isinstance(line, DecidedLine):
        return phrases.say(
            "replay.line_plan",
            side=side,
            quantity=line.quantity,
            price=line.price_won,
            rule=line.rule,
        )
    return phrases.say(
        "replay.line_guard_refused" if line.broken else "replay.line_guard",
        side=side,
        asked=line.asked,
        allowed=line.allowed,
        rules=", ".join(line.broken),
    )

"""`python -m bot rules`: the rules as they are stored, beside a running bot. Reads only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

from bot import locales
from bot.build_id import build_id
from bot.by_hand.loading import loaded
from bot.files.strategy import load_strategy
from bot.wiring.rules import adoption_of, shipped_of
from core.domain.calendar import TradingCalendar
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.rules import Rule
from core.errors import DataError
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.runtime.rule_book import RuleBook
from core.services.rules.adoption import Adoption
from core.services.rules.desk import rule_called, trial_of
from core.services.rules.judging import RuleJudge
from core.services.rules.proposal_words import proposal_line
from core.services.rules.telling import explained, listed, summary, tried
from storage.bars import SqlBarArchive
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.migrations import check_revision
from storage.opening import has_database
from storage.stored_market import StoredMarket


async def show() -> tuple[str, ...]:
    """Return every rule that stands, then every proposal that waits, a line each."""
    async with opened_rules() as stored:
        rules = (summary(rule, stored.phrases) for rule in listed(stored.book.rules))
        waiting = await stored.adoption.open_proposals()
        return (*rules, *(proposal_line(one, stored.phrases) for one in waiting))


async def explain(rule_id: str) -> tuple[str, ...]:
    """Return one rule in full. Raises DataError for an id that no rule has."""
    async with opened_rules() as stored:
        return explained(stored.rule(rule_id), stored.phrases)


async def try_on(rule_id: str, symbol: Symbol, day: date | None) -> tuple[str, ...]:
    """Return what a rule says of `symbol` before `day` (None: today) opened, by the stored prices.

    Raises DataError for a rule or symbol that is not known, or a day that is to come.
    """
    async with opened_rules() as stored:
        rule, clock = stored.rule(rule_id), SystemClock()
        instrument = stored.market.instrument(symbol)
        if instrument is None:
            raise DataError(stored.phrases.say("chat.unknown_symbol", symbol=symbol))
        today = clock.now().astimezone(KST).date()
        if day is not None and day > today:
            raise DataError(stored.phrases.say("rules.bad_day", found=day))
        judge = RuleJudge(stored.book, stored.market, clock, TradingCalendar())
        trial = await trial_of(rule, judge, symbol, day or today)
        return tried(trial, instrument.name, stored.phrases)


@dataclass(frozen=True, slots=True)
class StoredRules:
    """The rules of a database with all that works on them."""

    book: RuleBook
    market: StoredMarket
    adoption: Adoption
    phrases: Phrases

    def rule(self, rule_id: str) -> Rule:
        """Return the rule of an id. Raises DataError for an id that no rule has."""
        found = rule_called(self.book.rules, rule_id)
        if found is None:
            raise DataError(self.phrases.say("rules.unknown_rule", id=rule_id))
        return found


@asynccontextmanager
async def opened_rules(*, read_only: bool = True) -> AsyncIterator[StoredRules]:
    """Open what is stored. Raises DataError without a database, or StorageError."""
    settings = loaded()
    phrases = locales.load(settings.locale)
    if not await has_database(settings.database):
        raise DataError(phrases.say("console.no_database"))
    strategy, clock = load_strategy(settings.data_dir), SystemClock()
    database = Database(settings.database, read_only=read_only)
    try:
        await check_revision(database)
        ledger = SqlLedger(database, build_id())
        shipped = shipped_of(settings, strategy.parameters, phrases)
        book = RuleBook(shipped, ledger, ledger, clock)
        await book.load()
        adoption = adoption_of(settings, strategy, database, ledger, book, clock, TradingCalendar())
        market = StoredMarket(SqlBarArchive(database), strategy.universe)
        yield StoredRules(book, market, adoption, phrases)
    finally:
        await database.close()

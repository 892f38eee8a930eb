"""The user's own rules as they stood on a past day, with what was known of each symbol then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.files.calendar import load_day_words
from bot.files.strategy import StrategySettings
from bot.settings import Settings
from bot.wiring.rules import shipped_of
from core.domain.calendar import TradingCalendar
from core.domain.day_consensus import with_overrides
from core.domain.instrument import Symbol
from core.domain.rule_effects import RuleSight
from core.domain.rule_facts import FactUse
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.runtime.rule_book import RuleBook
from core.services.rules.judging import RuleJudge, needs_bars
from storage.bars import SqlBarArchive
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.stored_market import StoredMarket


@dataclass(frozen=True, slots=True)
class RulesThen:
    """Every version of a rule is stored with its time, so that any moment can be asked about."""

    book: RuleBook
    judge: RuleJudge

    async def sights(
        self, use: FactUse, symbols: Iterable[Symbol], day: date, moment: datetime | None
    ) -> Mapping[Symbol, RuleSight]:
        """Return the rules of one use that were obeyed at `moment`, and the figures before `day`.

        Reads no bars where no rule compares them. Raises StorageError.
        """
        if moment is None:
            return {}
        rules = tuple(
            rule
            for rule in await self.book.as_of(moment)
            if rule.is_obeyed and rule.terms.action.use is use
        )
        if not rules:
            return {}
        if not needs_bars(rules):
            return {symbol: RuleSight(rules, {}) for symbol in symbols}
        return {
            symbol: RuleSight(rules, await self.judge.figures_on(symbol, day)) for symbol in symbols
        }


def rules_then(
    settings: Settings, database: Database, listed: StrategySettings, phrases: Phrases
) -> RulesThen:
    """Return the stored rules; nothing is read yet."""
    ledger, clock = SqlLedger(database, ""), SystemClock()
    book = RuleBook(shipped_of(settings, listed.parameters, phrases), ledger, ledger, clock)
    calendar = TradingCalendar(with_overrides(load_day_words(settings.data_dir)))
    market = StoredMarket(SqlBarArchive(database), listed.universe)
    return RulesThen(book, RuleJudge(book, market, clock, calendar))

"""What the rules compare, read for one symbol at a time. What cannot be read stays unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import structlog

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Bar
from core.domain.rule_effects import NO_RULES, RuleSight
from core.domain.rule_facts import FACT_TERMS, Fact, FactUse
from core.domain.rule_figures import SESSIONS_NEEDED, market_figures, symbol_figures
from core.domain.rules import Rule
from core.errors import BrokerError
from core.ports.clock import Clock
from core.ports.rules import FinishedBars, RuleShelf

_LOG = structlog.get_logger(__name__)
# KODEX 200: what "the market" means to a rule.
MARKET_SYMBOL = Symbol("069500")


@dataclass(frozen=True, slots=True)
class RuleJudge:
    """Implements `core.ports.rules.RuleSource` over the rules in force and the stored bars."""

    shelf: RuleShelf
    market: FinishedBars
    clock: Clock
    calendar: TradingCalendar

    async def for_entry(self, symbol: Symbol) -> RuleSight:
        """Return the rules about purchases and what they compare; reads no bars without any."""
        return await self._sight(symbol, FactUse.ENTRY)

    async def for_holding(self, symbol: Symbol) -> RuleSight:
        """Return the rules about holdings and what they compare; reads no bars without any."""
        return await self._sight(symbol, FactUse.HOLDING)

    async def _sight(self, symbol: Symbol, use: FactUse) -> RuleSight:
        # A rule that was taken on in another process (the command line) counts at once.
        await self.shelf.refresh()
        rules = tuple(rule for rule in self.shelf.obeyed if rule.terms.action.use is use)
        if not rules:
            return NO_RULES
        return RuleSight(rules, await self.figures(symbol) if needs_bars(rules) else {})

    async def figures(self, symbol: Symbol) -> Mapping[Fact, int | None]:
        """Return the figures of `symbol` and of the market, up to the last finished session."""
        return await self.figures_on(symbol, self.clock.now().astimezone(KST).date())

    async def figures_on(self, symbol: Symbol, day: date) -> Mapping[Fact, int | None]:
        """Return the same as they stood before `day` opened."""
        own = await self._bars(symbol, day)
        market = own if symbol == MARKET_SYMBOL else await self._bars(MARKET_SYMBOL, day)
        return symbol_figures(own) | market_figures(market)

    async def _bars(self, symbol: Symbol, day: date) -> Sequence[Bar]:
        """Return bars up to the session before `day`; none where that session is not among them."""
        try:
            last = self.calendar.previous_session(day)
            series = await self.market.bars(symbol, SESSIONS_NEEDED, last, adjusted=True)
        except (BrokerError, CalendarUnknown) as error:
            _LOG.warning("no figures for the rules", symbol=symbol, error=str(error))
            return ()
        bars = series.bars
        # A series that ends earlier is of a symbol that stopped trading: its figures are old.
        return bars if bars and bars[-1].session == last else ()


def needs_bars(rules: Sequence[Rule]) -> bool:
    """Whether one of `rules` compares what only bars tell."""
    return any(
        FACT_TERMS[item.fact].source == "bars" for rule in rules for item in rule.terms.condition
    )

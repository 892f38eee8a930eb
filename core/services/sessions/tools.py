"""The tools of a session: all read, but one that suggests. None can send an order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.domain.calendar import TradingCalendar
from core.domain.risk import Denied
from core.domain.tickets import Author
from core.ports.backtests import Backtests
from core.ports.clock import Clock
from core.ports.desk import MarketReader, OrderReader, PortfolioReader, Proposer
from core.ports.dialogue import (
    BarsAsk,
    CalendarAsk,
    EtfAsk,
    LimitsAsk,
    MemoryAsk,
    NewsAsk,
    OrderBookAsk,
    OrdersAsk,
    PortfolioAsk,
    ProposeAsk,
    QuoteAsk,
    RulesAsk,
    SearchAsk,
    ToolAsk,
    TrialAsk,
)
from core.ports.ledger import Ledger
from core.ports.market_data import MarketData
from core.ports.memory import Memory
from core.ports.news import NewsDigest, NewsFactArchive
from core.ports.phrases import Phrases
from core.ports.pictures import ChartPainter
from core.services.sessions.proposing import OrderProposer
from core.services.sessions.reading_account import AccountTools, LimitReader
from core.services.sessions.reading_market import TRIAL_SECONDS_MAX, MarketTools
from core.services.sessions.reading_recall import RecallTools
from core.services.sessions.registry import Asker, ToolRegistry
from core.services.sessions.results import ToolOutcome
from core.strategy.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDesk:
    """Everything the tools may touch. `news` returns the latest digest, or None before the first.

    `explain` words a denial of the risk guard; `quantity_maximum` is the limit of the settings.
    """

    market: MarketReader
    market_data: MarketData
    portfolio: PortfolioReader
    orders: OrderReader
    limits: LimitReader
    ledger: Ledger
    parameters: Parameters
    backtests: Backtests
    proposer: Proposer
    memory: Memory
    painter: ChartPainter
    calendar: TradingCalendar
    clock: Clock
    phrases: Phrases
    news: Callable[[], NewsDigest | None]
    facts: NewsFactArchive
    explain: Callable[[Denied], str]
    quantity_maximum: int
    # The user's own rules that are obeyed now: name and sentence of each.
    own_rules: Callable[[], Sequence[tuple[str, str]]] = tuple


class SessionTools:
    """Runs one validated call and answers in JSON that a model and the analyst both read."""

    def __init__(self, desk: ToolDesk) -> None:
        """Register who answers which kind of ask."""
        self.registry = ToolRegistry(desk.phrases)
        self._market = desk.market
        _add_account(self.registry, desk)
        _add_market(self.registry, desk)
        recall = RecallTools(
            memory=desk.memory,
            news=desk.news,
            facts=desk.facts,
            clock=desk.clock,
            market=desk.market,
            phrases=desk.phrases,
        )
        self.registry.add(NewsAsk, recall.headlines)
        self.registry.add(MemoryAsk, recall.notes)
        proposing = OrderProposer(
            market=desk.market,
            portfolio=desk.portfolio,
            proposer=desk.proposer,
            phrases=desk.phrases,
            explain=desk.explain,
            quantity_maximum=desk.quantity_maximum,
        )
        self.registry.add(ProposeAsk, proposing.propose)

    def names(self) -> tuple[str, ...]:
        """Return codes and names of all instruments: digits in them are no figures."""
        known = self._market.instruments()
        return tuple(text for item in known for text in (str(item.symbol), item.name))

    async def run(self, ask: ToolAsk, *, thread_id: int, author: Author) -> ToolOutcome:
        """Answer one call in time. Faults become words, never exceptions."""
        return await self.registry.run(ask, Asker(thread_id=thread_id, author=author))


def _add_account(registry: ToolRegistry, desk: ToolDesk) -> None:
    account = AccountTools(
        market=desk.market,
        portfolio=desk.portfolio,
        orders=desk.orders,
        limits=desk.limits,
        ledger=desk.ledger,
        parameters=desk.parameters,
        phrases=desk.phrases,
        own_rules=desk.own_rules,
    )
    registry.add(PortfolioAsk, account.holdings)
    registry.add(OrdersAsk, account.orders_of)
    registry.add(LimitsAsk, account.limits_left)
    registry.add(RulesAsk, account.rules)


def _add_market(registry: ToolRegistry, desk: ToolDesk) -> None:
    market = MarketTools(
        market=desk.market,
        market_data=desk.market_data,
        painter=desk.painter,
        backtests=desk.backtests,
        calendar=desk.calendar,
        clock=desk.clock,
        phrases=desk.phrases,
    )
    registry.add(QuoteAsk, market.quote)
    registry.add(OrderBookAsk, market.order_book)
    registry.add(EtfAsk, market.etf)
    registry.add(BarsAsk, market.bars)
    registry.add(SearchAsk, market.found)
    registry.add(CalendarAsk, market.day)
    registry.add(TrialAsk, market.trial, seconds=TRIAL_SECONDS_MAX)

"""The tools of a session: all read, but one that suggests. None can send an order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.instrument import Instrument
from core.domain.krx import KST
from core.domain.market import BarSeries
from core.domain.risk import Denied
from core.domain.tickets import Author
from core.errors import BrokerError, DataError, TradingError
from core.ports.clock import Clock
from core.ports.desk import MarketReader, OrderReader, PortfolioReader, Proposer
from core.ports.dialogue import (
    BarsAsk,
    CalendarAsk,
    MemoryAsk,
    NewsAsk,
    OrdersAsk,
    PortfolioAsk,
    ProposeAsk,
    QuoteAsk,
    SearchAsk,
    ToolAsk,
)
from core.ports.memory import Memory
from core.ports.news import NewsDigest
from core.ports.phrases import Phrases
from core.ports.pictures import ChartPainter, ChartSpec
from core.services.sessions import results
from core.services.sessions.proposing import OrderProposer
from core.services.sessions.results import ToolOutcome
from core.services.sessions.values import AnswerChart

_LOG = structlog.get_logger(__name__)
TOOL_SECONDS_MAX = 30.0
SEARCH_ROWS = 10
MEMORY_ROWS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDesk:
    """Everything the tools may touch. `news` returns the latest digest, or None before the first.

    `explain` words a denial of the risk guard; `quantity_maximum` is the limit of the settings.
    """

    market: MarketReader
    portfolio: PortfolioReader
    orders: OrderReader
    proposer: Proposer
    memory: Memory
    painter: ChartPainter
    calendar: TradingCalendar
    clock: Clock
    phrases: Phrases
    news: Callable[[], NewsDigest | None]
    explain: Callable[[Denied], str]
    quantity_maximum: int


class SessionTools:
    """Runs one validated call and answers in JSON that a model and the analyst both read."""

    def __init__(self, desk: ToolDesk) -> None:
        """Keep the ports."""
        self._desk = desk
        self._proposing = OrderProposer(
            market=desk.market,
            portfolio=desk.portfolio,
            proposer=desk.proposer,
            phrases=desk.phrases,
            explain=desk.explain,
            quantity_maximum=desk.quantity_maximum,
        )

    async def run(self, ask: ToolAsk, *, thread_id: int, author: Author) -> ToolOutcome:
        """Answer one call within `TOOL_SECONDS_MAX`. Faults become words, never exceptions."""
        phrases = self._desk.phrases
        try:
            async with asyncio.timeout(TOOL_SECONDS_MAX):
                return await self._dispatch(ask, thread_id, author)
        except (TimeoutError, TradingError) as error:
            _LOG.warning("tool failed", tool=type(ask).__name__, reason=str(error)[:200])
            return results.failed(_fault_sentence(ask, error, phrases))

    async def _dispatch(self, ask: ToolAsk, thread_id: int, author: Author) -> ToolOutcome:
        match ask:
            case ProposeAsk():
                return await self._proposing.propose(ask, thread_id=thread_id, author=author)
            case PortfolioAsk() | QuoteAsk() | BarsAsk() | OrdersAsk():
                return await self._account_and_market(ask)
            case SearchAsk() | MemoryAsk() | NewsAsk() | CalendarAsk():
                return await self._reference(ask, thread_id)

    async def _account_and_market(
        self, ask: PortfolioAsk | QuoteAsk | BarsAsk | OrdersAsk
    ) -> ToolOutcome:
        desk = self._desk
        if isinstance(ask, PortfolioAsk):
            return results.portfolio_result(await desk.portfolio.portfolio())
        if isinstance(ask, OrdersAsk):
            reader = desk.orders.open_orders if ask.scope == "open" else desk.orders.orders_today
            names = {str(item.symbol): item.name for item in desk.market.instruments()}
            return results.orders_result(await reader(), names)
        return await self._market(ask)

    async def _reference(
        self, ask: SearchAsk | MemoryAsk | NewsAsk | CalendarAsk, thread_id: int
    ) -> ToolOutcome:
        desk = self._desk
        match ask:
            case MemoryAsk(query=query):
                notes = await desk.memory.recall(query, MEMORY_ROWS, thread_id=thread_id)
                return results.memory_result(notes)
            case SearchAsk(query=query):
                return results.search_result(query, desk.market.search(query, SEARCH_ROWS))
            case NewsAsk():
                return results.news_result(desk.news() or NewsDigest(headlines=(), failures=()))
            case CalendarAsk():
                return self._calendar(ask)

    async def _market(self, ask: QuoteAsk | BarsAsk) -> ToolOutcome:
        desk = self._desk
        instrument = desk.market.instrument(ask.symbol)
        if instrument is None:
            return results.refused(desk.phrases.say("sessions.unknown_symbol", symbol=ask.symbol))
        if isinstance(ask, QuoteAsk):
            return results.quote_result(await desk.market.quote(ask.symbol), instrument)
        last = desk.calendar.previous_session(desk.clock.now().astimezone(KST).date())
        series = await desk.market.bars(ask.symbol, ask.sessions, last, adjusted=False)
        if not series.bars:
            return results.failed(desk.phrases.say("sessions.tool_failed"))
        chart = await self._chart(series, instrument) if ask.chart else None
        return results.bars_result(series.bars, instrument, chart)

    async def _chart(self, series: BarSeries, instrument: Instrument) -> AnswerChart | None:
        """Draw, or return None: the figures are worth having without the picture."""
        say, name, bars = self._desk.phrases.say, instrument.name, series.bars
        spec = ChartSpec(
            title=say("sessions.chart_title", name=name, symbol=instrument.symbol),
            subtitle=say("sessions.chart_subtitle", sessions=len(bars)),
            series=(series,),
            names=((str(instrument.symbol), name),),
        )
        try:
            png = await self._desk.painter.paint(spec)
        except DataError as error:
            _LOG.warning("chart failed", symbol=instrument.symbol, reason=str(error)[:200])
            return None
        first, last = bars[0].session, bars[-1].session
        return AnswerChart(
            png=png,
            filename=f"{instrument.symbol}.png",
            alt=say("sessions.chart_alt", name=name, first=first, last=last),
        )

    def _calendar(self, ask: CalendarAsk) -> ToolOutcome:
        calendar = self._desk.calendar
        day = ask.day or self._desk.clock.now().astimezone(KST).date()
        try:
            hours = calendar.hours(day)
            following = calendar.next_session(day)
        except CalendarUnknown:
            return results.failed(self._desk.phrases.say("sessions.calendar_unknown", day=day))
        return results.ok(
            day=day.isoformat(),
            is_session=hours is not None,
            opens=hours.opens.strftime("%H:%M") if hours else None,
            closes=hours.closes.strftime("%H:%M") if hours else None,
            next_session=following.isoformat(),
        )


def _fault_sentence(ask: ToolAsk, error: Exception, phrases: Phrases) -> str:
    # A proposal that broke off may or may not have left a ticket: say so, claim neither.
    if isinstance(ask, ProposeAsk):
        return phrases.say("sessions.proposal_unsure")
    if isinstance(error, TimeoutError):
        return phrases.say("sessions.tool_timeout", seconds=int(TOOL_SECONDS_MAX))
    if isinstance(error, BrokerError):
        return phrases.say("sessions.broker_failed")
    return phrases.say("sessions.tool_failed")

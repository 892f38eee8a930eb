"""The tools that read the market: prices, books, facts, charts, days, and a trial on past prices."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.instrument import Instrument
from core.domain.krx import KST
from core.domain.market import BarSeries
from core.errors import DataError, NotOfferedHere
from core.ports.backtests import BacktestAsk, BacktestRefusal, Backtests, BacktestStage
from core.ports.clock import Clock
from core.ports.desk import MarketReader
from core.ports.dialogue import (
    BarsAsk,
    CalendarAsk,
    EtfAsk,
    OrderBookAsk,
    QuoteAsk,
    SearchAsk,
    TrialAsk,
)
from core.ports.market_data import MarketData
from core.ports.phrases import Phrases
from core.ports.pictures import ChartPainter
from core.services.sessions import market_results, results
from core.services.sessions.charting import candle_chart, chart_alt
from core.services.sessions.registry import Asker
from core.services.sessions.results import ToolOutcome
from core.services.sessions.values import AnswerChart

SEARCH_ROWS = 10
# One answer takes 180 s at most, model and other tools included.
TRIAL_SECONDS_MAX = 90.0
# The protection of the live strategy: decided on closes, sold on the next session.
PROTECTION = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketTools:
    """Reads, and changes nothing."""

    market: MarketReader
    market_data: MarketData
    painter: ChartPainter
    backtests: Backtests
    calendar: TradingCalendar
    clock: Clock
    phrases: Phrases

    async def quote(self, ask: QuoteAsk, asker: Asker) -> ToolOutcome:
        """Return the newest price."""
        del asker
        instrument = self.market.instrument(ask.symbol)
        if instrument is None:
            return self._unknown(ask.symbol)
        return results.quote_result(await self.market.quote(ask.symbol), instrument)

    async def order_book(self, ask: OrderBookAsk, asker: Asker) -> ToolOutcome:
        """Return both sides of the book, or that it is not offered here."""
        del asker
        instrument = self.market.instrument(ask.symbol)
        if instrument is None:
            return self._unknown(ask.symbol)
        book = await self.market_data.order_book(ask.symbol)
        if isinstance(book, NotOfferedHere):
            return results.refused(self.phrases.say("sessions.not_offered"))
        return market_results.order_book_result(book, instrument)

    async def etf(self, ask: EtfAsk, asker: Asker) -> ToolOutcome:
        """Return the facts of an ETF, and its NAV where the source tells it."""
        del asker
        instrument = self.market.instrument(ask.symbol)
        if instrument is None:
            return self._unknown(ask.symbol)
        state = await self.market_data.etf(ask.symbol)
        found = None if isinstance(state, NotOfferedHere) else state
        return market_results.etf_result(instrument, found, self.phrases)

    async def bars(self, ask: BarsAsk, asker: Asker) -> ToolOutcome:
        """Return what the daily bars show, and a picture where one is wished."""
        del asker
        instrument = self.market.instrument(ask.symbol)
        if instrument is None:
            return self._unknown(ask.symbol)
        last = self.calendar.previous_session(self.clock.now().astimezone(KST).date())
        series = await self.market.bars(ask.symbol, ask.sessions, last, adjusted=False)
        if not series.bars:
            return results.failed(self.phrases.say("sessions.tool_failed"))
        chart = await self._chart(series, instrument) if ask.chart else None
        return results.bars_result(series.bars, instrument, chart)

    async def found(self, ask: SearchAsk, asker: Asker) -> ToolOutcome:
        """Return instruments by code, name or initial consonants."""
        del asker
        return results.search_result(ask.query, self.market.search(ask.query, SEARCH_ROWS))

    async def day(self, ask: CalendarAsk, asker: Asker) -> ToolOutcome:
        """Return whether the exchange opens on a day."""
        del asker
        day = ask.day or self.clock.now().astimezone(KST).date()
        try:
            hours = self.calendar.hours(day)
            following = self.calendar.next_session(day)
        except CalendarUnknown:
            return results.failed(self.phrases.say("sessions.calendar_unknown", day=day))
        return results.ok(
            day=day.isoformat(),
            is_session=hours is not None,
            opens=hours.opens.strftime("%H:%M") if hours else None,
            closes=hours.closes.strftime("%H:%M") if hours else None,
            next_session=following.isoformat(),
        )

    async def trial(self, ask: TrialAsk, asker: Asker) -> ToolOutcome:
        """Return what the bot's strategy would have made of the stored bars."""
        del asker
        asked = BacktestAsk(
            start=ask.start,
            end=ask.end,
            cash_won=ask.cash_won,
            protection=PROTECTION,
            locale=self.phrases.locale,
        )
        try:
            answer = await self.backtests.run(asked, _unheard)
        except DataError as error:
            return results.refused(str(error))
        if isinstance(answer, BacktestRefusal):
            return results.refused(self.phrases.say(f"backtest.refusal_{answer.value}"))
        chart = AnswerChart(
            png=answer.png,
            filename="backtest.png",
            alt=self.phrases.say("sessions.trial_alt", first=answer.first, last=answer.last),
        )
        return market_results.trial_result(answer, ask.cash_won, chart)

    def _unknown(self, symbol: str) -> ToolOutcome:
        return results.refused(self.phrases.say("sessions.unknown_symbol", symbol=symbol))

    async def _chart(self, series: BarSeries, instrument: Instrument) -> AnswerChart | None:
        """Draw, or return None: the figures are worth having without the picture."""
        png = await candle_chart(self.painter, series, instrument, self.phrases)
        if png is None:
            return None
        return AnswerChart(
            png=png,
            filename=f"{instrument.symbol}.png",
            alt=chart_alt(series, instrument, self.phrases),
        )


async def _unheard(stage: BacktestStage) -> None:
    """Stages are for whoever watches a progress bar; here the answer says it all."""

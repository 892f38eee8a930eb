"""Clock, desk, sources and outlets of the daily cycle: small, honest and scripted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar, cast

from core.domain.account import AccountSnapshot, BuyingPower, Portfolio, Position
from core.domain.breakers import Breaker, InForce, Trip
from core.domain.briefing import Briefing, ClosingReport
from core.domain.calendar import TradingCalendar
from core.domain.instrument import Instrument, Symbol
from core.domain.market import Bar, BarSeries, Quote
from core.domain.market_index import IndexLevel, MarketIndex
from core.domain.modes import Mode, TradingState
from core.domain.money import Won
from core.domain.order_book import Trade
from core.domain.ranking import ChangeRank, Direction, VolumeOrder, VolumeRank
from core.domain.risk import Denied
from core.domain.tickets import Proposal, Ticket, TicketState
from core.errors import BrokerError, BrokerRefused, NotOfferedHere
from core.ports.broker import BrokerIdentity
from core.ports.ledger import BooksReading
from core.ports.model import ModelMessage
from core.ports.news import NewsDigest
from core.ports.pictures import ChartSpec
from core.ports.planning import PlanMaterial, PlannerReply

IDENTITY = BrokerIdentity(
    broker="sim", mode=Mode.SIM, base_url="memory", account_masked="****01", account_hash="h"
)


@dataclass
class FakeCycleClock:
    at: datetime
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)

    async def sleep_until(self, instant: datetime) -> None:
        self.at = max(self.at, instant)

    def host_seconds_until(self, instant: datetime) -> float:
        return max((instant - self.at).total_seconds(), 0.0)

    def on_change(self, callback: Callable[[], None]) -> None:
        raise NotImplementedError


def sessions_before(day: date, count: int) -> list[date]:
    """Return the `count` sessions strictly before `day`, oldest first."""
    calendar, found = TradingCalendar(), []
    for _ in range(count):
        day = calendar.previous_session(day)
        found.append(day)
    return found[::-1]


def rising(code: str, days: list[date], start: int, step: int) -> list[Bar]:
    """Return bars whose close moves by `step` won a session, with a range of 100 won."""
    closes = [start + step * number for number in range(len(days))]
    return [
        Bar(
            symbol=Symbol(code),
            session=day,
            open_won=close,
            high_won=close + 50,
            low_won=close - 50,
            close_won=close,
            volume_shares=1000,
        )
        for day, close in zip(days, closes, strict=True)
    ]


@dataclass
class FakeMarket:
    """Bars by symbol, the same adjusted and raw unless `adjusted_bars` says otherwise."""

    universe: tuple[Instrument, ...]
    raw_bars: dict[str, list[Bar]]
    adjusted_bars: dict[str, list[Bar]] = field(default_factory=dict)
    failure: Exception | None = None
    reads: int = 0

    async def quote(self, symbol: Symbol) -> Quote:
        raise NotImplementedError

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        if symbol not in self.raw_bars:
            raise BrokerRefused("X1", "unknown symbol")
        rows = self.adjusted_bars.get(symbol) if adjusted else None
        known = [bar for bar in rows or self.raw_bars[symbol] if bar.session <= end]
        return BarSeries(
            symbol=symbol, adjusted=adjusted, source="fake", bars=tuple(known[-sessions:])
        )

    def instrument(self, symbol: Symbol) -> Instrument | None:
        return next((item for item in self.universe if item.symbol == symbol), None)

    def instruments(self) -> tuple[Instrument, ...]:
        return self.universe

    def search(self, query: str, limit: int = 25) -> tuple[Instrument, ...]:
        raise NotImplementedError


def portfolio_of(at: datetime, cash: int, *positions: Position) -> Portfolio:
    account = AccountSnapshot(
        deposit_won=Won(cash), settled_d2_won=Won(cash), positions=positions, taken_at=at
    )
    return Portfolio(account=account, orderable_won=Won(cash), reserved_won=Won(0))


@dataclass
class FakePortfolio:
    value: Portfolio
    failure: Exception | None = None

    async def portfolio(self) -> Portfolio:
        if self.failure is not None:
            raise self.failure
        return self.value


@dataclass
class FakeProposer:
    """Stores a ticket as the desk would, or refuses as told."""

    tickets: dict[str, Ticket]
    clock: FakeCycleClock
    proposals: list[Proposal] = field(default_factory=list)
    refusal: Denied | None = None

    async def propose(self, proposal: Proposal) -> Ticket | Denied:
        self.proposals.append(proposal)
        if self.refusal is not None:
            return self.refusal
        ticket = Ticket(
            ticket_id=f"TICKET{len(self.proposals):02}",
            kind=proposal.kind,
            author=proposal.author,
            mode=Mode.SIM,
            account="****01",
            legs=(),
            reason=proposal.reason,
            notes=(),
            created_at=self.clock.now(),
            expires_at=self.clock.now() + timedelta(hours=7),
            state=TicketState.PRESENTED,
        )
        self.tickets[ticket.ticket_id] = ticket
        return ticket


@dataclass
class FakeGuard:
    """Answers previews from a script; an empty script allows everything."""

    answers: list[Denied | None] = field(default_factory=list)
    seen: list[Proposal] = field(default_factory=list)

    async def __call__(self, proposal: Proposal) -> Denied | None:
        self.seen.append(proposal)
        return self.answers.pop(0) if self.answers else None


@dataclass
class FakeSwitch:
    stopped: dict[date, str] = field(default_factory=dict)
    trips: tuple[Trip, ...] = ()

    async def state(self) -> TradingState:
        return TradingState.ACTIVE

    async def reasons(self) -> InForce:
        state, why = await self.state(), await self.stopped_on(date.max)
        return InForce(state=state, stopped_because=why, trips=self.trips, stored=state)

    async def within(self, tx: BooksReading) -> InForce:
        return await self.reasons()

    async def trip(self, trip: Trip, *, actor: str) -> None:
        self.trips = (*self.trips, trip)

    async def release(self, breaker: Breaker, *, actor: str, reason: str) -> bool:
        kept = tuple(trip for trip in self.trips if trip.breaker is not breaker)
        was_out, self.trips = kept != self.trips, kept
        return was_out

    async def set_state(self, state: TradingState, *, actor: str, reason: str) -> None:
        raise NotImplementedError

    async def stop_for_day(self, day: date, reason: str) -> None:
        self.stopped[day] = reason

    async def stopped_on(self, day: date) -> str | None:
        return self.stopped.get(day)


@dataclass
class FakeNews:
    digest: NewsDigest = field(default_factory=lambda: NewsDigest(headlines=(), failures=()))
    failures: list[BaseException] = field(default_factory=list)

    async def collect(self) -> NewsDigest:
        if self.failures:
            raise self.failures.pop(0)
        return self.digest


@dataclass
class FakeReports:
    briefings: list[tuple[Briefing, bytes | None]] = field(default_factory=list)
    closings: list[tuple[ClosingReport, bytes | None]] = field(default_factory=list)
    failure: Exception | None = None
    tries: int = 0

    async def show_briefing(self, briefing: Briefing, chart_png: bytes | None) -> None:
        self.tries += 1
        if self.failure is not None:
            raise self.failure
        self.briefings.append((briefing, chart_png))

    async def show_closing(self, report: ClosingReport, chart_png: bytes | None) -> None:
        self.closings.append((report, chart_png))


@dataclass
class FakeAlerts:
    alerts: list[tuple[str, str]] = field(default_factory=list)

    async def alert(self, title: str, text: str, *, can_wait: bool = False) -> bool:
        self.alerts.append((title, text))
        return True


@dataclass
class FakePainter:
    failure: Exception | None = None
    specs: list[ChartSpec] = field(default_factory=list)

    async def paint(self, spec: ChartSpec) -> bytes:
        self.specs.append(spec)
        if self.failure is not None:
            raise self.failure
        return b"\x89PNG"


@dataclass
class FakeFlashModel:
    """Completes with a fixed text or fails."""

    text: str = "model text"
    failure: Exception | None = None
    prompts: list[tuple[ModelMessage, ...]] = field(default_factory=list)
    name: str = "fake"

    async def complete(self, messages: object, max_tokens: int, about: object = None) -> str:
        self.prompts.append(cast("tuple[ModelMessage, ...]", messages))
        if self.failure is not None:
            raise self.failure
        return self.text

    def stream(self, messages: object, tools: object) -> object:
        raise NotImplementedError


@dataclass
class FakePlanner:
    """Answers from a script and keeps what it was shown."""

    replies: list[PlannerReply | Exception]
    shown: list[PlanMaterial] = field(default_factory=list)
    name: str = "fake-planner"

    async def review(self, material: PlanMaterial) -> PlannerReply:
        self.shown.append(material)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


@dataclass
class FakeFigures:
    """What the broker says of the market: nothing is offered unless it is set here."""

    by_volume: tuple[VolumeRank, ...] | BrokerError | None = None
    falling: tuple[ChangeRank, ...] | BrokerError | None = None
    kospi: IndexLevel | BrokerError | None = None
    last_trades: dict[Symbol, tuple[Trade, ...]] = field(default_factory=dict)

    async def volume_ranking(self, order: VolumeOrder) -> tuple[VolumeRank, ...] | NotOfferedHere:
        return _told(self.by_volume)

    async def change_ranking(self, direction: Direction) -> tuple[ChangeRank, ...] | NotOfferedHere:
        return _told(self.falling)

    async def index(self, index: MarketIndex) -> IndexLevel | NotOfferedHere:
        return _told(self.kospi)

    async def trades(self, symbol: Symbol) -> tuple[Trade, ...] | NotOfferedHere:
        return _told(self.last_trades.get(symbol))


T = TypeVar("T")


def _told(value: T | BrokerError | None) -> T | NotOfferedHere:
    if isinstance(value, BrokerError):
        raise value
    return NotOfferedHere("not offered") if value is None else value


@dataclass
class FakeBroker:
    """The reads that market and portfolio services use, with a list of what was asked."""

    series: dict[tuple[str, bool], list[Bar]] = field(default_factory=dict)
    account_value: AccountSnapshot | None = None
    quote_value: Quote | None = None
    asked: list[tuple[str, date, date, bool]] = field(default_factory=list)

    @property
    def identity(self) -> BrokerIdentity:
        return IDENTITY

    async def daily_bars(
        self, symbol: Symbol, start: date, end: date, *, adjusted: bool
    ) -> BarSeries:
        self.asked.append((symbol, start, end, adjusted))
        rows = [bar for bar in self.series[symbol, adjusted] if start <= bar.session <= end]
        return BarSeries(symbol=symbol, adjusted=adjusted, source="fake", bars=tuple(rows))

    async def quote(self, symbol: Symbol) -> Quote:
        assert self.quote_value is not None
        return self.quote_value

    async def account(self) -> AccountSnapshot:
        assert self.account_value is not None
        return self.account_value

    async def buying_power(self, symbol: Symbol, price_won: Won, order_type: object) -> BuyingPower:
        return BuyingPower(cash_won=Won(777_000), quantity_max=777_000 // price_won)

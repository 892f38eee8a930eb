"""Fakes at the ports that the tools of a session meet, and a model that follows a script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.account import AccountSnapshot, Portfolio, Position
from core.domain.etf import EtfState
from core.domain.hangul import match_rank
from core.domain.instrument import Instrument, Symbol
from core.domain.krx import KST
from core.domain.market import Bar, BarSeries, Quote
from core.domain.model_calls import CallAbout
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.order_book import BookLevel, OrderBook
from core.domain.orders import Envelope, Order
from core.domain.risk import Denied
from core.domain.tickets import Proposal, Ticket, TicketLeg, TicketState
from core.errors import DataError, ModelError, NotOfferedHere
from core.ports.model import BY_ITSELF, ModelMessage, ReplyEnd, TextPart, ToolSpec
from core.ports.pictures import ChartSpec
from tests.fakes.quotes import quote_of

NOW = datetime(2023, 3, 2, 10, 0, tzinfo=KST)
PRICE = 35_000

UNIVERSE = tuple(
    Instrument(symbol=Symbol(code), name=name)
    for code, name in (
        ("069500", "KODEX 200"),
        ("102110", "TIGER 200"),
        ("122630", "KODEX 레버리지"),
        ("123320", "TIGER 레버리지"),
        ("091160", "KODEX 반도체"),
        ("360750", "TIGER 미국S&P500"),
        ("0080G0", "KODEX 방산TOP10"),
    )
)


class FixedClock:
    """Stands still until moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.instant = now

    def now(self) -> datetime:
        return self.instant

    def pass_minutes(self, minutes: int) -> None:
        self.instant += timedelta(minutes=minutes)

    async def sleep_until(self, instant: datetime) -> None:
        self.instant = max(self.instant, instant)

    async def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)

    def host_seconds_until(self, instant: datetime) -> float:
        return max((instant - self.instant).total_seconds(), 0.0)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Nobody moves it behind anybody's back."""


class CountingIdentifiers:
    """Numbers instead of chance."""

    def __init__(self) -> None:
        self.count = 0

    def ticket_id(self) -> str:
        self.count += 1
        return f"{self.count:08d}"

    def nonce(self) -> str:
        self.count += 1
        return f"nonce{self.count}"

    def jitter(self) -> float:
        return 0.5


@dataclass
class ListedMarket:
    """A market at one price; counts what was read."""

    fault: Exception | None = None
    reads: list[str] = field(default_factory=list)

    async def quote(self, symbol: Symbol) -> Quote:
        self.reads.append(symbol)
        if self.fault:
            raise self.fault
        return quote_of(
            symbol,
            PRICE,
            NOW,
            base_won=34_000,
            best_ask_won=Won(PRICE + 5),
            best_bid_won=Won(PRICE - 5),
        )

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        self.reads.append(symbol)
        if self.fault:
            raise self.fault
        days = [end - timedelta(days=back) for back in range(sessions - 1, -1, -1)]
        bars = tuple(
            Bar(
                symbol=symbol,
                session=day,
                open_won=PRICE,
                high_won=PRICE + 100 + at,
                low_won=PRICE - 100,
                close_won=PRICE + at * 5,
                volume_shares=10,
            )
            for at, day in enumerate(days)
        )
        return BarSeries(symbol=symbol, adjusted=adjusted, source="fake", bars=bars)

    def instrument(self, symbol: Symbol) -> Instrument | None:
        return next((item for item in UNIVERSE if item.symbol == symbol), None)

    def instruments(self) -> tuple[Instrument, ...]:
        return UNIVERSE

    def search(self, query: str, limit: int = 25) -> tuple[Instrument, ...]:
        ranked = [(match_rank(query, item.symbol, item.name), item) for item in UNIVERSE]
        hits = sorted(
            ((rank, item) for rank, item in ranked if rank is not None), key=lambda hit: hit[0]
        )
        return tuple(item for _rank, item in hits[:limit])


@dataclass
class ShownMarketData:
    """A book and an ETF as given; None is what this broker does not offer."""

    book: OrderBook | None = None
    state: EtfState | None = None

    async def order_book(self, symbol: Symbol) -> OrderBook | NotOfferedHere:
        return self.book or NotOfferedHere("no book")

    async def etf(self, symbol: Symbol) -> EtfState | NotOfferedHere:
        return self.state or NotOfferedHere("no ETF facts")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"no tool may call {name}")


def shown_book() -> OrderBook:
    """Return a book of two levels a side."""
    return OrderBook(
        symbol=Symbol("069500"),
        asks=tuple(BookLevel(price_won=Won(PRICE + 5 * at), quantity=10 * at) for at in (1, 2)),
        bids=tuple(BookLevel(price_won=Won(PRICE - 5 * at), quantity=20 * at) for at in (1, 2)),
        ask_shares=30,
        bid_shares=60,
        changed_at=None,
        expected_won=None,
        expected_shares=0,
        in_volatility_interruption=False,
        received_at=NOW,
    )


def shown_etf() -> EtfState:
    """Return an ETF 0.12 % above its NAV."""
    return EtfState(
        symbol=Symbol("069500"),
        last_won=Won(PRICE),
        change_won=0,
        upper_limit_won=Won(45_000),
        lower_limit_won=Won(25_000),
        volume_shares=1,
        nav_won=Decimal("34958.05"),
        previous_nav_won=None,
        disparity_percent=Decimal("0.12"),
        tracking_error_percent=None,
        multiple=Decimal(1),
        net_assets_won=None,
        units=None,
        creation_unit=None,
        holdings=200,
        issuer="삼성자산운용",
        index_name="코스피 200",
        listed_on=None,
        matures_on=None,
        in_volatility_interruption=False,
        received_at=NOW,
    )


@dataclass
class HeldPortfolio:
    """Seven shares of KODEX 200, five of which may be sold."""

    fault: Exception | None = None
    reads: int = 0

    async def portfolio(self) -> Portfolio:
        self.reads += 1
        if self.fault:
            raise self.fault
        position = Position(
            symbol=Symbol("069500"),
            name="KODEX 200",
            quantity=7,
            sellable=5,
            average_cost_won=Decimal("34000.5"),
            price_won=Won(PRICE),
        )
        account = AccountSnapshot(
            deposit_won=Won(500_000),
            settled_d2_won=Won(500_000),
            positions=(position,),
            taken_at=NOW,
        )
        return Portfolio(account=account, orderable_won=Won(400_000), reserved_won=Won(0))


@dataclass
class ListedOrders:
    """Orders as given."""

    orders: tuple[Order, ...] = ()

    async def orders_today(self) -> tuple[Order, ...]:
        return self.orders

    async def open_orders(self) -> tuple[Order, ...]:
        return self.orders[:1]

    async def has_live(self, channel_id: int) -> bool:
        return bool(self.orders) and channel_id > 0


@dataclass
class RecordingProposer:
    """Makes a ticket of every proposal, unless told to deny or to fail."""

    denied: Denied | None = None
    fault: Exception | None = None
    proposals: list[Proposal] = field(default_factory=list)

    async def propose(self, proposal: Proposal) -> Ticket | Denied:
        self.proposals.append(proposal)
        if self.fault:
            raise self.fault
        return self.denied or ticket_of(proposal, f"TICKET{len(self.proposals):02d}")


def ticket_of(proposal: Proposal, ticket_id: str) -> Ticket:
    """Return the ticket that the desk would show for `proposal`."""
    until = NOW + timedelta(minutes=10)
    legs = tuple(
        TicketLeg(
            number=number,
            name=str(leg.symbol),
            quantity=Shares(leg.quantity),
            price_won=Won(leg.price_won or PRICE),
            envelope=Envelope(
                symbol=leg.symbol,
                side=leg.side,
                quantity_max=Shares(leg.quantity),
                limit_won=Won(leg.price_won or PRICE),
                good_until=until,
            ),
            fee_won=Won(1),
            tax_won=Won(0),
        )
        for number, leg in enumerate(proposal.legs, start=1)
    )
    return Ticket(
        ticket_id=ticket_id,
        kind=proposal.kind,
        author=proposal.author,
        mode=Mode.SIM,
        account="12-****",
        legs=legs,
        reason=proposal.reason,
        notes=(),
        created_at=NOW,
        expires_at=until,
        state=TicketState.PRESENTED,
    )


@dataclass
class DotPainter:
    """A picture of one byte sequence, or none at all."""

    fails: bool = False
    specs: list[ChartSpec] = field(default_factory=list)

    async def paint(self, spec: ChartSpec) -> bytes:
        self.specs.append(spec)
        if self.fails:
            raise DataError("no picture in time")
        return b"\x89PNG"


@dataclass
class ScriptedModel:
    """Replies one script entry per call: a list of parts, or a ModelError to raise after them."""

    script: list[list[TextPart | ReplyEnd | ModelError]]
    completion: str | ModelError = "모델이 쓴 요약"
    prompts: list[list[ModelMessage]] = field(default_factory=list)
    asked_by: list[CallAbout] = field(default_factory=list)

    @property
    def name(self) -> str:
        return "scripted"

    async def stream(
        self,
        messages: Sequence[ModelMessage],
        tools: Sequence[ToolSpec],
        about: CallAbout = BY_ITSELF,
    ) -> AsyncIterator[TextPart | ReplyEnd]:
        self.asked_by.append(about)
        self.prompts.append(list(messages))
        for part in self.script.pop(0):
            if isinstance(part, ModelError):
                raise part
            yield part

    async def complete(
        self,
        messages: Sequence[ModelMessage],
        max_tokens: int,
        about: CallAbout = BY_ITSELF,
    ) -> str:
        self.asked_by.append(about)
        self.prompts.append(list(messages))
        if isinstance(self.completion, ModelError):
            raise self.completion
        return self.completion

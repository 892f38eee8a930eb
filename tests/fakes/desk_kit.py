"""A whole order desk on a real ledger, with fakes only at the broker, the chat and the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from bot import locales
from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol
from core.domain.journal import JournalEntry, TradeRecord
from core.domain.krx import KST
from core.domain.lease import Lease
from core.domain.market import BarSeries, Quote
from core.domain.orders import Order, OrderState, OrderType, Side
from core.domain.outbox import OutboxMessage
from core.domain.risk import RiskLimits
from core.domain.standing import StandingTerms
from core.domain.tickets import Author, DraftLeg, Proposal, Ticket, TicketKind, TicketState
from core.errors import TradingError
from core.ports.ledger import BooksReader, BooksReading, Ledger
from core.ports.surface import TicketView
from core.runtime.emergency_file import EmergencyFile
from core.runtime.outbox import LedgerOutbox
from core.runtime.trading_switch import LedgerTradingSwitch
from core.services.orders.context import DeskContext, DeskPolicy
from core.services.orders.desk import OrderDesk
from core.services.orders.values import Click
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import ScriptedBroker

DAY = date(2026, 11, 16)  # a Monday; the CSAT of that week is on Thursday the 19th
KODEX = Symbol("069500")
TIGER = Symbol("102110")
LEVERAGE = Symbol("122630")
KOSDAQ = Symbol("229200")
OWNER, STRANGER, GUILD, CHANNEL, THREAD = 11, 99, 7, 70, 71
KO = locales.load("ko")
# Wide enough that only the rule under test bites.
WIDE = RiskLimits(position_weight_percent=100, position_tight_percent=100)


def at(hour: int, minute: int = 0, second: int = 0, *, day: date = DAY) -> datetime:
    return datetime.combine(day, time(hour, minute, second), tzinfo=KST)


class Names:
    """Ticket ids in order. Every desk of a test shares one, as all share the host's randomness."""

    def __init__(self) -> None:
        self._next = count(1)

    def ticket_id(self) -> str:
        return f"T{next(self._next):07d}"

    def nonce(self) -> str:
        return "nonce"

    def jitter(self) -> float:
        return 0.0


@dataclass
class Shelf:
    """The universe, at the `MarketReader` port; quotes come from the broker."""

    broker: ScriptedBroker
    universe: tuple[Instrument, ...] = (
        Instrument(symbol=KODEX, name="KODEX 200"),
        Instrument(symbol=TIGER, name="TIGER 200"),
        Instrument(symbol=KOSDAQ, name="KODEX 코스닥150"),
        Instrument(symbol=LEVERAGE, name="KODEX 레버리지", multiple=2),
    )

    async def quote(self, symbol: Symbol) -> Quote:
        return await self.broker.quote(symbol)

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        return await self.broker.daily_bars(symbol, end, end, adjusted=adjusted)

    def instrument(self, symbol: Symbol) -> Instrument | None:
        return next((item for item in self.universe if item.symbol == symbol), None)

    def instruments(self) -> tuple[Instrument, ...]:
        return self.universe

    def search(self, query: str, limit: int = 25) -> tuple[Instrument, ...]:
        return tuple(item for item in self.universe if query in item.name)[:limit]


class Undeliverable(TradingError):
    """The chat does not answer."""


@dataclass
class RecordingSurface:
    """Remembers what was shown: the newest view of each message, and every alarm."""

    shown: dict[int, TicketView] = field(default_factory=dict)
    history: list[TicketView] = field(default_factory=list)
    alerts: list[tuple[str, str]] = field(default_factory=list)
    failures: int = 0
    alert_failures: int = 0
    alert_defect: bool = False
    defect_on: str = ""
    _ids: count[int] = field(default_factory=lambda: count(500))

    async def show_ticket(self, view: TicketView) -> tuple[int, int]:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise Undeliverable("503")
        if view.ticket.ticket_id == self.defect_on:
            raise KeyError("a sentence that does not exist")
        message = view.ticket.message_id or next(self._ids)
        self.shown[message] = view
        self.history.append(view)
        return view.ticket.channel_id or CHANNEL, message

    async def post(self, message: OutboxMessage) -> bool:
        return await self.alert(message.title, message.text)

    async def alert(self, title: str, text: str, *, can_wait: bool = False) -> bool:
        if self.alert_failures:
            self.alert_failures -= 1
            return False
        if self.alert_defect:
            raise KeyError("a surface that raises")
        self.alerts.append((title, text))
        return True


@dataclass
class SetLimits:
    """Limits that a test sets, and may tighten."""

    current: RiskLimits


@dataclass
class HeldLease:
    """A lease that was taken; `lost` says why it went."""

    epoch: int = 1
    lost: list[str] = field(default_factory=list)

    def lose(self, reason: str) -> None:
        self.lost.append(reason)

    async def hold(self, ledger: Ledger, clock: HandClock) -> None:
        """Note in the ledger that we hold it, if nobody does."""
        async with ledger.transaction() as tx:
            if await tx.lease() is None:
                row = Lease(epoch=self.epoch, holder="kit", renewed_at=clock.now())
                await tx.put_lease(row)


@dataclass
class SaidInterlock:
    """An interlock that says what a test lets it say."""

    sentence: str | None = None

    async def refusal(self, tx: BooksReading) -> str | None:
        return self.sentence


@dataclass
class Kit:
    """One desk and everything around it. `again` is the restart: new objects, the same file."""

    ledger: Ledger
    clock: HandClock
    broker: ScriptedBroker
    surface: RecordingSurface
    halt_file: Path
    limits: RiskLimits = WIDE
    dedicated: bool = True
    standing: StandingTerms | None = None
    stop_bps: int = 0
    reminder: timedelta = timedelta(0)
    approvers: frozenset[int] = frozenset({OWNER})
    names: Names = field(default_factory=Names)
    lease: HeldLease = field(default_factory=HeldLease)
    interlock: SaidInterlock = field(default_factory=SaidInterlock)
    context: DeskContext = field(init=False)
    desk: OrderDesk = field(init=False)
    outbox: LedgerOutbox = field(init=False)
    switch: LedgerTradingSwitch = field(init=False)
    _clicks: count[int] = field(default_factory=lambda: count(9_000))

    def __post_init__(self) -> None:
        self.again()

    def again(self) -> None:
        self.switch = LedgerTradingSwitch(self.ledger, self.clock, self.halt_file)
        self.context = DeskContext(
            broker=self.broker,
            ledger=self.ledger,
            books=_innermost(self.ledger),
            market=Shelf(self.broker),
            switch=self.switch,
            clock=self.clock,
            identifiers=self.names,
            calendar=TradingCalendar(),
            phrases=KO,
            limit_source=SetLimits(self.limits),
            costs=CostModel(),
            policy=DeskPolicy(
                approver_ids=self.approvers,
                guild_id=GUILD,
                is_dedicated_account=self.dedicated,
                standing=self.standing,
                stop_bps=self.stop_bps,
                reminder=self.reminder,
            ),
            lease=self.lease,
            interlock=self.interlock,
            notes=EmergencyFile(self.halt_file.with_name("unstored.jsonl")),
        )
        self.outbox = LedgerOutbox(self.ledger, self.clock, self.surface)
        self.desk = OrderDesk(self.context, self.surface, self.outbox)

    def click(
        self,
        ticket: Ticket | str,
        *,
        user: int = OWNER,
        guild: int | None = GUILD,
        interaction: int | None = None,
        message: int = 0,
        clicked_at: datetime | None = None,
    ) -> Click:
        return Click(
            ticket_id=ticket if isinstance(ticket, str) else ticket.ticket_id,
            interaction_id=next(self._clicks) if interaction is None else interaction,
            user_id=user,
            user_name="주인" if user == OWNER else "손님",
            guild_id=guild,
            channel_id=CHANNEL,
            message_id=message,
            clicked_at=clicked_at or self.clock.now(),
        )

    async def ticket(self, *legs: DraftLeg, kind: TicketKind = TicketKind.CHAT) -> Ticket:
        await self.lease.hold(self.ledger, self.clock)
        made = await self.desk.propose(proposal(*legs, kind=kind))
        assert isinstance(made, Ticket), made
        return made

    async def approved(self, *legs: DraftLeg, kind: TicketKind = TicketKind.CHAT) -> Ticket:
        made = await self.ticket(*legs, kind=kind)
        await self.desk.approve(self.click(made))
        return made

    async def sent(self, *legs: DraftLeg, kind: TicketKind = TicketKind.CHAT) -> Order:
        """Propose, approve and run one ticket; return its first order as stored."""
        made = await self.approved(*legs, kind=kind)
        await self.run()
        return await self.order(f"{made.ticket_id}-1")

    async def run(self) -> datetime | None:
        await self.lease.hold(self.ledger, self.clock)
        return await self.desk._runner.run_due()

    async def poll(self, times: int = 1) -> None:
        for _ in range(times):
            await self.desk._tracker.poll()

    async def publish(self) -> bool:
        return await self.desk._publisher.publish_due()

    async def order(self, order_id: str) -> Order:
        async with self.ledger.transaction() as tx:
            found = await tx.order(order_id)
        assert found is not None
        return found

    async def orders(self) -> tuple[Order, ...]:
        async with self.ledger.transaction() as tx:
            return await tx.orders_in(list(OrderState))

    async def stored(self, ticket: Ticket | str) -> Ticket:
        ticket_id = ticket if isinstance(ticket, str) else ticket.ticket_id
        async with self.ledger.transaction() as tx:
            found = await tx.ticket(ticket_id)
        assert found is not None
        return found

    async def tickets(self) -> tuple[Ticket, ...]:
        async with self.ledger.transaction() as tx:
            return await tx.tickets_in(list(TicketState))

    async def journal(self, subject: str) -> tuple[JournalEntry, ...]:
        async with self.ledger.transaction() as tx:
            return await tx.journal_of(subject)

    async def kinds(self, subject: str) -> list[str]:
        return [line.kind for line in await self.journal(subject)]

    async def records(self, day: date = DAY) -> tuple[TradeRecord, ...]:
        async with self.ledger.transaction() as tx:
            return await tx.trade_records_on(day)

    async def force(self, order: Order, expected: OrderState) -> None:
        """Write a state into the ledger as somebody else would have."""
        async with self.ledger.transaction() as tx:
            await tx.save_order(order, expected)


def _innermost(ledger: Any) -> BooksReader:
    """Return the real ledger inside the faulty ones that a test wraps around it."""
    while hasattr(ledger, "inner"):
        ledger = ledger.inner
    found: BooksReader = ledger
    return found


def proposal(
    *legs: DraftLeg, kind: TicketKind = TicketKind.CHAT, thread: int | None = None
) -> Proposal:
    return Proposal(
        author=Author.PERSON, kind=kind, legs=tuple(legs), reason="부탁", thread_id=thread
    )


def buy(
    quantity: int = 3,
    price: int | None = None,
    symbol: Symbol = KODEX,
    order_type: OrderType = OrderType.LIMIT,
) -> DraftLeg:
    return DraftLeg(
        symbol=symbol, side=Side.BUY, quantity=quantity, price_won=price, order_type=order_type
    )


def sell(
    quantity: int = 3,
    price: int | None = None,
    symbol: Symbol = TIGER,
    order_type: OrderType = OrderType.LIMIT,
) -> DraftLeg:
    return DraftLeg(
        symbol=symbol, side=Side.SELL, quantity=quantity, price_won=price, order_type=order_type
    )


def rules(violations: Sequence[object]) -> list[str]:
    return [item.rule.value for item in violations]  # type: ignore[attr-defined]

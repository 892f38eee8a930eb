"""Fakes behind the chat: they note what they were asked and answer from plain fields."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.chat.modes import ModePhrases
from bot.chat.rule_services import Rules
from bot.chat.services import ChatServices, ChatSettings, Memories, Watching
from bot.chat.week_services import RuleUndo
from bot.locales import load
from core.domain.account import AccountSnapshot, Portfolio, Position
from core.domain.alerts import WatchFacts
from core.domain.books import SymbolHold
from core.domain.breakers import Breaker, InForce, Trip
from core.domain.briefing import Briefing
from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.checkup import Check
from core.domain.conversation import ChatLine, ChatSession, SessionState
from core.domain.decision_prompt import PromptAnswer, PromptState, PromptUpdate
from core.domain.exports import Row, Table, TableKind
from core.domain.hangul import match_rank
from core.domain.instrument import Instrument, Symbol
from core.domain.interlock import Arming
from core.domain.journal import JournalHead, JournalLine
from core.domain.krx import KST
from core.domain.limits import LIMIT_TERMS, LimitAnswer, LimitLine, LimitOutcome, is_tighter
from core.domain.market import BarSeries, Quote
from core.domain.memory import MemoryPage
from core.domain.model_calls import ModelBudget, ModelCall, ModelCosts, TokenPrice, UsageLine
from core.domain.modes import Mode, TradingState
from core.domain.money import Shares, Won
from core.domain.month import Month
from core.domain.news_facts import NewsFact
from core.domain.orders import Envelope, FillObservation, Order, OrderState, Side
from core.domain.outbox import OutboxMessage
from core.domain.realised import Execution
from core.domain.reconciliation import Reconciliation
from core.domain.reflection import Week, WeekNumbers
from core.domain.reflection_run import WeeklyReport
from core.domain.risk import Denied
from core.domain.rule_proposals import Answer, Decided, RuleProposal
from core.domain.rules import Rule, RuleMove, RuleOrigin
from core.domain.setup import Setup
from core.domain.standing import StandingStop
from core.domain.story import Story
from core.domain.tickets import (
    Approval,
    Author,
    Ticket,
    TicketKind,
    TicketLeg,
    TicketState,
)
from core.domain.what_if_verdict import WhatIf
from core.errors import BrokerUnavailable, DataError, StorageError, TradingError
from core.ports.adoption import RuleProposals
from core.ports.backtests import (
    BacktestAnswer,
    BacktestAsk,
    BacktestRefusal,
    BacktestStage,
    Told,
)
from core.ports.broker import BrokerIdentity
from core.ports.ledger import BooksReading
from core.ports.letters import MonthlyLetter
from core.ports.phrases import Phrases
from core.ports.pictures import ChartSpec, Course
from core.ports.surface import TicketView
from core.runtime.interlock import Standing
from core.services.market.days import DayAnswer
from core.services.memory.service import Forgotten
from core.services.orders.flattening import CancelResult, Exposure, Flattened
from core.services.orders.open_points import OpenPoints, Resumed
from core.services.orders.values import Click, ClickOutcome, Decision
from core.services.reflection.weekly import Span
from core.services.rules.desk import Switched, Trial
from core.services.sessions.values import AnswerEvent, AnswerText
from tests.fakes.fake_notices import FakeNotices
from tests.fakes.fake_setup import FakeSetup

NOW = datetime(2023, 3, 2, 10, 0, tzinfo=KST)
UNIVERSE = (
    Instrument(symbol=Symbol("069500"), name="KODEX 200"),
    Instrument(symbol=Symbol("102110"), name="TIGER 200"),
    Instrument(symbol=Symbol("0080G0"), name="KODEX 방산TOP10"),
)


def make_leg(number: int = 1, *, side: Side = Side.BUY, name: str = "KODEX 200", reason: str = ""):
    return TicketLeg(
        number=number,
        name=name,
        quantity=Shares(3),
        price_won=Won(35_150),
        envelope=Envelope(
            symbol=Symbol("069500"),
            side=side,
            quantity_max=Shares(7),
            limit_won=Won(35_200),
            good_until=NOW.replace(hour=15),
        ),
        fee_won=Won(15),
        tax_won=Won(0),
        reason=reason,
    )


def make_ticket(ticket_id: str = "4F9KQ2ZD", **changes: object) -> Ticket:
    ticket = Ticket(
        ticket_id=ticket_id,
        kind=TicketKind.CHAT,
        author=Author.PERSON,
        mode=Mode.VTS,
        account="50****-01",
        legs=(make_leg(),),
        reason="모멘텀 상위",
        notes=(),
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
        state=TicketState.PRESENTED,
    )
    return replace(ticket, **changes)  # type: ignore[arg-type]


def make_order(state: OrderState, leg: int = 1, ticket_id: str = "4F9KQ2ZD", **changes: object):
    order = Order(
        order_id=f"{ticket_id}-{leg}",
        ticket_id=ticket_id,
        leg=leg,
        envelope=make_leg().envelope,
        state=state,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(order, **changes)  # type: ignore[arg-type]


def make_view(
    ticket: Ticket | None = None,
    orders: tuple[Order, ...] = (),
    fills: tuple[FillObservation, ...] = (),
    approval: Approval | None = None,
) -> TicketView:
    return TicketView(ticket=ticket or make_ticket(), approval=approval, orders=orders, fills=fills)


def make_portfolio(positions: int = 1) -> Portfolio:
    held = tuple(
        Position(
            symbol=Symbol(f"{69500 + index:06d}"),
            name="KODEX 200",
            quantity=3,
            sellable=3,
            average_cost_won=Decimal("34000.5"),
            price_won=Won(35_150),
        )
        for index in range(positions)
    )
    account = AccountSnapshot(
        deposit_won=Won(900_000), settled_d2_won=Won(890_000), positions=held, taken_at=NOW
    )
    return Portfolio(account=account, orderable_won=Won(880_000), reserved_won=Won(10_000))


@dataclass
class FakeClock:
    instant: datetime = NOW

    def now(self) -> datetime:
        return self.instant

    async def sleep_until(self, instant: datetime) -> None:
        self.instant = max(instant, self.instant)

    async def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)

    def host_seconds_until(self, instant: datetime) -> float:
        return max((instant - self.instant).total_seconds(), 0.0)

    def on_change(self, callback: object) -> None:
        del callback


@dataclass
class FakeMarket:
    quotes: dict[Symbol, Quote] = field(default_factory=dict)
    series: dict[Symbol, BarSeries] = field(default_factory=dict)

    async def quote(self, symbol: Symbol) -> Quote:
        if symbol not in self.quotes:
            raise BrokerUnavailable("no quotes here")
        return self.quotes[symbol]

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        if symbol not in self.series:
            raise BrokerUnavailable("no bars here")
        found = self.series[symbol]
        return replace(found, bars=tuple(b for b in found.bars if b.session <= end)[-sessions:])

    def instrument(self, symbol: Symbol) -> Instrument | None:
        return next((item for item in UNIVERSE if item.symbol == symbol), None)

    def instruments(self) -> tuple[Instrument, ...]:
        return UNIVERSE

    def search(self, query: str, limit: int = 25) -> tuple[Instrument, ...]:
        found = [item for item in UNIVERSE if match_rank(query, item.symbol, item.name) is not None]
        return tuple(found[:limit])


@dataclass
class FakePortfolio:
    found: Portfolio | None = field(default_factory=make_portfolio)

    async def portfolio(self) -> Portfolio:
        if self.found is None:
            raise BrokerUnavailable("the broker is away: secret-token-123")
        return self.found


@dataclass
class FakeOrders:
    today: tuple[Order, ...] = ()
    live_channels: set[int] = field(default_factory=set)
    unready: str | None = None

    def readiness(self) -> str | None:
        return self.unready

    async def orders_today(self) -> tuple[Order, ...]:
        return self.today

    async def open_orders(self) -> tuple[Order, ...]:
        return self.today

    async def has_live(self, channel_id: int) -> bool:
        return channel_id in self.live_channels


@dataclass
class FakeSwitch:
    now: TradingState = TradingState.ACTIVE
    actors: list[str] = field(default_factory=list)
    trips: tuple[Trip, ...] = ()
    stopped: str | None = None
    outside: TradingState = TradingState.ACTIVE

    async def state(self) -> TradingState:
        return self.now

    async def reasons(self) -> InForce:
        strict = [self.now, self.outside, *(trip.effect for trip in self.trips)]
        if self.stopped is not None:
            strict.append(TradingState.HALTED)
        order = (TradingState.ACTIVE, TradingState.REDUCE_ONLY, TradingState.HALTED)
        return InForce(
            state=max(strict, key=order.index),
            stopped_because=self.stopped,
            trips=self.trips,
            stored=self.now,
            outside=self.outside,
        )

    async def within(self, tx: BooksReading) -> InForce:
        return await self.reasons()

    async def trip(self, trip: Trip, *, actor: str) -> None:
        self.trips = (*self.trips, trip)

    async def release(self, breaker: Breaker, *, actor: str, reason: str) -> bool:
        kept = tuple(trip for trip in self.trips if trip.breaker is not breaker)
        was_out, self.trips = kept != self.trips, kept
        return was_out

    async def set_state(self, state: TradingState, *, actor: str, reason: str) -> None:
        assert reason
        self.now = state
        self.actors.append(actor)

    async def stop_for_day(self, day: date, reason: str) -> None:
        raise NotImplementedError

    async def stopped_on(self, day: date) -> str | None:
        return self.stopped


@dataclass
class FakeExits:
    found: Exposure = field(
        default_factory=lambda: Exposure(
            sellable=make_portfolio().account.positions, stuck=(), open_buys=()
        )
    )
    results: tuple[CancelResult, ...] | ClickOutcome = ()
    offered: Flattened | Denied | ClickOutcome = ClickOutcome.NOTHING_HELD
    fault: Exception | None = None
    cancelled: list[frozenset[Side]] = field(default_factory=list)
    flattened: list[Click] = field(default_factory=list)

    async def exposure(self) -> Exposure:
        return self.found

    async def cancel_open(
        self, click: Click, sides: Collection[Side] = frozenset(Side)
    ) -> tuple[CancelResult, ...] | ClickOutcome:
        if self.fault is not None:
            raise self.fault
        self.cancelled.append(frozenset(sides))
        return self.results

    async def flatten(self, click: Click) -> Flattened | Denied | ClickOutcome:
        if self.fault is not None:
            raise self.fault
        self.flattened.append(click)
        return self.offered


@dataclass
class FakeResumption:
    """Lifts what the fake switch holds, like the real one; breakers only for an owner."""

    switch: FakeSwitch
    doubtful: tuple[Order, ...] = ()
    holds: tuple[SymbolHold, ...] = ()
    undelivered: tuple[OutboxMessage, ...] = ()
    not_ready: str = ""
    refused: ClickOutcome | None = None
    pressed: list[tuple[int, bool]] = field(default_factory=list)

    async def look(self) -> OpenPoints:
        return OpenPoints(
            in_force=await self.switch.reasons(),
            doubtful=self.doubtful,
            holds=self.holds,
            undelivered=self.undelivered,
            not_ready=self.not_ready,
        )

    async def resume(self, click: Click, *, is_owner: bool) -> Resumed | ClickOutcome:
        self.pressed.append((click.user_id, is_owner))
        if self.refused is not None:
            return self.refused
        released = (await self.look()).owner_trips if is_owner else ()
        kept = tuple(trip for trip in self.switch.trips if trip not in released)
        self.switch.trips, self.switch.stopped = kept, None
        self.switch.outside = TradingState.ACTIVE
        await self.switch.set_state(TradingState.ACTIVE, actor=str(click.user_id), reason="resumed")
        return Resumed(released=released, after=await self.look())


@dataclass
class FakeBooks:
    found: Reconciliation | None = None
    owners: frozenset[int] = frozenset()
    accepted: list[str] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    answer: ClickOutcome = ClickOutcome.DIFFERENCE_ACCEPTED

    async def reconcile(self) -> Reconciliation:
        if self.found is None:
            raise BrokerUnavailable("no answer")
        return self.found

    async def accept_difference(self, click: Click, symbol: Symbol) -> ClickOutcome:
        if click.user_id not in self.owners:
            self.refusals.append(click.user_id)
            return ClickOutcome.NOT_ALLOWED
        self.accepted.append(symbol)
        return self.answer


@dataclass
class FakeRefusals:
    noted: list[tuple[int, str, str]] = field(default_factory=list)

    async def note(self, user_id: int, user_name: str, what: str, place: int, why: str) -> None:
        assert user_name
        self.noted.append((user_id, what, why))


@dataclass
class FakeBacktests:
    """Tells every stage, then answers. With `waits` it runs until it is cancelled."""

    answer: BacktestAnswer | BacktestRefusal | DataError = BacktestRefusal.BUSY
    waits: bool = False
    asked: list[BacktestAsk] = field(default_factory=list)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, asked: BacktestAsk, told: Told) -> BacktestAnswer | BacktestRefusal:
        self.asked.append(asked)
        for stage in BacktestStage:
            await told(stage)
        if self.waits:
            await self.cancelled.wait()
            return BacktestRefusal.CANCELLED
        if isinstance(self.answer, DataError):
            raise self.answer
        return self.answer

    def cancel(self) -> None:
        self.cancelled.set()


@dataclass
class FakeDays:
    outcome: DayAnswer | None = None
    answers: list[tuple[date, bool, str]] = field(default_factory=list)
    fails: bool = False

    async def answer(self, day: date, *, is_open: bool, actor: str) -> DayAnswer:
        if self.fails:
            raise StorageError("disk full")
        self.answers.append((day, is_open, actor))
        return self.outcome or (DayAnswer.OPENED if is_open else DayAnswer.CLOSED)


@dataclass
class FakeArming:
    """Everything is there but the typed text."""

    needs: str = "실전 5678"
    missing: tuple[str, ...] = ("소유자가 디스코드에서 /risk arm 으로 확인하지 않았습니다",)
    armed_by: list[int] = field(default_factory=list)
    owners: frozenset[int] = frozenset()
    disarmed_by: list[int] = field(default_factory=list)
    broken: bool = False

    async def standing(self) -> Standing:
        if not self.armed_by:
            return Standing(
                is_complete=False, missing=self.missing, to_type=self.needs, arming=None
            )
        arming = Arming(
            owner_id=self.armed_by[-1],
            armed_at=NOW,
            expires_at=NOW + timedelta(days=30),
            fingerprint="f",
        )
        return Standing(is_complete=True, missing=(), to_type=self.needs, arming=arming)

    async def arm(self, owner_id: int, typed_text: str) -> Standing:
        if self.needs and typed_text == self.needs:
            self.armed_by.append(owner_id)
        return await self.standing()

    async def disarm(self, owner_id: int) -> bool:
        if self.broken:
            raise StorageError("disk full")
        if owner_id not in self.owners:
            return False
        self.armed_by.clear()
        self.disarmed_by.append(owner_id)
        return True


@dataclass
class FakeLimits:
    """Two limits of the book: one that adds up over the day, one judged order by order."""

    now: dict[str, int] = field(default_factory=lambda: {"day_count": 8, "collar_percent": 3})
    used: dict[str, int] = field(default_factory=lambda: {"day_count": 2})
    later: dict[str, int] = field(default_factory=dict)
    actors: list[str] = field(default_factory=list)

    async def lines(self) -> tuple[LimitLine, ...]:
        return tuple(
            LimitLine(
                name=name,
                unit=LIMIT_TERMS[name].unit,
                hard={"day_count": 10, "collar_percent": 3}[name],
                in_force=value,
                next_start=self.later.get(name, value),
                used=self.used.get(name),
            )
            for name, value in self.now.items()
        )

    async def tighten(self, name: str, value: int, *, actor: str) -> LimitAnswer:
        self.actors.append(actor)
        before = self.now[name]
        outcome = LimitOutcome.UNCHANGED
        if is_tighter(name, value, before):
            self.now[name], outcome = value, LimitOutcome.TIGHTENED
        elif value != before:
            self.later[name], outcome = value, LimitOutcome.FROM_NEXT_START
        return LimitAnswer(
            outcome=outcome,
            name=name,
            value=value,
            in_force=self.now[name],
            unit=LIMIT_TERMS[name].unit,
        )


@dataclass
class FakeAudit:
    stories: dict[str, Story] = field(default_factory=dict)
    lines: tuple[JournalLine, ...] = ()

    async def story(self, subject: str) -> Story | None:
        return self.stories.get(subject)

    async def head(self) -> JournalHead:
        raise NotImplementedError

    async def verify(self) -> JournalHead:
        raise NotImplementedError

    async def line(self, number: int) -> JournalLine | None:
        raise NotImplementedError

    async def last(self, limit: int) -> tuple[JournalLine, ...]:
        return self.lines[-limit:]


@dataclass
class FakeDesk:
    """Compare-and-set over one ticket, like the real desk."""

    shown: TicketView = field(default_factory=make_view)
    clicks: list[tuple[str, Click]] = field(default_factory=list)
    edits: list[tuple[int, int, int | None]] = field(default_factory=list)
    edit_answer: Ticket | Denied | ClickOutcome = ClickOutcome.ALREADY_DECIDED
    decided: bool = False
    approvers: set[int] | None = None
    resolved: list[tuple[str, Decision]] = field(default_factory=list)
    vanished: list[tuple[int, int | None]] = field(default_factory=list)
    waiting: list[tuple[int, int]] = field(default_factory=list)
    resolve_answer: ClickOutcome = ClickOutcome.RESOLVED_ADOPTED
    stops: tuple[StandingStop, ...] = ()
    in_threads: dict[int, tuple[TicketView, ...]] = field(default_factory=dict)

    async def approve(self, click: Click) -> ClickOutcome:
        return self._press("approve", click, ClickOutcome.APPROVED)

    async def override(self, click: Click) -> ClickOutcome:
        return self._press("override", click, ClickOutcome.APPROVED)

    async def approve_with_stop(self, click: Click) -> ClickOutcome:
        return self._press("approve_with_stop", click, ClickOutcome.APPROVED)

    async def revoke_stop(self, click: Click) -> ClickOutcome:
        self.clicks.append(("revoke_stop", click))
        if self.approvers is not None and click.user_id not in self.approvers:
            return ClickOutcome.NOT_ALLOWED
        known = any(item.ticket_id == click.ticket_id for item in self.stops)
        return ClickOutcome.STANDING_REVOKED if known else ClickOutcome.NOTHING_STANDING

    async def standing_stops(self) -> tuple[StandingStop, ...]:
        return self.stops

    async def decline(self, click: Click) -> ClickOutcome:
        return self._press("decline", click, ClickOutcome.DECLINED)

    async def request_cancel(self, click: Click) -> ClickOutcome:
        self.clicks.append(("cancel", click))
        return ClickOutcome.CANCEL_REQUESTED

    async def edit(
        self, click: Click, leg: int, quantity: int, price_won: int | None
    ) -> Ticket | Denied | ClickOutcome:
        self.clicks.append(("edit", click))
        if self.approvers is not None and click.user_id not in self.approvers:
            return ClickOutcome.NOT_ALLOWED
        self.edits.append((leg, quantity, price_won))
        return self.edit_answer

    async def shown_in(self, channel_id: int) -> tuple[TicketView, ...]:
        return self.in_threads.get(channel_id, ())

    async def toggle(self, click: Click, number: int) -> Ticket | Denied | ClickOutcome:
        self.clicks.append((f"toggle {number}", click))
        if self.approvers is not None and click.user_id not in self.approvers:
            return ClickOutcome.NOT_ALLOWED
        return self.edit_answer

    async def view(self, ticket_id: str) -> TicketView | None:
        return self.shown if ticket_id == self.shown.ticket.ticket_id else None

    async def waiting_messages(self) -> tuple[tuple[int, int], ...]:
        return tuple(self.waiting)

    async def gone(self, channel_id: int, message_id: int | None = None) -> int:
        self.vanished.append((channel_id, message_id))
        return 0

    async def ticket_of(self, order_id: str) -> TicketView | None:
        return await self.view(order_id.rpartition("-")[0])

    async def resolve(self, click: Click, order_id: str, decision: Decision) -> ClickOutcome:
        self.clicks.append(("resolve", click))
        if self.approvers is not None and click.user_id not in self.approvers:
            return ClickOutcome.NOT_ALLOWED
        self.resolved.append((order_id, decision))
        return self.resolve_answer

    def _press(self, what: str, click: Click, outcome: ClickOutcome) -> ClickOutcome:
        self.clicks.append((what, click))
        if self.approvers is not None and click.user_id not in self.approvers:
            return ClickOutcome.NOT_ALLOWED
        if self.decided:
            return ClickOutcome.ALREADY_DECIDED
        self.decided = True
        return outcome


@dataclass
class FakeSessions:
    stored: dict[int, ChatSession] = field(default_factory=dict)
    asked: list[tuple[int, int, str]] = field(default_factory=list)
    script: list[AnswerEvent] = field(
        default_factory=lambda: [AnswerText("안녕", final=False), AnswerText("하세요", final=True)]
    )
    idle_threads: list[int] = field(default_factory=list)
    reopened: list[int] = field(default_factory=list)
    summary: str = "삼성 이야기를 @everyone 했습니다"
    fault: TradingError | None = None

    async def open(
        self, *, thread_id: int, channel_id: int, owner_id: int, title: str
    ) -> ChatSession:
        session = ChatSession(
            thread_id=thread_id,
            channel_id=channel_id,
            owner_id=owner_id,
            title=title,
            state=SessionState.OPEN,
            opened_at=NOW,
            last_activity_at=NOW,
        )
        self.stored[thread_id] = session
        return session

    async def ask(
        self, thread_id: int, user_id: int, user_name: str, text: str
    ) -> AsyncGenerator[AnswerEvent, None]:
        assert user_name
        self.asked.append((thread_id, user_id, text))
        if self.fault is not None:
            raise self.fault
        for event in self.script:
            yield event

    async def idle(self) -> tuple[ChatSession, ...]:
        idle = (self.stored[thread] for thread in self.idle_threads)
        return tuple(session for session in idle if session.state is SessionState.OPEN)

    async def awaiting_archive(self) -> tuple[ChatSession, ...]:
        return tuple(s for s in self.stored.values() if s.state is SessionState.SUMMARISED)

    async def summarise(self, thread_id: int) -> str:
        assert self.stored[thread_id].state is SessionState.OPEN
        return self.summary

    async def mark_told(self, session: ChatSession) -> bool:
        latest = self.stored[session.thread_id]
        if latest.last_activity_at != session.last_activity_at:
            return False
        self._move(session.thread_id, SessionState.SUMMARISED)
        return True

    async def mark_archived(self, thread_id: int) -> None:
        self._move(thread_id, SessionState.ARCHIVED)

    async def reopen(self, thread_id: int) -> None:
        self.reopened.append(thread_id)
        self._move(thread_id, SessionState.OPEN)

    async def session(self, thread_id: int) -> ChatSession | None:
        return self.stored.get(thread_id)

    def _move(self, thread_id: int, state: SessionState) -> None:
        self.stored[thread_id] = replace(self.stored[thread_id], state=state)


@dataclass
class FakeCycle:
    briefing: Briefing | None = None

    async def briefing_today(self) -> Briefing | None:
        return self.briefing


class FakeWatching:
    """A watchtower that sees nothing and keeps no wishes; tests of it bring their own."""

    def __init__(self) -> None:
        self.wishes: Any = None

    def newest(self, symbol: Symbol) -> WatchFacts | None:
        return None


class FakeRules:
    """Has no rules; tests of rules bring their own."""

    rules: tuple[Rule, ...] = ()

    async def current(self) -> tuple[Rule, ...]:
        return self.rules

    async def trial(self, rule: Rule, symbol: Symbol, day: date) -> Trial:
        raise AssertionError(f"no rule was shown to try: {rule.rule_id}")

    async def switch(self, rule_id: str, *, is_on: bool, actor: str) -> Switched:
        return Switched(answer=RuleMove.UNKNOWN_RULE)


class FakeProposals:
    """Has no proposals of rules; tests of them bring the real service."""

    async def propose(
        self, content: object, *, origin: RuleOrigin, key: str, actor: str
    ) -> RuleProposal:
        raise AssertionError("nobody proposes rules here")

    async def propose_end(
        self, rule_id: str, *, origin: RuleOrigin, key: str, actor: str, reason: str
    ) -> RuleProposal:
        raise AssertionError("nobody proposes rules here")

    async def adopt(self, proposal_id: str, actor: str) -> Decided:
        return Decided(answer=Answer.UNKNOWN)

    async def decline(self, proposal_id: str, actor: str) -> Decided:
        return Decided(answer=Answer.UNKNOWN)

    async def proposal(self, proposal_id: str) -> RuleProposal | None:
        return None

    async def open_proposals(self) -> tuple[RuleProposal, ...]:
        return ()


class FakeUndo:
    """Has nothing to take back; tests of it bring their own."""

    async def take_back(self, proposal_id: str, actor: str) -> Decided:
        return Decided(answer=Answer.UNKNOWN)


class FakeMemories:
    """Remembers nothing; tests of memory bring their own."""

    async def look(self, reader: int, query: str, *, limit: int, skipped: int = 0) -> MemoryPage:
        return MemoryPage(notes=(), total=0)

    async def forget(self, reader: int, note_id: int, *, may_forget_shared: bool) -> Forgotten:
        return Forgotten.NOT_THERE


@dataclass
class FakeModelBooks:
    """Calls and costs as given; by default there is no key."""

    calls: tuple[ModelCall, ...] = ()
    today: tuple[UsageLine, ...] = ()
    month: tuple[UsageLine, ...] = ()
    model: str = ""
    resting_until: datetime | None = None

    async def costs(self) -> ModelCosts:
        return ModelCosts(
            day=NOW.date(),
            today=self.today,
            month=self.month,
            budget=ModelBudget(user_won=1_000, day_won=3_000),
            price=TokenPrice(input_won=1_900, output_won=15_000),
            flash_price=TokenPrice(input_won=380, output_won=3_000),
            model=self.model,
            resting_until=self.resting_until,
        )

    async def calls_about(self, subject: str) -> tuple[ModelCall, ...]:
        ticket = subject.partition("-")[0]
        return tuple(
            call for call in self.calls if {ticket, subject} & {call.ticket_id, call.call_id}
        )


@dataclass
class FakePainter:
    """Paints a picture of nothing, or fails."""

    fails: bool = False
    specs: list[ChartSpec] = field(default_factory=list)

    async def paint(self, spec: ChartSpec) -> bytes:
        if self.fails:
            raise DataError("no painter")
        self.specs.append(spec)
        return b"\x89PNG\r\n\x1a\n" + b"\0" * 16


@dataclass
class FakePerformance:
    """Numbers as given, whatever is asked."""

    found: WeekNumbers | None = None
    asked: list[str] = field(default_factory=list)

    async def numbers(self, week: Span, now: AccountSnapshot | None = None) -> WeekNumbers:
        self.asked.append(str(week))
        assert self.found is not None
        return self.found if now is None else replace(self.found, nav_end_won=now.nav_won)

    way: Course | None = None
    trades: tuple[Execution, ...] = ()

    async def course(self, span: Span) -> Course | None:
        return self.way

    async def trades_of(self, symbol: Symbol, span: Span) -> tuple[Execution, ...]:
        return tuple(item for item in self.trades if item.symbol == symbol)


@dataclass
class FakeWhatIfs:
    """One answer, or the error it ends with."""

    found: WhatIf | CalendarUnknown | None = None

    async def what_if(self) -> WhatIf | None:
        if isinstance(self.found, CalendarUnknown):
            raise self.found
        return self.found


@dataclass
class FakeLetters:
    """One letter, whatever month is asked for."""

    found: MonthlyLetter | None = None
    asked: list[str] = field(default_factory=list)
    png: bytes | None = b"\x89PNG"
    pictured_in: list[str] = field(default_factory=list)

    async def read(self, month: Month) -> MonthlyLetter:
        self.asked.append(str(month))
        assert self.found is not None
        return self.found

    async def picture(self, letter: MonthlyLetter, phrases: Phrases) -> bytes | None:
        self.pictured_in.append(phrases.locale)
        return self.png if letter.course else None


@dataclass
class FakeExports:
    """Tables as given, of the kinds that were asked."""

    found: dict[TableKind, tuple[Row, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def tables(self, span: Span, kinds: Collection[TableKind]) -> tuple[Table, ...]:
        self.asked.append(str(span))
        return tuple(Table(kind=kind, rows=self.found.get(kind, ())) for kind in kinds)


@dataclass
class FakeSheet:
    """A spreadsheet that counts how often it was written."""

    writes_as: str = "bot@example.iam.gserviceaccount.com"
    fails: TradingError | None = None
    written: int = 0

    async def write(self) -> Mapping[str, int]:
        if self.fails is not None:
            raise self.fails
        self.written += 1
        return {"Positions": 2, "Portfolio": 8, "Trades": 1_234}


@dataclass
class FakeTranscripts:
    """Conversations as given, by their threads."""

    talks: dict[int, tuple[ChatSession, tuple[ChatLine, ...]]] = field(default_factory=dict)

    async def session(self, thread_id: int) -> ChatSession | None:
        return self.talks[thread_id][0] if thread_id in self.talks else None

    async def lines(self, thread_id: int, limit: int = 500) -> tuple[ChatLine, ...]:
        return self.talks[thread_id][1][-limit:] if thread_id in self.talks else ()


@dataclass
class FakeNewsFacts:
    facts: tuple[NewsFact, ...] = ()
    asked: list[tuple[date, int]] = field(default_factory=list)

    async def facts_since(self, day: date, limit: int) -> tuple[NewsFact, ...]:
        self.asked.append((day, limit))
        return self.facts


@dataclass
class FakeInstallation:
    mode: Mode = Mode.VTS
    known: dict[str, str] = field(default_factory=lambda: {"locale": "ko", "discord_token": "set"})
    checks: tuple[Check, ...] = ()

    def identity(self) -> BrokerIdentity:
        return BrokerIdentity(
            broker="kis", mode=self.mode, base_url="u", account_masked="****01", account_hash="h"
        )

    def settings(self) -> dict[str, str]:
        return self.known

    async def examine(self) -> tuple[Check, ...]:
        return self.checks


@dataclass
class FakeWeeks:
    """Reports by week; what is run is noted, and becomes the stored one."""

    reports: dict[str, WeeklyReport] = field(default_factory=dict)
    runs: list[tuple[str, bool]] = field(default_factory=list)

    async def stored(self, week: Week) -> WeeklyReport | None:
        return self.reports.get(str(week))

    async def run(self, week: Week, *, retry: bool = False) -> WeeklyReport:
        self.runs.append((str(week), retry))
        return WeeklyReport(
            week=str(week),
            mode=Mode.VTS,
            account="50****-01",
            numbers=None,
            factors=None,
            prompt=None,
        )


@dataclass
class FakePrompts:
    """Answers every press with `answer`."""

    answer: PromptAnswer | TradingError = PromptAnswer.APPLIED
    presses: list[tuple[str, int, str]] = field(default_factory=list)

    async def apply(self, version: int, actor: str) -> PromptAnswer:
        return self._pressed("apply", version, actor)

    async def decline(self, version: int, actor: str) -> PromptAnswer:
        return self._pressed("decline", version, actor)

    async def roll_back(self, version: int, actor: str) -> PromptAnswer:
        return self._pressed("roll back", version, actor)

    async def update(self, version: int) -> PromptUpdate | None:
        return PromptUpdate(
            version=version,
            week="2023-W09",
            at=NOW,
            state=PromptState.APPLIED,
            before="a",
            after="b",
            backup="core_decision_prompt_20230305_180000.md",
        )

    def _pressed(self, what: str, version: int, actor: str) -> PromptAnswer:
        self.presses.append((what, version, actor))
        if isinstance(self.answer, TradingError):
            raise self.answer
        return self.answer


class FakeStatus:
    async def status(self, phrases: Phrases) -> list[tuple[str, str]]:
        if phrases.locale == "en":
            return [("Broker", "sim"), ("Account", "50****-01")]
        return [("증권사", "sim"), ("계좌", "50****-01")]


@dataclass
class FakeChat:
    """All fakes at once, and the services made of them."""

    settings: ChatSettings
    clock: FakeClock = field(default_factory=FakeClock)
    market: FakeMarket = field(default_factory=FakeMarket)
    portfolio: FakePortfolio = field(default_factory=FakePortfolio)
    orders: FakeOrders = field(default_factory=FakeOrders)
    switch: FakeSwitch = field(default_factory=FakeSwitch)
    tickets: FakeDesk = field(default_factory=FakeDesk)
    exits: FakeExits = field(default_factory=FakeExits)
    resumption: FakeResumption = field(init=False)
    audit: FakeAudit = field(default_factory=FakeAudit)
    books: FakeBooks = field(default_factory=FakeBooks)
    limits: FakeLimits = field(default_factory=FakeLimits)
    refusals: FakeRefusals = field(default_factory=FakeRefusals)
    arming: FakeArming | None = None
    sessions: FakeSessions = field(default_factory=FakeSessions)
    cycle: FakeCycle = field(default_factory=FakeCycle)
    days: FakeDays = field(default_factory=FakeDays)
    backtests: FakeBacktests = field(default_factory=FakeBacktests)
    watching: Watching = field(default_factory=FakeWatching)
    notices: FakeNotices = field(init=False)
    memories: Memories = field(default_factory=FakeMemories)
    rules: Rules = field(default_factory=FakeRules)
    rule_proposals: RuleProposals = field(default_factory=FakeProposals)
    model: FakeModelBooks = field(default_factory=FakeModelBooks)
    status: FakeStatus = field(default_factory=FakeStatus)
    painter: FakePainter = field(default_factory=FakePainter)
    performance: FakePerformance = field(default_factory=FakePerformance)
    what_ifs: FakeWhatIfs = field(default_factory=FakeWhatIfs)
    exports: FakeExports = field(default_factory=FakeExports)
    sheet: FakeSheet | None = None
    letters: FakeLetters = field(default_factory=FakeLetters)
    transcripts: FakeTranscripts = field(default_factory=FakeTranscripts)
    news_facts: FakeNewsFacts = field(default_factory=FakeNewsFacts)
    installation: FakeInstallation = field(default_factory=FakeInstallation)
    weeks: FakeWeeks = field(default_factory=FakeWeeks)
    prompts: FakePrompts = field(default_factory=FakePrompts)
    setup: FakeSetup = field(init=False)
    rule_undo: RuleUndo = field(default_factory=FakeUndo)

    def __post_init__(self) -> None:
        self.resumption = FakeResumption(self.switch)
        given = Setup(
            main_channel_id=self.settings.main_channel_id,
            alert_channel_id=self.settings.alert_channel_id,
            approver_ids=self.settings.approver_ids,
        )
        self.setup = FakeSetup(given, UNIVERSE)
        self.notices = FakeNotices(lambda: self.settings.approver_ids, self.clock.now)

    def services(self) -> ChatServices:
        return ChatServices(
            settings=self.settings,
            languages={
                name: ModePhrases(load(name), lambda: self.installation.mode)
                for name in ("ko", "en")
            },
            clock=self.clock,
            market=self.market,
            portfolio=self.portfolio,
            orders=self.orders,
            switch=self.switch,
            tickets=self.tickets,
            exits=self.exits,
            resumption=self.resumption,
            audit=self.audit,
            books=self.books,
            limits=self.limits,
            rules=self.rules,
            setup=self.setup,
            rule_proposals=self.rule_proposals,
            arming=self.arming,
            refusals=self.refusals,
            sessions=self.sessions,
            cycle=self.cycle,
            days=self.days,
            backtests=self.backtests,
            watching=self.watching,
            notices=self.notices,
            memories=self.memories,
            model=self.model,
            status=self.status,
            calendar=TradingCalendar(),
            painter=self.painter,
            performance=self.performance,
            what_ifs=self.what_ifs,
            exports=self.exports,
            sheet=self.sheet,
            transcripts=self.transcripts,
            news_facts=self.news_facts,
            installation=self.installation,
            weeks=self.weeks,
            letters=self.letters,
            prompts=self.prompts,
            rule_undo=self.rule_undo,
        )

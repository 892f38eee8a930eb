"""Stores of the daily cycle, in memory: each keeps the promise of its port and nothing more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from core.domain.account import AccountSnapshot
from core.domain.books import ExternalOrder, SymbolHold
from core.domain.conversation import ChatLine
from core.domain.cycle import Step, StepRecord, StepState
from core.domain.exit_offers import ExitOffer
from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry, TradeRecord
from core.domain.market import Bar, BarSeries
from core.domain.memory import MemoryNote
from core.domain.news_facts import NewsFact
from core.domain.orders import Attempt, FillObservation, Order, OrderState
from core.domain.passages import WatchedPosition
from core.domain.plan_review import PlanRecord
from core.domain.rule_record import RuleEffect
from core.domain.tickets import Ticket, TicketState


class Crash(BaseException):
    """The process dies here: nothing above may catch it."""


@dataclass
class FakeCycleArchive:
    """Rows by (day, step). `crash_before_finish` dies once, before that step's row is finished."""

    rows: dict[tuple[date, Step], StepRecord] = field(default_factory=dict)
    crash_before_finish: Step | None = None

    async def begin_step(self, day: date, step: Step, at: datetime) -> StepRecord:
        old = self.rows.get((day, step))
        record = StepRecord(
            day=day,
            step=step,
            state=StepState.RUNNING,
            attempts=(old.attempts if old else 0) + 1,
            started_at=at,
        )
        self.rows[day, step] = record
        return record

    async def finish_step(self, record: StepRecord) -> None:
        if record.step is self.crash_before_finish:
            self.crash_before_finish = None
            raise Crash
        self.rows[record.day, record.step] = record

    async def steps_of(self, day: date) -> tuple[StepRecord, ...]:
        return tuple(self.rows[day, step] for step in Step if (day, step) in self.rows)


@dataclass
class FakeNewsFacts:
    """Facts in the order in which they were kept."""

    kept: list[NewsFact] = field(default_factory=list)
    failure: Exception | None = None

    async def keep(self, facts: Sequence[NewsFact]) -> int:
        if self.failure is not None:
            raise self.failure
        new = [fact for fact in facts if fact not in self.kept]
        self.kept += new
        return len(new)

    async def facts_since(self, day: date, limit: int) -> tuple[NewsFact, ...]:
        return tuple(fact for fact in self.kept if fact.day >= day)[:limit]


@dataclass
class FakePassages:
    """What is remembered, and how often it was written."""

    kept: tuple[WatchedPosition, ...] = ()
    writes: int = 0

    async def watched(self) -> tuple[WatchedPosition, ...]:
        return self.kept

    async def replace_watched(self, positions: Collection[WatchedPosition]) -> None:
        self.kept = tuple(sorted(positions, key=lambda item: item.symbol))
        self.writes += 1

    async def raise_peak(self, symbol: Symbol, price_won: int, at: datetime) -> bool:
        raised = [
            replace(item, peak_won=price_won, updated_at=at)
            if item.symbol == symbol and item.peak_won < price_won
            else item
            for item in self.kept
        ]
        changed = tuple(raised) != self.kept
        self.kept = tuple(raised)
        return changed


@dataclass
class FakePlans:
    """The plan of each day."""

    kept: dict[date, PlanRecord] = field(default_factory=dict)

    async def save_plan(self, record: PlanRecord) -> None:
        self.kept[record.day] = record

    async def plan_of(self, day: date) -> PlanRecord | None:
        return self.kept.get(day)

    async def link_plan(self, day: date, ticket_id: str) -> None:
        self.kept[day] = replace(self.kept[day], ticket_id=ticket_id)


@dataclass
class FakeCallLinks:
    """Which call of the model led to which ticket."""

    linked: dict[str, str] = field(default_factory=dict)

    async def link_ticket(self, call_id: str, ticket_id: str) -> None:
        self.linked[call_id] = ticket_id


@dataclass
class FakeMemory:
    notes: dict[tuple[str, date], MemoryNote] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    is_by_words_only: bool = False

    async def remember(self, *notes: MemoryNote) -> None:
        self.notes |= {(note.source, note.day): note for note in notes}

    async def recall(
        self, query: str, limit: int, *, thread_id: int | None = None
    ) -> tuple[MemoryNote, ...]:
        self.queries.append(query)
        return tuple(self.notes.values())[:limit]


@dataclass
class FakeSessionLines:
    said: dict[date, tuple[ChatLine, ...]] = field(default_factory=dict)

    async def lines_on(self, day: date) -> tuple[ChatLine, ...]:
        return self.said.get(day, ())


@dataclass
class FakeBooks:
    """The part of a ledger transaction that the flows use."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    fills: list[FillObservation] = field(default_factory=list)
    records: dict[str, TradeRecord] = field(default_factory=dict)
    journal: list[JournalEntry] = field(default_factory=list)
    snapshots: list[AccountSnapshot] = field(default_factory=list)
    holds: list[SymbolHold] = field(default_factory=list)
    attempts: dict[str, Attempt] = field(default_factory=dict)
    externals: list[ExternalOrder] = field(default_factory=list)
    exit_offers: list[ExitOffer] = field(default_factory=list)
    rule_effects: list[RuleEffect] = field(default_factory=list)

    async def note_rule_effect(self, effect: RuleEffect) -> None:
        self.rule_effects.append(effect)

    async def exit_offers_on(self, session: date) -> tuple[ExitOffer, ...]:
        return tuple(item for item in self.exit_offers if item.session == session)

    async def symbol_holds(self) -> tuple[SymbolHold, ...]:
        return tuple(self.holds)

    async def armed_on(self, session: date) -> tuple[tuple[Order, Attempt], ...]:
        return tuple(
            (self.orders[item.order_id], item)
            for item in self.attempts.values()
            if item.session == session
        )

    async def externals_on(self, session: date) -> tuple[ExternalOrder, ...]:
        return tuple(item for item in self.externals if item.session == session)

    async def ticket(self, ticket_id: str) -> Ticket | None:
        return self.tickets.get(ticket_id)

    async def tickets_in(self, states: Collection[TicketState]) -> tuple[Ticket, ...]:
        return tuple(item for item in self.tickets.values() if item.state in states)

    async def order(self, order_id: str) -> Order | None:
        return self.orders.get(order_id)

    async def orders_of(self, ticket_id: str) -> tuple[Order, ...]:
        return tuple(item for item in self.orders.values() if item.ticket_id == ticket_id)

    async def journal_of(self, subject: str) -> tuple[JournalEntry, ...]:
        return tuple(item for item in self.journal if item.subject == subject)

    async def orders_in(self, states: Collection[OrderState]) -> tuple[Order, ...]:
        return tuple(item for item in self.orders.values() if item.state in states)

    async def orders_created_on(self, day: date) -> tuple[Order, ...]:
        return tuple(item for item in self.orders.values() if item.created_at.date() == day)

    async def fills_on(self, day: date) -> tuple[FillObservation, ...]:
        return tuple(item for item in self.fills if item.observed_at.date() == day)

    async def trade_records_on(self, day: date) -> tuple[TradeRecord, ...]:
        return tuple(item for item in self.records.values() if item.at.date() == day)

    async def save_trade_record(self, record: TradeRecord) -> None:
        self.records[record.record_id] = record

    async def save_snapshot(self, snapshot: AccountSnapshot) -> None:
        self.snapshots.append(snapshot)

    async def nav_history(self, since: datetime) -> tuple[tuple[datetime, int], ...]:
        return tuple(
            (item.taken_at, item.nav_won) for item in self.snapshots if item.taken_at >= since
        )

    def move(self, ticket_id: str, state: TicketState) -> None:
        self.tickets[ticket_id] = replace(self.tickets[ticket_id], state=state)


@dataclass
class FakeLedger:
    books: FakeBooks = field(default_factory=FakeBooks)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[FakeBooks]:
        yield self.books


@dataclass
class FakeBarArchive:
    rows: dict[tuple[Symbol, bool], dict[date, Bar]] = field(default_factory=dict)

    async def save_bars(self, series: BarSeries, as_of: datetime) -> None:
        del as_of
        stored = self.rows.setdefault((series.symbol, series.adjusted), {})
        stored.update({bar.session: bar for bar in series.bars})

    async def bars(
        self, symbol: Symbol, *, adjusted: bool, end: date, limit: int
    ) -> tuple[Bar, ...]:
        stored = self.rows.get((symbol, adjusted), {})
        return tuple(stored[day] for day in sorted(stored) if day <= end)[-limit:]

    async def forget_bars(self, symbols: Collection[Symbol], *, adjusted: bool) -> None:
        for symbol in symbols:
            self.rows.pop((symbol, adjusted), None)

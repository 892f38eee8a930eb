"""Reads what the ledger is reckoned from: deals, offers, plans, flows and closes as they are stored."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import structlog

from core.domain.account import AccountSnapshot
from core.domain.calendar import TradingCalendar
from core.domain.closes import Close, closes_of
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.leg_record import LegRecord
from core.domain.model_calls import Purpose
from core.domain.orders import Side
from core.domain.outcomes import half_up
from core.domain.performance import CashFlow
from core.domain.plan_review import PlanRecord
from core.domain.realised import Execution
from core.domain.tickets import TicketKind, TicketState
from core.domain.what_if import Deal, History, Holding, Origin, Start, StoredPlan
from core.errors import BrokerError, StorageError
from core.ports.reflection import CallCosts, Closes, OutcomeArchive, PlanHistory, TradeHistory
from core.services.reflection.morning import CycleRows, morning_account

_LOG = structlog.get_logger(__name__)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# An order may be filled days after it was proposed: legs are read from so much before the start.
_LEGS_BEFORE = timedelta(days=30)
# What a person could have approved and did not. One that was edited or could not stand had a
# successor, which counts in its place; one that still waits is not decided.
_LET_GO = frozenset({TicketState.DECLINED.value, TicketState.EXPIRED.value})
# The order ids of `core.ports.reflection.TradeHistory` for what others traded.
_FOREIGN = "external:"
# The morning's review, the news that it is given, and the reflection that words its principles.
# Conversations serve people and are paid for by what they are worth to them.
PURPOSES = frozenset({Purpose.PLAN, Purpose.CYCLE, Purpose.REFLECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReader:
    """Puts together a `History`. Changes nothing."""

    archive: OutcomeArchive
    trades: TradeHistory
    plans: PlanHistory
    calls: CallCosts
    market: Closes
    calendar: TradingCalendar
    cycle: CycleRows

    async def read(self, now: datetime, index: Symbol) -> History | None:
        """Return all that happened until `now`; None before a session closed on a stored account.

        Raises StorageError, and CalendarUnknown where the first account is outside the calendar.
        """
        accounts = await self.trades.snapshots_between(_BEGINNING, now)
        if not accounts:
            return None
        first = await self._first(accounts[0])
        start_day, sessions = self._sessions(first.taken_at, now)
        if not sessions:
            return None
        spans = _Spans(sessions, self.calendar)
        legs = await self.archive.legs_between(first.taken_at - _LEGS_BEFORE, now)
        done = await self.trades.executions_before(now + timedelta(days=1))
        plans = await self.plans.plans_between(start_day, sessions[-1])
        flows = await self.trades.flows_between(first.taken_at, now)
        deals = tuple(_deals(done, legs, spans, first.taken_at))
        stored = tuple(_plan_of(record) for record in plans if record.at > first.taken_at)
        start = _start(first, start_day)
        return History(
            start=start,
            sessions=sessions,
            deals=deals,
            plans=stored,
            flows=spans.sums(one for one in flows if one.at > first.taken_at),
            closes=await self._closes(_symbols(start, deals, stored) | {index}, spans, start_day),
            recorded=spans.recorded(accounts),
            model_milliwon=await self.calls.cost_by_day(start_day, sessions[-1], PURPOSES),
        )

    async def _first(self, stored: AccountSnapshot) -> AccountSnapshot:
        """Return the account that all begins with: that of the first morning, else the first stored.

        Accounts are stored after the close. Without the morning, the very first proposals, which
        buy most, would be left out.
        """
        day = stored.taken_at.astimezone(KST).date()
        morning = await morning_account(self.cycle, day)
        return stored if morning is None or morning.taken_at > stored.taken_at else morning

    def _sessions(self, since: datetime, now: datetime) -> tuple[date, tuple[date, ...]]:
        """Return the session that the first account stood at, and those that closed after it."""
        day = since.astimezone(KST).date()
        hours = self.calendar.hours(day)
        is_over = hours is None or since >= hours.closes
        start_day = self.calendar.previous_session(day) if hours is None else day
        found: list[date] = []
        day += timedelta(days=is_over)
        while day <= now.astimezone(KST).date():
            known = self.calendar.known_hours(day)
            if known is not None and known.closes <= now:
                found.append(day)
            day += timedelta(days=1)
        return start_day, tuple(found)

    async def _closes(
        self, symbols: Iterable[Symbol], spans: _Spans, start_day: date
    ) -> dict[Symbol, tuple[Close, ...]]:
        found: dict[Symbol, tuple[Close, ...]] = {}
        count, last = len(spans.sessions) + 1, spans.sessions[-1]
        for symbol in sorted(symbols):
            try:
                raw = await self.market.bars(symbol, count, last, adjusted=False)
                adjusted = await self.market.bars(symbol, count, last, adjusted=True)
            except BrokerError as error:
                # The ledger names it as missing; the other symbols are known all the same.
                _LOG.warning("no bars for the what-if ledger", symbol=symbol, error=str(error))
                continue
            path = closes_of(raw.bars, adjusted.bars)
            found[symbol] = tuple(close for close in path if close.session >= start_day)
        return found


@dataclass(frozen=True, slots=True)
class _Spans:
    """Finds the played session that an instant belongs to."""

    sessions: tuple[date, ...]
    calendar: TradingCalendar

    def from_day(self, day: date) -> date | None:
        """Return the first session on `day` or after it, None where it has not come yet."""
        place = bisect_left(self.sessions, day)
        return self.sessions[place] if place < len(self.sessions) else None

    def trading(self, at: datetime) -> date | None:
        """Return the session on which something proposed at `at` would have been traded."""
        day = at.astimezone(KST).date()
        hours = self.calendar.known_hours(day)
        is_over = hours is not None and at >= hours.closes
        return self.from_day(day + timedelta(days=is_over))

    def sums(self, flows: Iterable[CashFlow]) -> dict[date, int]:
        """Return what was paid in by session; what came on a closed day counts in the next one."""
        found: dict[date, int] = {}
        for flow in flows:
            session = self.from_day(flow.at.astimezone(KST).date())
            if session is not None:
                found[session] = found.get(session, 0) + flow.won
        return found

    def recorded(self, accounts: Sequence[AccountSnapshot]) -> dict[date, int]:
        """Return the last net asset value that was stated after the close of each session."""
        found: dict[date, int] = {}
        for account in accounts:
            day = account.taken_at.astimezone(KST).date()
            hours = self.calendar.known_hours(day)
            if hours is not None and account.taken_at >= hours.closes:
                found[day] = account.nav_won
        return found


def _start(account: AccountSnapshot, day: date) -> Start:
    return Start(
        day=day,
        cash_won=account.settled_d2_won,
        holdings=tuple(
            Holding(
                symbol=one.symbol,
                shares=one.quantity,
                cost_won=half_up(Fraction(one.average_cost_won) * one.quantity),
                price_won=one.price_won,
            )
            for one in account.positions
            if one.quantity > 0
        ),
    )


def _deals(
    done: Iterable[Execution], legs: Sequence[LegRecord], spans: _Spans, since: datetime
) -> Iterator[Deal]:
    """Yield what was traded, and what a person could have approved and did not."""
    kinds = {leg.record.record_id: leg.kind for leg in legs}
    played = frozenset(spans.sessions)
    for one in done:
        session = one.at.astimezone(KST).date()
        if one.at > since and session in played:
            yield Deal(
                key=one.order_id,
                at=one.at,
                session=session,
                symbol=one.symbol,
                side=one.side,
                shares=one.quantity,
                price_won=Fraction(one.price_won),
                origin=_origin(one.order_id, kinds),
                is_real=True,
            )
    for leg in legs:
        session_or_none = spans.trading(leg.record.at)
        price = leg.proposed_won
        if price is None or session_or_none is None or not _is_let_go(leg, since):
            continue
        yield Deal(
            key=leg.record.record_id,
            at=leg.record.at,
            session=session_or_none,
            symbol=Symbol(leg.record.symbol),
            side=Side(leg.record.action),
            shares=leg.record.quantity,
            price_won=Fraction(price),
            origin=_origin(leg.record.record_id, kinds),
            is_real=False,
        )


def _is_let_go(leg: LegRecord, since: datetime) -> bool:
    """Whether a ticket showed it, and nobody approved it while that was possible."""
    return (
        leg.record.at > since
        and leg.kind is not None
        and leg.state is None
        and leg.record.status in _LET_GO
    )


def _origin(name: str, kinds: Mapping[str, TicketKind | None]) -> Origin:
    if name.startswith(_FOREIGN):
        return Origin.FOREIGN
    return Origin.EXIT if kinds.get(name) is TicketKind.EXIT else Origin.PROPOSAL


def _plan_of(record: PlanRecord) -> StoredPlan:
    """Read a stored plan. Raises StorageError where it is none."""
    try:
        plan = json.loads(record.strategy)
        closes = {Symbol(one["symbol"]): int(one["close_won"]) for one in plan["rankings"]}
        is_rebalance = bool(plan["is_rebalance"])
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"the stored plan of {record.day} cannot be read") from error
    return StoredPlan(
        day=record.day,
        is_rebalance=is_rebalance,
        state=record.state,
        lines=record.lines,
        closes={symbol: close for symbol, close in closes.items() if close > 0},
    )


def _symbols(start: Start, deals: Iterable[Deal], plans: Iterable[StoredPlan]) -> set[Symbol]:
    """Return what any course may hold: the rest of what a plan weighed is bought by none."""
    return {
        *(one.symbol for one in start.holdings),
        *(deal.symbol for deal in deals),
        *(line.symbol for plan in plans for line in plan.lines),
    }

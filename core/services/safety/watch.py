"""Looks at the day again and again, and lets a breaker out when a limit is reached.

It only ever takes permission away. What is out stays out over restarts; the day's loss ends with
the day, the broker's errors when the broker answers again, the rest by an owner.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from core.domain.account import AccountSnapshot
from core.domain.breakers import (
    CLOCK_SKEW_MAX,
    CLOCK_TOLD,
    FAR_READS,
    Breaker,
    BreakerLimits,
    Trip,
)
from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.krx import KST, SessionHours
from core.domain.modes import TradingState
from core.domain.orders import OrderHistory
from core.errors import BrokerError
from core.ports.broker import Broker
from core.ports.clock import Clock
from core.ports.desk import MarketReader
from core.ports.ledger import Ledger, LedgerTransaction
from core.ports.outbox import Outbox
from core.ports.phrases import Phrases
from core.ports.safety import CallCounts
from core.services.risk.breaking import (
    FloorStep,
    floor_step,
    has_too_many_errors,
    is_day_lost,
    losing_streak,
    realised,
)
from core.services.risk.day_result import DayResult, Opening, day_result
from core.services.safety.opening import SETTING as OPENING
from core.services.safety.opening import as_text, from_text, opening_of
from core.services.safety.self_check import broken_rules, read_books, remember, unanswered
from core.services.safety.trades import ended_trades, released_at
from core.services.safety.tripping import Tripping, journal, trip_of

_LOG = structlog.get_logger(__name__)
LOOK_SECONDS = 45.0
# While the broker fails, its answers are asked for more often: they are what ends the breaker.
PROBE_SECONDS = 15.0
# After a start nothing is known of the broker; so many calls are an opinion.
CALLS_MIN = 10
# Rounding of fees and taxes is no cash flow.
FLOW_TOLD_WON = 1_000
# So many broken rules are named in the alarm; the journal has all.
RULES_TOLD = 5
FLOOR_TOLD = "nav_floor_told"
FLOW_NOTED = "cash_flow_noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchContext:
    """What the watch reads, and the limits it judges by.

    `rest` returns at an instant of business time, or earlier after a fill.
    """

    broker: Broker
    calls: CallCounts
    ledger: Ledger
    outbox: Outbox
    market: MarketReader
    clock: Clock
    calendar: TradingCalendar
    phrases: Phrases
    costs: CostModel
    limits: BreakerLimits
    rest: Callable[[Clock, datetime], Awaitable[None]]


class Watch:
    """One look reads, judges and notes; `run` looks for ever."""

    def __init__(self, context: WatchContext) -> None:
        """Keep the ports."""
        self._context = context
        self._tripping = Tripping(context.outbox, context.phrases)
        self._seen_sales: object = None
        self._far_reads = 0
        # The last judgement of this process: whose day, what it began with, what came of it.
        self.judged: tuple[date, Opening, DayResult] | None = None

    @property
    def limits(self) -> BreakerLimits:
        """Return where the breakers stand."""
        return self._context.limits

    async def run(self) -> None:
        """Look every `LOOK_SECONDS` of business time, and after each fill."""
        while True:
            try:
                is_failing = await self.look()
            except Exception:  # noqa: BLE001 - the watch must go on; the next look comes soon
                _LOG.exception("the safety watch failed and goes on")
                is_failing = True
            seconds = PROBE_SECONDS if is_failing else LOOK_SECONDS
            clock = self._context.clock
            await self._context.rest(clock, clock.now() + timedelta(seconds=seconds))

    async def look(self) -> bool:
        """Judge everything once; return whether the broker is failing, or its clock is not ours."""
        context = self._context
        now = context.clock.now()
        today = now.astimezone(KST).date()
        await self._end_yesterdays(today, now)
        hours = context.calendar.known_hours(today)
        # A wrong clock does not know when the session is.
        asks = await self._is_out(Breaker.BROKER_ERRORS, Breaker.CLOCK_SKEW)
        if asks or (hours is not None and hours.opens <= now <= hours.closes):
            await self._judge_account(today, hours, now)
        await self._judge_last_hop(today, now)
        await self._judge_rules(today, now)
        await self._judge_streak(today, now)
        failing = await self._judge_calls(now)
        return failing or await self._is_out(Breaker.CLOCK_SKEW)

    async def _is_out(self, *breakers: Breaker) -> bool:
        async with self._context.ledger.transaction() as tx:
            return any(trip.breaker in breakers for trip in await tx.trips())

    async def _judge_account(self, today: date, hours: SessionHours | None, now: datetime) -> None:
        """Read the day's orders and the account; judge loss and floor on a session day."""
        context = self._context
        try:
            history = await context.broker.order_history(today)
            await self._judge_clock(history.server_ahead, now)
            account = await context.broker.account()
            if hours is None:
                return
            opening = await self._opening(today, account, history)
        except BrokerError as error:
            _LOG.warning("the day could not be judged", error=str(error))
            return
        result = day_result(opening, account, history.orders, context.costs, self._tax_of)
        self.judged = today, opening, result
        async with context.ledger.transaction() as tx:
            await self._note_flow(tx, today, now, result)
            await self._judge_floor(tx, now, result.nav_won)
            if is_day_lost(result.trading_won, opening.nav_won, context.limits):
                await self._day_lost(tx, today, now, opening, result)

    async def _judge_clock(self, ahead: timedelta | None, now: datetime) -> None:
        """Compare our clock with the Date that the broker's answer carries, if it carries one."""
        if ahead is None:
            return
        self._far_reads = self._far_reads + 1 if abs(ahead) > CLOCK_SKEW_MAX else 0
        async with self._context.ledger.transaction() as tx:
            if await trip_of(tx, Breaker.CLOCK_SKEW) is not None:
                if abs(ahead) <= CLOCK_TOLD:
                    await self._tripping.end(tx, Breaker.CLOCK_SKEW, now)
                return
            if self._far_reads < FAR_READS:
                return
            reason = self._tripping.say(
                "breaker_clock_skew",
                seconds=round(abs(ahead).total_seconds()),
                limit=round(CLOCK_SKEW_MAX.total_seconds()),
                agrees=round(CLOCK_TOLD.total_seconds()),
            )
            trip = Trip(
                breaker=Breaker.CLOCK_SKEW,
                effect=TradingState.HALTED,
                at=now,
                until=None,
                reason=reason,
            )
            facts: dict[str, object] = {"ahead_seconds": round(ahead.total_seconds())}
            await self._tripping.trip(tx, trip, facts)

    async def _opening(
        self, today: date, account: AccountSnapshot, history: OrderHistory
    ) -> Opening:
        context = self._context
        async with context.ledger.transaction() as tx:
            stored = from_text(today, await tx.setting(OPENING))
        if stored is not None:
            return stored
        made = await opening_of(context.broker, account, history, context.costs, self._tax_of)
        async with context.ledger.transaction() as tx:
            await tx.put_setting(OPENING, as_text(today, made))
        return made

    def _tax_of(self, symbol: Symbol) -> TaxType:
        instrument = self._context.market.instrument(symbol)
        return instrument.tax_type if instrument else TaxType.HOLDING_PERIOD

    async def _note_flow(
        self, tx: LedgerTransaction, today: date, now: datetime, result: DayResult
    ) -> None:
        """Write down cash that came or went without an order; it is no result of trading."""
        flow = result.flow_won
        noted = f"{today}:{flow}"
        if abs(flow) < FLOW_TOLD_WON or await tx.setting(FLOW_NOTED) == noted:
            return
        await tx.put_setting(FLOW_NOTED, noted)
        await journal(tx, now, "safety.cash_flow", {"flow_won": flow, "nav_won": result.nav_won})

    async def _judge_floor(self, tx: LedgerTransaction, now: datetime, nav_won: int) -> None:
        floor = self._context.limits.nav_floor_won
        is_told = await tx.setting(FLOOR_TOLD) == "Y"
        step = floor_step(nav_won, floor, is_told=is_told)
        if step is FloorStep.STAYS:
            return
        await tx.put_setting(FLOOR_TOLD, "Y" if step is FloorStep.FELL else "N")
        await journal(
            tx, now, f"safety.floor_{step.value}", {"nav_won": nav_won, "floor_won": floor}
        )
        await self._tripping.tell(tx, now, f"floor_{step.value}", nav=nav_won, floor=floor)

    async def _day_lost(
        self,
        tx: LedgerTransaction,
        today: date,
        now: datetime,
        opening: Opening,
        result: DayResult,
    ) -> None:
        until = self._context.calendar.next_session(today)
        reason = self._tripping.say(
            "breaker_day_loss",
            loss=-result.trading_won,
            percent=self._context.limits.day_loss_percent,
            nav=opening.nav_won,
            until=until,
        )
        facts: dict[str, object] = {
            "trading_won": result.trading_won,
            "opening_won": opening.nav_won,
        }
        trip = Trip(
            breaker=Breaker.DAY_LOSS,
            effect=TradingState.REDUCE_ONLY,
            at=now,
            until=until,
            reason=reason,
        )
        await self._tripping.trip(tx, trip, facts)

    async def _judge_last_hop(self, today: date, now: datetime) -> None:
        """Count what was armed against what was approved, where nothing can slip past."""
        async with self._context.ledger.transaction() as tx:
            count = await tx.unapproved_attempts(today)
            if count:
                trip = Trip(
                    breaker=Breaker.LAST_HOP,
                    effect=TradingState.HALTED,
                    at=now,
                    until=None,
                    reason=self._tripping.say("breaker_last_hop", count=count),
                )
                await self._tripping.trip(tx, trip, {"unapproved": count})

    async def _judge_rules(self, today: date, now: datetime) -> None:
        """Check our own books; what an owner has released once does not stop trading again."""
        async with self._context.ledger.transaction() as tx:
            found = broken_rules(await read_books(tx, today))
            if not found or await trip_of(tx, Breaker.INVARIANT) is not None:
                return
            new = await unanswered(tx, found)
            if not new:
                return
            await remember(tx, found)
            reason = self._tripping.say(
                "breaker_invariant",
                count=len(new),
                rules=" · ".join(
                    self._tripping.say(f"rule_{item.rule.value}", order=item.order_id)
                    for item in new[:RULES_TOLD]
                ),
            )
            trip = Trip(
                breaker=Breaker.INVARIANT,
                effect=TradingState.HALTED,
                at=now,
                until=None,
                reason=reason,
            )
            await self._tripping.trip(tx, trip, {"rules": [item.key for item in new]})

    async def _judge_streak(self, today: date, now: datetime) -> None:
        context = self._context
        async with context.ledger.transaction() as tx:
            # All sales of all days are read only when one of today's changed.
            orders = await tx.orders_created_on(today)
            seen = (today, tuple((o.order_id, o.state, o.filled) for o in orders if o.filled))
            if seen == self._seen_sales:
                return
            results = realised(await ended_trades(tx), context.costs, self._tax_of)
            since = await released_at(tx, Breaker.LOSING_STREAK)
            streak = losing_streak(results, since)
            if streak >= context.limits.losing_trades:
                trip = Trip(
                    breaker=Breaker.LOSING_STREAK,
                    effect=TradingState.REDUCE_ONLY,
                    at=now,
                    until=None,
                    reason=self._tripping.say("breaker_losing_streak", count=streak),
                )
                await self._tripping.trip(tx, trip, {"streak": streak})
        self._seen_sales = seen

    async def _judge_calls(self, now: datetime) -> bool:
        """Let the breaker out or back in; return whether it is out now."""
        context = self._context
        errors, calls = context.calls.errors, context.calls.calls
        async with context.ledger.transaction() as tx:
            out = await trip_of(tx, Breaker.BROKER_ERRORS) is not None
            if has_too_many_errors(errors, context.limits):
                trip = Trip(
                    breaker=Breaker.BROKER_ERRORS,
                    effect=TradingState.HALTED,
                    at=now,
                    until=None,
                    reason=self._tripping.say(
                        "breaker_broker_errors",
                        errors=errors,
                        calls=context.limits.broker_calls,
                        percent=context.limits.broker_error_percent,
                    ),
                )
                facts: dict[str, object] = {"errors": errors, "calls": calls}
                await self._tripping.trip(tx, trip, facts)
                return True
            if out and calls >= CALLS_MIN:
                await self._tripping.end(tx, Breaker.BROKER_ERRORS, now)
                return False
        return out

    async def _end_yesterdays(self, today: date, now: datetime) -> None:
        async with self._context.ledger.transaction() as tx:
            for trip in await tx.trips():
                if trip.until is not None and trip.until <= today:
                    await self._tripping.end(tx, trip.breaker, now)

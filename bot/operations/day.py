"""The day's appointments: cycle, briefing, idle sweep, close-out and its report, outcomes, tidying."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Protocol

import structlog

from bot.operations.scheduler import Job
from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.journal import DAY_CLOSED, JournalEntry
from core.domain.krx import KST
from core.errors import TradingError
from core.flows.closing_report import ClosingReporter
from core.flows.daily_cycle import DailyCycle
from core.flows.fault_words import fault_words
from core.ports.clock import Clock
from core.ports.ledger import Ledger
from core.ports.phrases import Phrases
from core.ports.surface import AlertSurface
from core.services.orders.desk import OrderDesk

_LOG = structlog.get_logger(__name__)
CYCLE_AT = time(8, 0)
LOOK_AHEAD_AT = time(18, 0)
REPORT_AFTER_CLOSE = timedelta(minutes=15)
_REPORTED = "closing_reported"


class KeepsOutcomes(Protocol):
    """Measures what became of decisions."""

    async def keep(self) -> object:
        """Measure all that is due, and remember it. Raises StorageError."""


class EndsRules(Protocol):
    """Ends the rules whose time is over."""

    async def end_due(self) -> object:
        """End all that is due, and say so. Raises StorageError."""


class KeepsTidy(Protocol):
    """Drops what has been kept long enough."""

    async def tidy(self) -> object:
        """Drop all that is due. Raises StorageError."""


class SettlesDays(Protocol):
    """Rules whether a day is a session, and asks where the sources differ."""

    async def settle(self, day: date) -> object:
        """Hear all sides of `day`. Raises StorageError."""

    async def look_ahead(self) -> None:
        """Settle tomorrow, and warn while the end of the table is near. Raises StorageError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingDay:
    """What happens when, on business time."""

    cycle: DailyCycle
    closing: ClosingReporter
    outcomes: KeepsOutcomes
    desk: OrderDesk
    ledger: Ledger
    alerts: AlertSurface
    calendar: TradingCalendar
    clock: Clock
    phrases: Phrases
    sweep: Callable[[], Awaitable[object]]
    days: SettlesDays
    retention: KeepsTidy
    rules: EndsRules
    # A start near 08:00 meets the appointment itself: whoever comes second waits, and finds the
    # day finished. Two cycles at once would show two baskets.
    _cycle_turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _closing_turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _outcomes_turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _sweep_turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _tidy_turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _rules_turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    def jobs(self) -> tuple[Job, ...]:
        """Return the appointments.

        The report comes at the first of its times that is late enough (a CSAT day closes an hour
        later), and at a later one when Discord or the broker was not there.
        """
        return (
            # Before the cycle: it must not obey a rule whose last day was yesterday.
            Job("rules", self.run_rules, hour="7", minute="30"),
            Job("daily-cycle", self.run_cycle, hour="8", minute="0", day_of_week="mon-fri"),
            # A briefing that Discord did not take; without one, a read of a few rows.
            Job(
                "late-briefing",
                self.show_late_briefing,
                hour="8-23",
                minute="*/5",
                day_of_week="mon-fri",
            ),
            Job("idle-threads", self.run_sweep, hour="*", minute="*"),
            # After the latest close; what is due and cannot be measured waits for the next day.
            Job("outcomes", self.run_outcomes, hour="17", minute="20", day_of_week="mon-fri"),
            Job("calendar", self.look_ahead, hour=str(LOOK_AHEAD_AT.hour), minute="0"),
            # In the evening, when most bots still run and nothing trades.
            Job("retention", self.run_retention, hour="20", minute="40"),
            Job(
                "closing",
                self.run_closing,
                hour="15-20",
                minute="0,15,30,45",
                day_of_week="mon-fri",
            ),
        )

    async def catch_up(self) -> None:
        """After a start in the middle of a day, do what its hour has passed."""
        await self.run_rules()
        now = self.clock.now().astimezone(KST)
        if now.time() >= CYCLE_AT:
            # Also after the latest start: the cycle then reports the missed day, without trading.
            await self.run_cycle()
        await self.run_closing()
        await self.run_outcomes()
        if now.time() >= LOOK_AHEAD_AT:
            await self.look_ahead()
        await self.run_retention()

    async def look_ahead(self) -> None:
        """In the evening: settle whether tomorrow is a session, while there is time to ask."""
        await self.days.look_ahead()

    async def run_cycle(self) -> None:
        """Run today's cycle on a trading day; a day that was finished is not run again."""
        async with self._cycle_turn:
            await self._run_cycle()

    async def _run_cycle(self) -> None:
        today = self._today()
        # The bot may not have been there in the evening.
        try:
            await self.days.settle(today)
        except TradingError:
            # The table still stands; what the cycle itself cannot do, it says.
            _LOG.exception("the day could not be settled", day=today.isoformat())
        if not await self._is_session(today):
            return
        try:
            await self.cycle.run(today)
        except TradingError as error:
            _LOG.exception("cycle failed", day=today.isoformat())
            await self.alerts.alert(
                self.phrases.say("alerts.cycle_failed_title"),
                self.phrases.say(
                    "alerts.cycle_failed",
                    day=today.isoformat(),
                    error=fault_words(self.phrases, error),
                ),
            )

    async def show_late_briefing(self) -> None:
        """Post today's briefing if it was made and could not be shown."""
        async with self._cycle_turn:
            today = self._today()
            try:
                await self.cycle.show_late(today)
            except TradingError:
                # The next look is five minutes away, and what cannot be read says so elsewhere.
                _LOG.exception("late briefing failed", day=today.isoformat())

    async def run_outcomes(self) -> None:
        """Measure what became of earlier decisions; what a bot that was off missed is still due."""
        async with self._outcomes_turn:
            try:
                await self.outcomes.keep()
            except TradingError as error:
                _LOG.exception("outcomes failed")
                await self.alerts.alert(
                    self.phrases.say("alerts.outcomes_failed_title"),
                    self.phrases.say(
                        "alerts.outcomes_failed", error=fault_words(self.phrases, error)
                    ),
                )

    async def run_rules(self) -> None:
        """End the rules whose time is over; one that cannot be ended is still kept, and is told."""
        async with self._rules_turn:
            try:
                await self.rules.end_due()
            except TradingError as error:
                _LOG.exception("rules could not be ended")
                await self.alerts.alert(
                    self.phrases.say("alerts.rules_failed_title"),
                    self.phrases.say("alerts.rules_failed", error=fault_words(self.phrases, error)),
                )

    async def run_retention(self) -> None:
        """Drop what has been kept long enough; what fails is due again on the next day."""
        async with self._tidy_turn:
            try:
                await self.retention.tidy()
            except TradingError:
                # Nobody has to act: the doctor shows how much there is.
                _LOG.exception("old texts could not be dropped")

    async def run_sweep(self) -> None:
        """Summarise and archive idle threads."""
        async with self._sweep_turn:
            await self.sweep()

    async def run_closing(self) -> None:
        """Close out the day's orders and report, once, from 15 minutes after the close on."""
        async with self._closing_turn:
            await self._run_closing()

    async def _run_closing(self) -> None:
        today = self._today()
        hours = self.calendar.hours(today) if await self._is_session(today) else None
        if hours is None or self.clock.now() < hours.closes + REPORT_AFTER_CLOSE:
            return
        async with self.ledger.transaction() as tx:
            if await tx.setting(_REPORTED) == today.isoformat():
                return
        try:
            await self.desk.close_out(today)
            await self.closing.report(today)
        except TradingError as error:
            _LOG.exception("closing failed", day=today.isoformat())
            await self.alerts.alert(
                self.phrases.say("alerts.closing_failed_title"),
                self.phrases.say(
                    "alerts.closing_failed",
                    day=today.isoformat(),
                    error=fault_words(self.phrases, error),
                ),
            )
            return
        async with self.ledger.transaction() as tx:
            await tx.put_setting(_REPORTED, today.isoformat())
            await tx.append_journal(
                JournalEntry(
                    at=self.clock.now(),
                    kind=DAY_CLOSED,
                    actor="closing",
                    subject=today.isoformat(),
                    facts={},
                )
            )

    def _today(self) -> date:
        return self.clock.now().astimezone(KST).date()

    async def _is_session(self, day: date) -> bool:
        try:
            return self.calendar.is_session(day)
        except CalendarUnknown:
            _LOG.error("the trading calendar does not reach this day", day=day.isoformat())
            await self.alerts.alert(
                self.phrases.say("alerts.calendar_title"),
                self.phrases.say("alerts.calendar", day=day.isoformat()),
            )
            return False

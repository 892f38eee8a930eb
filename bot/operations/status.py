"""What /status says: mode, account, switch, session, orders on their way, alarms, model, prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.day_consensus import UNSETTLED
from core.domain.modes import TradingState
from core.domain.orders import Order
from core.domain.ticks import FeedStatus
from core.ports.broker import NamesItself
from core.ports.clock import Clock
from core.ports.outbox import FAILING_MAX, OutboxReader
from core.ports.phrases import Phrases
from core.ports.switch import TradingSwitch
from core.services.alerts.book import ConditionBook


class DeskState(Protocol):
    """What /status asks of the order desk."""

    async def open_orders(self) -> tuple[Order, ...]:
        """Return approved orders that have not ended."""

    def readiness(self) -> str | None:
        """Return why trading is still off after the start, or None once it is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLines:
    """Implements the chat's StatusReader. `phrases` are everybody's language."""

    broker: NamesItself
    switch: TradingSwitch
    orders: DeskState
    outbox: OutboxReader
    calendar: TradingCalendar
    clock: Clock
    phrases: Phrases
    model: Callable[[], str]
    prices_label: str
    feed: Callable[[], FeedStatus]
    conditions: ConditionBook

    async def status(self, phrases: Phrases | None = None) -> list[tuple[str, str]]:
        """Return (name, text) lines, already worded: in the language of who asks, if that is told."""
        if phrases is not None:
            return await replace(self, phrases=phrases).status()
        say = self.phrases.say
        now = self.clock.now()
        stopped = await self.switch.stopped_on(now.date())
        state = await self.switch.state()
        word = state.value.lower()
        if stopped is not None and state is not TradingState.HALTED:
            word = "day_stopped"
        lines = [
            (say("status.mode"), say(f"status.mode_{self.broker.identity.mode.value}")),
            (say("conditions.status"), self._health()),
            (
                say("status.account"),
                f"{self.broker.identity.broker} {self.broker.identity.account_masked}",
            ),
            (say("status.trading"), say(f"status.state_{word}")),
            (say("status.now"), f"{now:%Y-%m-%d %H:%M:%S} KST"),
            (say("status.session"), self._session(now.date())),
            (
                say("status.open_orders"),
                say("status.count", count=len(await self.orders.open_orders())),
            ),
            (say("status.alarms"), await self._alarms()),
            (say("status.prices"), self.prices_label),
            (say("status.feed"), self._feed()),
            (say("status.model"), self.model()),
        ]
        if stopped is not None:
            lines.insert(4, (say("status.stopped"), stopped or say("chat.no_reason")))
        lines[4:4] = [(say("status.why"), why) for why in await self._why_off()]
        return lines

    async def _alarms(self) -> str:
        state = await self.outbox.state()
        key = "status.alarms_stuck" if state.failing_for >= FAILING_MAX else "status.count"
        return self.phrases.say(
            key, count=state.waiting, seconds=round(state.failing_for.total_seconds())
        )

    def _health(self) -> str:
        """Say how the bot is, with the page that helps for each condition that lasts."""
        say, standing = self.phrases.say, self.conditions.standing
        names = [
            say(
                "conditions.status_page",
                name=say(f"conditions.name_{condition.value}"),
                runbook=condition.runbook,
            )
            for condition in standing
        ]
        severity = self.conditions.severity
        return say(f"conditions.status_{severity.value}", names=", ".join(names))

    def _feed(self) -> str:
        """Say whether realtime prices come, from where and since when."""
        say, status = self.phrases.say, self.feed()
        line = say(
            f"status.feed_{status.health.value}",
            source=status.source,
            followed=status.followed,
            since=f"{status.since:%m-%d %H:%M}",
            why=say(f"status.feed_trouble_{status.trouble.value}"),
        )
        if status.left_out:
            line += say("status.feed_left_out", count=status.left_out)
        return line

    async def _why_off(self) -> list[str]:
        """Return why trading is limited, beside a stopped day: the start, and breakers."""
        unready = self.orders.readiness()
        trips = (await self.switch.reasons()).trips
        return [*([unready] if unready else []), *(trip.reason for trip in trips)]

    def _session(self, day: date) -> str:
        say = self.phrases.say
        try:
            known = self.calendar.describe(day)
        except CalendarUnknown:
            return say("status.no_calendar")
        hours = known.hours
        if hours is None:
            return say("status.unsettled" if known.source == UNSETTLED else "status.closed")
        return say("status.hours", opens=f"{hours.opens:%H:%M}", closes=f"{hours.closes:%H:%M}")

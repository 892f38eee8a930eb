"""What /status says: mode, account, switch, session, orders on their way, alarms, model, prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.domain.calendar import CalendarUnknown, TradingCalendar
from core.domain.modes import TradingState
from core.ports.broker import NamesItself
from core.ports.clock import Clock
from core.ports.desk import OrderReader
from core.ports.outbox import FAILING_MAX, OutboxReader
from core.ports.phrases import Phrases
from core.ports.switch import TradingSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLines:
    """Implements the chat's StatusReader."""

    broker: NamesItself
    switch: TradingSwitch
    orders: OrderReader
    outbox: OutboxReader
    calendar: TradingCalendar
    clock: Clock
    phrases: Phrases
    model_name: str
    prices_label: str

    async def status(self) -> list[tuple[str, str]]:
        """Return (name, text) lines, already worded."""
        say = self.phrases.say
        now = self.clock.now()
        stopped = await self.switch.stopped_on(now.date())
        state = await self.switch.state()
        word = state.value.lower()
        if stopped is not None and state is not TradingState.HALTED:
            word = "day_stopped"
        lines = [
            (say("status.mode"), say(f"status.mode_{self.broker.identity.mode.value}")),
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
            (say("status.model"), self.model_name),
        ]
        if stopped is not None:
            lines.insert(3, (say("status.stopped"), stopped or say("chat.no_reason")))
        return lines

    async def _alarms(self) -> str:
        state = await self.outbox.state()
        key = "status.alarms_stuck" if state.failing_for >= FAILING_MAX else "status.count"
        return self.phrases.say(
            key, count=state.waiting, seconds=round(state.failing_for.total_seconds())
        )

    def _session(self, day: date) -> str:
        say = self.phrases.say
        try:
            hours = self.calendar.hours(day)
        except CalendarUnknown:
            return say("status.no_calendar")
        if hours is None:
            return say("status.closed")
        return say("status.hours", opens=f"{hours.opens:%H:%M}", closes=f"{hours.closes:%H:%M}")

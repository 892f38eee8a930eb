"""The chat as services see it: one message per ticket, and an alert channel, both of them shaky."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from core.domain.outbox import OutboxMessage
from core.errors import TradingError
from core.ports.surface import TicketView
from tests.simulation.fence import Fence
from tests.simulation.weather import Weather

CHANNEL = 70


class Undeliverable(TradingError):
    """The chat did not take it, or did not say so."""


@dataclass(slots=True)
class Posted:
    """One message as people see it."""

    message_id: int
    view: TicketView


class Channel:
    """What is on people's screens. It outlives every process."""

    def __init__(self, loop: asyncio.AbstractEventLoop, weather: Weather) -> None:
        self._loop = loop
        self._weather = weather
        self._ids = itertools.count(5_000)
        self.messages: dict[int, Posted] = {}
        self._of_ticket: dict[str, int] = {}
        self.deleted: set[tuple[str, int]] = set()
        self.alerts: list[tuple[str, str]] = []
        self._alarm_keys: set[str] = set()
        self.on_show: Callable[[Posted], None] = lambda _posted: None
        self.on_alert: Callable[[str, str], None] = lambda _title, _text: None
        self._down_until = 0.0

    def newest_of(self, ticket_id: str) -> Posted | None:
        """Return the message that shows a ticket."""
        number = self._of_ticket.get(ticket_id)
        return self.messages.get(number) if number is not None else None

    def show_alarm(self, message: OutboxMessage) -> None:
        """Post an alarm; a repeat with the same nonce posts nothing."""
        if message.key not in self._alarm_keys:
            self._alarm_keys.add(message.key)
            self.alerts.append((message.title, message.text))
            self.on_alert(message.title, message.text)

    def show(self, view: TicketView) -> int:
        """Edit or post; a repeat with the same nonce returns the first message."""
        known = view.ticket.message_id
        number = known if known in self.messages else self._of_ticket.get(view.ticket.ticket_id)
        if number is None or number not in self.messages:
            number = next(self._ids)
        self._of_ticket[view.ticket.ticket_id] = number
        posted = self.messages[number] = Posted(number, view)
        self.on_show(posted)
        return number

    def delete(self, ticket_id: str) -> None:
        """Somebody deletes the message of a ticket."""
        number = self._of_ticket.pop(ticket_id, None)
        if number is not None:
            gone = self.messages.pop(number)
            shown = gone.view.ticket
            self.deleted.add((shown.ticket_id, shown.version))

    async def delay(self) -> None:
        """Wait as long as the chat takes. Raises Undeliverable while it is down."""
        weather = self._weather
        if weather.strikes("discord_down"):
            self._down_until = self._loop.time() + weather.between(5, 90)
        await asyncio.sleep(weather.between(0.02, 0.3))
        if self._loop.time() < self._down_until and not weather.is_calm:
            raise Undeliverable("503")

    def loses_reply(self) -> bool:
        """Whether the chat took it and says nothing."""
        return self._weather.strikes("discord_reply_lost")


@dataclass(frozen=True, slots=True)
class FencedSurface:
    """The chat of one life (TicketSurface and AlarmChannel)."""

    channel: Channel
    fence: Fence

    async def show_ticket(self, view: TicketView) -> tuple[int, int]:
        self.fence.step("chat.send")
        await self.channel.delay()
        number = self.channel.show(view)
        self.fence.step("chat.sent")
        if self.channel.loses_reply():
            raise Undeliverable("no answer")
        return CHANNEL, number

    async def post(self, message: OutboxMessage) -> bool:
        self.fence.step("chat.alert")
        try:
            await self.channel.delay()
        except Undeliverable:
            return False
        self.channel.show_alarm(message)
        self.fence.step("chat.alerted")
        return not self.channel.loses_reply()

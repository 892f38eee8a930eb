"""Tells people at once what they must look at: unproven orders, incidents, defects."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from core.domain.orders import Order, OrderState
from core.ports.surface import AlertSurface
from core.services.orders.context import Bell, DeskContext

_LOG = structlog.get_logger(__name__)
_FOR_PEOPLE = frozenset({OrderState.UNKNOWN, OrderState.OPERATOR_HOLD})
QUEUE_MAX = 100
RETRY_SECONDS = 5.0
# A loop that fails this often in a row, or this long, is told about.
FAILURES_MAX = 3
FAILING_MAX = timedelta(seconds=60)

_Key = tuple[str, OrderState]


@dataclass(frozen=True, slots=True)
class _Alarm:
    title: str
    text: str
    about: _Key | None = None


class Alarms:
    """Queues alarms without waiting for the chat; a loop of its own delivers them."""

    def __init__(self, context: DeskContext, surface: AlertSurface) -> None:
        """Nothing here but the delivering loop waits for `surface`."""
        self._context = context
        self._surface = surface
        self._bell = Bell()
        self._queue: deque[_Alarm] = deque()
        self._told: set[_Key] = set()

    def ring(self, name: str, /, **values: object) -> None:
        """Queue the alarm of the phrases ``orders.alert_<name>_title`` and ``orders.alert_<name>``."""
        self._put(name, None, **values)

    def _put(self, name: str, about: _Key | None, **values: object) -> None:
        say = self._context.phrases.say
        if len(self._queue) == QUEUE_MAX:
            lost = self._queue.popleft()
            _LOG.error("an alarm was never delivered", title=lost.title, text=lost.text)
            # An order that is still in doubt is told again at the next look.
            self._told -= {lost.about} if lost.about else set()
        title = say(f"orders.alert_{name}_title")
        self._queue.append(_Alarm(title, say(f"orders.alert_{name}", **values), about))
        self._bell.ring()

    async def look(self) -> None:
        """Queue an alarm for each order that became unproven since the last look."""
        async with self._context.ledger.transaction() as tx:
            found = await tx.orders_in(_FOR_PEOPLE)
        now = {(order.order_id, order.state): order for order in found}
        self._told &= now.keys()
        for key, order in now.items():
            if key not in self._told:
                self._told.add(key)
                self._put("in_doubt", key, **self._words(order))

    async def deliver(self) -> bool:
        """Post what is queued, oldest first; return whether all of it was delivered.

        What could not be delivered stays in the queue.
        """
        while self._queue:
            alarm = self._queue[0]
            try:
                delivered = await self._surface.alert(alarm.title, alarm.text)
            except Exception:  # noqa: BLE001 - a broken surface must not end the alarms
                _LOG.exception("an alarm could not be posted")
                delivered = False
            if not delivered:
                return False
            # The queue may have overflowed meanwhile.
            if self._queue and self._queue[0] is alarm:
                self._queue.popleft()
        return True

    async def run(self) -> None:
        """Run forever: deliver when something is queued, and again what was not delivered."""
        while True:
            if await self.deliver():
                await self._bell.wait()
            else:
                await self._context.clock.sleep(RETRY_SECONDS)

    async def look_safely(self) -> None:
        """`look`, for loops that must go on whatever happens."""
        try:
            await self.look()
        except Exception as error:  # noqa: BLE001 - the next look comes soon
            _LOG.warning("orders in doubt could not be read", error=repr(error))

    def _words(self, order: Order) -> dict[str, object]:
        return {
            "order": order.order_id,
            "symbol": order.envelope.symbol,
            "state": self._context.phrases.say(f"orders.state_{order.state.value.lower()}"),
            "reason": order.reason,
        }


class Streak:
    """Failures of one loop in a row: people hear of them once, and again when it works."""

    def __init__(self, context: DeskContext, alarms: Alarms, name: str) -> None:
        """`name` is that of the phrase ``orders.loop_<name>``."""
        self._context = context
        self._alarms = alarms
        self._name = name
        self._failures = 0
        self._since: datetime | None = None
        self._is_told = False

    def failed(self, error: Exception) -> None:
        """Count one failure, and alarm when there were too many or for too long."""
        _LOG.warning("a loop of the desk failed and goes on", loop=self._name, exc_info=error)
        now = self._context.clock.now()
        self._failures += 1
        self._since = self._since or now
        late = now - self._since >= FAILING_MAX
        if not self._is_told and (self._failures >= FAILURES_MAX or late):
            self._is_told = True
            self._alarms.ring("trouble", what=self._what(), error=type(error).__name__)

    def worked(self) -> None:
        """End the streak; say so if people had heard of it."""
        if self._is_told:
            self._alarms.ring("recovered", what=self._what())
        self._failures, self._since, self._is_told = 0, None, False

    def _what(self) -> str:
        return self._context.phrases.say(f"orders.loop_{self._name}")

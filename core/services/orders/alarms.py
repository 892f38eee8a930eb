"""Tells people at once what they must look at: unproven orders, incidents, defects."""

from __future__ import annotations

from collections import deque

import structlog

from core.domain.orders import Order, OrderState
from core.errors import StorageError
from core.ports.surface import AlertSurface
from core.services.orders.context import Bell, DeskContext

_LOG = structlog.get_logger(__name__)
_FOR_PEOPLE = frozenset({OrderState.UNKNOWN, OrderState.OPERATOR_HOLD})
QUEUE_MAX = 100


class Alarms:
    """Queues alarms without waiting for the chat; a loop of its own delivers them."""

    def __init__(self, context: DeskContext, surface: AlertSurface) -> None:
        """`surface` never raises; nothing else here waits for it."""
        self._context = context
        self._surface = surface
        self._bell = Bell()
        self._queue: deque[tuple[str, str]] = deque(maxlen=QUEUE_MAX)
        self._told: set[tuple[str, OrderState]] = set()

    def ring(self, name: str, /, **values: object) -> None:
        """Queue the alarm of the phrases ``orders.alert_<name>_title`` and ``orders.alert_<name>``."""
        say = self._context.phrases.say
        self._queue.append(
            (say(f"orders.alert_{name}_title"), say(f"orders.alert_{name}", **values))
        )
        self._bell.ring()

    async def look(self) -> None:
        """Queue an alarm for each order that became unproven since the last look."""
        async with self._context.ledger.transaction() as tx:
            found = await tx.orders_in(_FOR_PEOPLE)
        for order in found:
            if (order.order_id, order.state) not in self._told:
                self.ring("in_doubt", **_words(order))
        self._told = {(order.order_id, order.state) for order in found}

    async def deliver(self) -> None:
        """Post what is queued, oldest first."""
        while self._queue:
            title, text = self._queue.popleft()
            await self._surface.alert(title, text)

    async def run(self) -> None:
        """Run forever: deliver when something is queued."""
        while True:
            await self.deliver()
            await self._bell.wait()

    async def look_safely(self) -> None:
        """`look`, for loops that must go on when the database does not answer."""
        try:
            await self.look()
        except StorageError as error:
            _LOG.warning("orders in doubt could not be read", error=str(error))


def _words(order: Order) -> dict[str, object]:
    return {
        "order": order.order_id,
        "symbol": order.envelope.symbol,
        "state": order.state.value,
        "reason": order.reason,
    }

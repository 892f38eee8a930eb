"""Tells people at once what they must look at: unproven orders, incidents, defects.

An alarm is a row of the outbox from the moment it is true (`core.ports.outbox`), so that neither
an outage of the chat nor the end of the process loses it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from itertools import count

import structlog

from core.domain.orders import Order, OrderState
from core.ports.ledger import LedgerTransaction
from core.ports.outbox import Outbox
from core.services.orders.context import DeskContext

_LOG = structlog.get_logger(__name__)
# Keys of the alarms about an order in doubt, by what is in doubt about it.
_DOUBTS = {OrderState.UNKNOWN: "doubt", OrderState.OPERATOR_HOLD: "hold"}
# An order is told about when it falls in doubt, and again after so many seconds in that state.
TOLD_AFTER_SECONDS = (0, 60, 300)
# A loop that fails this often in a row, or this long, is told about.
FAILURES_MAX = 3
FAILING_MAX = timedelta(seconds=60)


class Alarms:
    """Words alarms, and puts them into the outbox."""

    def __init__(self, context: DeskContext, outbox: Outbox) -> None:
        """`outbox` delivers what is put into it."""
        self._context = context
        self._outbox = outbox
        self.deliver = outbox.deliver
        self.run = outbox.run
        self._numbers = count(1)
        # Keys that are known to be in the outbox: they need not be written at every look.
        self._told: frozenset[str] = frozenset()

    async def ring(self, name: str, /, *, key: str = "", **values: object) -> None:
        """Tell with the phrases ``orders.alert_<name>_title`` and ``orders.alert_<name>``.

        For use outside of transactions. The same `key` is told once for ever; without one every
        call is told.
        """
        title, text = self._words(name, values)
        now = self._context.clock.now()
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        once = f"{name}:{now.isoformat()}:{next(self._numbers)}:{digest}"
        await self._outbox.ring(key or once, title, text)

    async def tell(self, tx: LedgerTransaction, key: str, name: str, /, **values: object) -> bool:
        """`ring` inside the transaction that makes it true. Return False when `key` was told."""
        title, text = self._words(name, values)
        return await self._outbox.tell(tx, key, title, text)

    async def look(self) -> None:
        """Tell about each order in doubt: at once, after a minute and after five."""
        now = self._context.clock.now()
        async with self._context.ledger.transaction() as tx:
            due = {
                key: (order, seconds)
                for order in await tx.orders_in(_DOUBTS)
                for key, seconds in _due(order, now)
            }
            for key, (order, seconds) in due.items():
                if key not in self._told:
                    name = "still_in_doubt" if seconds else "in_doubt"
                    words = {**self._about(order), "seconds": seconds}
                    await self.tell(tx, key, name, **words)
        self._told = frozenset(due)

    async def look_safely(self) -> None:
        """`look`, for loops that must go on whatever happens."""
        try:
            await self.look()
        except Exception as error:  # noqa: BLE001 - the next look comes soon
            _LOG.warning("orders in doubt could not be read", error=repr(error))

    def _words(self, name: str, values: dict[str, object]) -> tuple[str, str]:
        say = self._context.phrases.say
        return say(f"orders.alert_{name}_title", **values), say(f"orders.alert_{name}", **values)

    def _about(self, order: Order) -> dict[str, object]:
        return {
            "order": order.order_id,
            "symbol": order.envelope.symbol,
            "state": self._context.phrases.say(f"orders.state_{order.state.value.lower()}"),
            "reason": order.reason,
        }


def _due(order: Order, now: datetime) -> list[tuple[str, int]]:
    """Return (key, seconds) of the first alarm about a doubt and of the latest one that is due."""
    age = (now - order.updated_at).total_seconds()
    latest = max((seconds for seconds in TOLD_AFTER_SECONDS if age >= seconds), default=0)
    prefix = f"{_DOUBTS[order.state]}:{order.order_id}"
    return [(f"{prefix}:{seconds}", seconds) for seconds in sorted({0, latest})]


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

    async def failed(self, error: Exception) -> None:
        """Count one failure, and alarm when there were too many or for too long."""
        _LOG.warning("a loop of the desk failed and goes on", loop=self._name, exc_info=error)
        now = self._context.clock.now()
        self._failures += 1
        self._since = self._since or now
        late = now - self._since >= FAILING_MAX
        if not self._is_told and (self._failures >= FAILURES_MAX or late):
            self._is_told = True
            await self._alarms.ring("trouble", what=self._what(), error=type(error).__name__)

    async def worked(self) -> None:
        """End the streak; say so if people had heard of it."""
        if self._is_told:
            await self._alarms.ring("recovered", what=self._what())
        self._failures, self._since, self._is_told = 0, None, False

    def _what(self) -> str:
        return self._context.phrases.say(f"orders.loop_{self._name}")

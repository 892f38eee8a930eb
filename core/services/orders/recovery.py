"""Start-up is recovery: nothing is sent until what was left behind is understood."""

from __future__ import annotations

import structlog

from core.domain.krx import KST
from core.domain.orders import OrderState
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext
from core.services.orders.facts import FactReader
from core.services.orders.tracking import Tracker
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)
RETRY_SECONDS = 5.0


class Recovery:
    """Runs before the loops of the desk."""

    def __init__(
        self, context: DeskContext, facts: FactReader, tracker: Tracker, alarms: Alarms
    ) -> None:
        """Keep the parts."""
        self._context = context
        self._facts = facts
        self._tracker = tracker
        self._alarms = alarms

    async def run(self) -> None:
        """Treat what was being sent as unknown, then read the broker's list until it is complete.

        Trading stays off while the list cannot be read: this call does not return before.
        """
        told = False
        while not await self._understood():
            if not told:
                self._alarms.ring("not_readable")
                told = True
            await self._context.clock.sleep(RETRY_SECONDS)

    async def _understood(self) -> bool:
        """Read the list of today, if it has a session, and of every day with a live order."""
        try:
            await doubt_interrupted(self._context)
            await self._alarms.look()
            if await self._facts.hours() is not None:
                today = self._context.clock.now().astimezone(KST).date()
                await self._tracker.merge(await self._context.broker.order_history(today))
            await self._tracker.poll()
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing is sent before it works
            _LOG.warning("trading is off: the order list is not readable", error=repr(error))
            return False
        return True


async def doubt_interrupted(context: DeskContext) -> None:
    """SUBMITTING → UNKNOWN: whoever armed it died, or broke, before the answer was stored."""
    reason = context.phrases.say("orders.reason_interrupted")
    step = Step(at=context.clock.now(), actor="recovery", facts={})
    async with context.ledger.transaction() as tx:
        found = await tx.orders_in({OrderState.SUBMITTING})
        for order in found:
            await move(tx, order, with_state(order, OrderState.UNKNOWN, reason), step)
    if found:
        context.tracking_bell.ring()
        context.publishing_bell.ring()

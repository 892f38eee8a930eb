"""Start-up is recovery: nothing is sent until what was left behind is understood."""

from __future__ import annotations

import structlog

from core.domain.orders import OrderState
from core.errors import BrokerError
from core.services.orders.context import DeskContext
from core.services.orders.tracking import Tracker
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)
RETRY_SECONDS = 5.0


class Recovery:
    """Runs before the loops of the desk."""

    def __init__(self, context: DeskContext, tracker: Tracker) -> None:
        """Keep the parts."""
        self._context = context
        self._tracker = tracker

    async def run(self) -> None:
        """Treat what was being sent as unknown, then read the broker's list until it is complete.

        Trading stays off while the list cannot be read: this call does not return before.
        """
        await self.doubt_interrupted()
        while True:
            try:
                await self._tracker.poll()
            except BrokerError as error:
                _LOG.warning(
                    "trading is off: the broker's order list is not readable", error=str(error)
                )
                await self._context.clock.sleep(RETRY_SECONDS)
            else:
                return

    async def doubt_interrupted(self) -> None:
        """SUBMITTING → UNKNOWN: the process died between the arm and the answer."""
        reason = self._context.phrases.say("orders.reason_interrupted")
        step = Step(at=self._context.clock.now(), actor="recovery", facts={})
        async with self._context.ledger.transaction() as tx:
            for order in await tx.orders_in({OrderState.SUBMITTING}):
                await move(tx, order, with_state(order, OrderState.UNKNOWN, reason), step)

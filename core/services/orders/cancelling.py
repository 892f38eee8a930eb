"""Cancels what remains of an order. Only a cumulative read proves that it is cancelled."""

from __future__ import annotations

from dataclasses import replace

from core.domain.orders import Accepted, NotSent, Order, OrderState, Rejected, Unresolved
from core.services.orders.context import DeskContext
from core.services.orders.transitions import Step, move, with_state

_CANCELLABLE = frozenset({OrderState.WORKING, OrderState.PARTIAL})


class Canceller:
    """Asks the broker to cancel."""

    def __init__(self, context: DeskContext) -> None:
        """Keep the ports."""
        self._context = context

    async def cancel(self, order: Order, *, actor: str, reason: str) -> bool:
        """Ask once to cancel all that remains; return whether the request was made.

        A cancel is for the full remainder, so asking again later is harmless; amending is not used.
        """
        if order.ref is None or order.state not in _CANCELLABLE:
            return False
        pending = await self._move(order, OrderState.CANCEL_PENDING, actor, reason)
        outcome = await self._context.broker.cancel_order(order.ref)
        match outcome:
            case Accepted() | Unresolved():
                # Whether it worked shows in the next complete read, not in this answer.
                pass
            case Rejected() | NotSent():
                text = outcome.text if isinstance(outcome, Rejected) else outcome.reason
                refused = self._context.phrases.say("orders.reason_cancel_refused", text=text)
                back = replace(pending, state=order.state, reason=refused)
                step = Step(at=self._context.clock.now(), actor="broker", facts={"text": text})
                async with self._context.ledger.transaction() as tx:
                    await move(tx, pending, back, step)
        self._context.tracking_bell.ring()
        self._context.publishing_bell.ring()
        return True

    async def _move(self, order: Order, state: OrderState, actor: str, reason: str) -> Order:
        step = Step(at=self._context.clock.now(), actor=actor, facts={})
        async with self._context.ledger.transaction() as tx:
            moved = await move(tx, order, with_state(order, state, reason), step)
        self._context.publishing_bell.ring()
        return moved

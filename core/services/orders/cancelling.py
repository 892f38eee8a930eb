"""Cancels what remains of an order. Only a cumulative read proves that it is cancelled."""

from __future__ import annotations

from typing import assert_never

import structlog

from core.domain.krx import KST
from core.domain.orders import (
    WAITING_STATES,
    Accepted,
    BrokerOrderRef,
    NotSent,
    Order,
    OrderState,
    Rejected,
    SubmitOutcome,
    Unresolved,
)
from core.errors import StaleState, TradingError
from core.services.orders.context import DeskContext
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)
# A cancel is for all that remains, so that asking again after a lost answer is harmless.
_CANCELLABLE = frozenset({OrderState.WORKING, OrderState.PARTIAL, OrderState.CANCEL_PENDING})


class Canceller:
    """Asks the broker to cancel."""

    def __init__(self, context: DeskContext) -> None:
        """Keep the ports."""
        self._context = context

    async def end(self, order: Order, *, actor: str, reason: str) -> bool:
        """Drop an order that was not sent, or ask to cancel what remains of it; False for neither."""
        if order.state in WAITING_STATES and await self.drop(order, actor=actor, reason=reason):
            return True
        # What could not be dropped was sent this moment: it may be cancellable by now.
        return await self.cancel(order, actor=actor, reason=reason)

    async def drop(self, order: Order, *, actor: str, reason: str) -> bool:
        """End an order that waits to be sent; False when it was sent, or ended, this moment."""
        step = Step(at=self._context.clock.now(), actor=actor, facts={})
        try:
            async with self._context.ledger.transaction() as tx:
                await move(tx, order, with_state(order, OrderState.BLOCKED, reason), step)
        except StaleState:
            return False
        self._context.publishing_bell.ring()
        return True

    async def cancel(self, order: Order, *, actor: str, reason: str) -> bool:
        """Ask once to cancel all that remains; return whether the request was made.

        Amending is not used. An order of another day is not touched: it died with its session,
        and its number may belong to somebody else today.
        """
        pending = await self._pend(order.order_id, actor, reason)
        if pending is None or pending.ref is None:
            return False
        outcome = await self._ask(pending.ref)
        match outcome:
            case Accepted() | Unresolved():
                # Whether it worked shows in the next complete read, not in this answer.
                pass
            case Rejected():
                await self._back(order.order_id, "refused", outcome.text, outcome.text)
            case NotSent():
                why = self._context.phrases.say(f"orders.unsent_{outcome.cause.value}")
                await self._back(order.order_id, "not_sent", why, outcome.reason)
            case _:
                assert_never(outcome)
        self._context.tracking_bell.ring()
        self._context.publishing_bell.ring()
        return True

    async def _ask(self, ref: BrokerOrderRef) -> SubmitOutcome:
        try:
            return await self._context.broker.cancel_order(ref)
        except TradingError as error:
            _LOG.warning("no answer to a cancel", number=ref.number, error=str(error))
            return Unresolved(reason=str(error))

    async def _pend(self, order_id: str, actor: str, reason: str) -> Order | None:
        """Store CANCEL_PENDING for the order as it stands now, or return None."""
        now = self._context.clock.now()
        step = Step(at=now, actor=actor, facts={})
        async with self._context.ledger.transaction() as tx:
            order = await tx.order(order_id)
            if order is None or order.ref is None or order.state not in _CANCELLABLE:
                return None
            if order.envelope.good_until.astimezone(KST).date() != now.astimezone(KST).date():
                return None
            pending = with_state(order, OrderState.CANCEL_PENDING, reason)
            moved = await move(tx, order, pending, step)
        self._context.publishing_bell.ring()
        return moved

    async def _back(self, order_id: str, what: str, words: str, met: str) -> None:
        """No cancel: what still works goes on working, with what was filled meanwhile.

        `words` are for people, `met` is what the journal keeps.
        """
        reason = self._context.phrases.say(f"orders.reason_cancel_{what}", text=words)
        step = Step(at=self._context.clock.now(), actor="broker", facts={"text": met})
        async with self._context.ledger.transaction() as tx:
            order = await tx.order(order_id)
            if order is None or order.state is not OrderState.CANCEL_PENDING:
                return
            state = OrderState.PARTIAL if order.filled else OrderState.WORKING
            await move(tx, order, with_state(order, state, reason), step)

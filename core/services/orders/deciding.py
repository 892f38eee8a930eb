"""What a person decides about an order that nobody can prove, after looking in the broker's app."""

from __future__ import annotations

from dataclasses import replace

from core.domain.orders import Order, OrderHistory, OrderState
from core.errors import BrokerError, StaleState
from core.ports.ledger import LedgerTransaction
from core.services.orders.approving import Approver
from core.services.orders.context import DeskContext
from core.services.orders.resolving import candidates_of
from core.services.orders.tracking import Tracker, claimed_on, session_of
from core.services.orders.transitions import Step, move
from core.services.orders.values import Adopt, Click, ClickOutcome, Decision

_UNPROVEN = frozenset({OrderState.UNKNOWN, OrderState.OPERATOR_HOLD})


class PersonalDecisions:
    """Adopts a number, or voids, on the word of a person and never against the broker's list."""

    def __init__(self, context: DeskContext, approver: Approver, tracker: Tracker) -> None:
        """Keep the parts."""
        self._context = context
        self._approver = approver
        self._tracker = tracker

    async def resolve(self, click: Click, order_id: str, decision: Decision) -> ClickOutcome:
        """End the doubt about one order; `decision.typed` must be its id."""
        if not self._approver.is_allowed(click):
            return await self._approver.refuse(click, "resolve")
        if decision.typed.strip() != order_id:
            return ClickOutcome.NOT_CONFIRMED
        return await self._resolve(click, order_id, decision)

    async def _resolve(self, click: Click, order_id: str, decision: Decision) -> ClickOutcome:
        async with self._context.ledger.transaction() as tx:
            order = await tx.order(order_id)
            session = None if order is None else await session_of(tx, order)
        if order is None or session is None:
            return ClickOutcome.UNKNOWN_ORDER
        if order.state not in _UNPROVEN:
            return ClickOutcome.NOTHING_TO_RESOLVE
        try:
            history = await self._context.broker.order_history(session)
        except BrokerError:
            return ClickOutcome.LIST_UNREADABLE
        try:
            async with self._context.ledger.transaction() as tx:
                outcome = await self._decide(tx, click, order, decision, history)
        except StaleState:
            return ClickOutcome.NOTHING_TO_RESOLVE
        self._context.tracking_bell.ring()
        self._context.publishing_bell.ring()
        return outcome

    async def _decide(
        self,
        tx: LedgerTransaction,
        click: Click,
        order: Order,
        decision: Decision,
        history: OrderHistory,
    ) -> ClickOutcome:
        if isinstance(decision, Adopt):
            return await self._adopt(tx, click, order, decision, history)
        return await self._void(tx, click, order, history)

    async def _adopt(
        self,
        tx: LedgerTransaction,
        click: Click,
        order: Order,
        decision: Adopt,
        history: OrderHistory,
    ) -> ClickOutcome:
        wanted = decision.number.strip().lstrip("0")
        rows = {row.ref.number.lstrip("0"): row for row in history.orders if not row.is_cancel_row}
        row = rows.get(wanted)
        if row is None:
            return ClickOutcome.NUMBER_NOT_LISTED
        if row.ref.number in await claimed_on(tx, history.day):
            return ClickOutcome.NUMBER_TAKEN
        sent = order.request
        terms = (row.symbol, row.side, row.ordered)
        if sent is None or terms != (sent.symbol, sent.side, sent.quantity):
            return ClickOutcome.NUMBER_DIFFERS
        await self._tracker.adopt(tx, order, row, self._step(click, "adopt", row.ref.number))
        return ClickOutcome.RESOLVED_ADOPTED

    async def _void(
        self, tx: LedgerTransaction, click: Click, order: Order, history: OrderHistory
    ) -> ClickOutcome:
        attempt = await tx.attempt_of(order.order_id)
        claimed = await claimed_on(tx, history.day)
        shown = attempt is not None and candidates_of(history, attempt, claimed)
        if shown and self._context.policy.is_dedicated_account:
            # Nobody else trades here: what looks like it can only be it.
            return ClickOutcome.CANDIDATE_SHOWN
        reason = self._context.phrases.say("orders.reason_voided_by", name=click.user_name)
        voided = replace(order, state=OrderState.VOID, reason=reason)
        await move(tx, order, voided, self._step(click, "void", ""))
        return ClickOutcome.RESOLVED_VOID

    def _step(self, click: Click, decision: str, number: str) -> Step:
        facts = {
            "decision": decision,
            "number": number,
            "name": click.user_name,
            "interaction": click.interaction_id,
        }
        return Step(at=self._context.clock.now(), actor=str(click.user_id), facts=facts)

"""Gate → baseline → arm → send: the only module that may post an order.

After the arm's commit, whatever happens, the order is treated as sent until the broker's own list
proves otherwise; nothing here ever posts a second time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from core.domain.breakers import CLOCK_SKEW_MAX
from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.orders import (
    DEPARTS_WITHIN,
    WAITING_STATES,
    NotSent,
    Order,
    OrderHistory,
    OrderState,
    SubmitOutcome,
    Unresolved,
)
from core.domain.tickets import Ticket
from core.domain.unsent import Unsent
from core.errors import BrokerError, TradingError
from core.services.orders.arming import Armed, Armer, LastHopBroken
from core.services.orders.context import DeskContext
from core.services.orders.gate import RETRY_AFTER, Blocked, Gate, Later, Outside, Ready
from core.services.orders.outcomes import Outcomes
from core.services.orders.results import Beyond, Execution, Postponed, Sent, Stopped
from core.services.orders.transitions import Step, move, with_state

Merge = Callable[[OrderHistory], Awaitable[None]]


class Executor:
    """Takes one approved order to the broker, once."""

    def __init__(self, context: DeskContext, gate: Gate, outcomes: Outcomes, merge: Merge) -> None:
        """Keep the parts; `merge` takes every complete list that was read."""
        self._context = context
        self._gate = gate
        self._outcomes = outcomes
        self._merge = merge
        self._armer = Armer(context)
        self._armed_count = 0
        self._posted_count = 0

    async def execute(self, ticket: Ticket, order: Order) -> Execution:
        """Gate, arm and send `order` (CREATED, or GATED by an earlier run)."""
        if (until := await self._gate.too_early()) is not None:
            return Postponed(until)
        baseline = await self._baseline()
        if isinstance(baseline, Later):
            return await self._wait(order, baseline)
        # The gate reads the quote last, so the baseline comes first: the quote must be young.
        verdict = await self._gate.check(ticket, order)
        match verdict:
            case Later():
                return await self._wait(order, verdict)
            case Blocked():
                return Stopped(await self._end(order, OrderState.BLOCKED, verdict.reason))
            case Outside():
                return Beyond(order, verdict.reason)
            case Ready():
                return await self._arm_and_send(ticket, order, verdict, baseline)
            case _:
                assert_never(verdict)

    async def _baseline(self) -> OrderHistory | Later:
        """Read and merge today's list: what others ordered counts, what was lost is recognised."""
        context = self._context
        later = context.clock.now() + RETRY_AFTER
        try:
            history = await context.broker.order_history(context.clock.now().astimezone(KST).date())
        except BrokerError as error:
            # Without a complete baseline a lost answer could never be recognised.
            reason = context.phrases.say("orders.reason_waiting_list")
            return Later(later, reason, is_fault=True, error=str(error))
        await self._merge(history)
        ahead = history.server_ahead or timedelta(0)
        if abs(ahead) > CLOCK_SKEW_MAX:
            seconds = round(abs(ahead).total_seconds())
            reason = context.phrases.say("orders.reason_waiting_clock", seconds=seconds)
            return Later(later, reason, is_fault=True)
        return history

    async def _arm_and_send(
        self, ticket: Ticket, order: Order, ready: Ready, history: OrderHistory
    ) -> Execution:
        armed = await self._armer.arm(ticket, order, ready, history)
        if not isinstance(armed, Armed):
            return armed
        self._armed_count += 1
        return Sent(await self._send(armed))

    async def _send(self, armed: Armed) -> Order:
        """Post once, and write down what came of it even when the call is cut or breaks."""
        outcome: SubmitOutcome = Unresolved(reason="no answer was read")
        try:
            outcome = await self._post(armed)
        except LastHopBroken:
            raise
        except TradingError as error:
            # An adapter answers with values; whatever else happens, the order may be there.
            outcome = Unresolved(reason=str(error) or type(error).__name__)
        finally:
            noted = await self._outcomes.note(armed.order, outcome)
        return noted

    async def _post(self, armed: Armed) -> SubmitOutcome:
        """Post, if this process has armed more orders than it has posted, and just now.

        A machine that stood still between the two would send on a price that is long gone.
        """
        if self._posted_count >= self._armed_count:
            raise LastHopBroken("more orders were about to be posted than were armed")
        # What does not leave is used up, too: one arm never allows two posts.
        self._posted_count += 1
        if self._context.clock.now() - armed.order.updated_at > DEPARTS_WITHIN:
            return NotSent(
                reason="the machine stood still after the order was armed",
                cause=Unsent.STOOD_STILL,
            )
        return await self._context.broker.place_order(armed.request)

    async def _wait(self, order: Order, later: Later) -> Postponed | Stopped:
        """Write down why the order waits, in whatever state it does; it is tried again."""
        now = self._context.clock.now()
        async with self._context.ledger.transaction() as tx:
            current = await tx.order(order.order_id)
            if current is None or current.state not in WAITING_STATES:
                return Stopped(current or order)
            if current.reason != later.reason:
                waiting = replace(current, reason=later.reason, updated_at=now)
                await tx.save_order(waiting, expected=current.state)
                facts = {"reason": later.reason, "error": later.error}
                await tx.append_journal(
                    JournalEntry(
                        at=now,
                        kind="order.waiting",
                        actor="desk",
                        subject=order.order_id,
                        facts=facts,
                    )
                )
        self._context.publishing_bell.ring()
        return Postponed(later.until, later.reason if later.is_fault else "")

    async def _end(self, order: Order, state: OrderState, reason: str) -> Order:
        step = Step(at=self._context.clock.now(), actor="desk", facts={})
        async with self._context.ledger.transaction() as tx:
            current = await tx.order(order.order_id)
            if current is None or current.state not in WAITING_STATES:
                return current or order
            ended = await move(tx, current, with_state(current, state, reason), step)
        self._context.publishing_bell.ring()
        return ended

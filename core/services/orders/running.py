"""Walks approved tickets through the executor: sells first, one leg after the other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from core.domain.orders import LIVE_STATES, WAITING_STATES, Order, OrderState, Side
from core.domain.tickets import DraftLeg, Proposal, Ticket, TicketState
from core.services.orders.context import DeskContext
from core.services.orders.execution import Executor, Postponed, Stopped
from core.services.orders.presenting import Presenter
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)
_SETTLE_STEP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """One ticket with its orders that are not on the wire yet, sells first."""

    ticket: Ticket
    orders: tuple[Order, ...]


class Runner:
    """Executes what is approved and due."""

    def __init__(self, context: DeskContext, executor: Executor, presenter: Presenter) -> None:
        """Keep the parts."""
        self._context = context
        self._executor = executor
        self._presenter = presenter
        self._busy = asyncio.Lock()
        self._stopping = False

    async def run(self) -> None:
        """Run forever: execute what is due, then sleep until something may be due again."""
        context = self._context
        while not self._stopping:
            again = await self.run_due()
            if again is None:
                await context.execution_bell.wait()
            else:
                await self._wait_until(again)

    async def run_due(self) -> datetime | None:
        """Execute every due order once; return when to look again (None: when rung)."""
        async with self._busy:
            next_look: datetime | None = None
            for waiting in await self._waiting():
                until = await self._run_ticket(waiting)
                if until is not None:
                    next_look = until if next_look is None else min(next_look, until)
            return next_look

    async def stop(self, seconds: float) -> bool:
        """Take nothing new; return whether the order in hand ended within `seconds` (I/O time)."""
        self._stopping = True
        try:
            async with asyncio.timeout(seconds):
                async with self._busy:
                    return True
        except TimeoutError:
            return False

    async def _wait_until(self, until: datetime) -> None:
        clock = self._context.clock
        sleeper = asyncio.ensure_future(clock.sleep_until(until))  # noqa: TID251 - owned right here
        ringer = asyncio.ensure_future(self._context.execution_bell.wait())  # noqa: TID251 - as above
        try:
            await asyncio.wait({sleeper, ringer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            ringer.cancel()

    async def _waiting(self) -> list[Waiting]:
        async with self._context.ledger.transaction() as tx:
            orders = await tx.orders_in(WAITING_STATES)
            tickets = {order.ticket_id: await tx.ticket(order.ticket_id) for order in orders}
        found: list[Waiting] = []
        for ticket in tickets.values():
            if ticket is None:
                continue
            own = [order for order in orders if order.ticket_id == ticket.ticket_id]
            own.sort(key=lambda order: (order.envelope.side is Side.BUY, order.leg))
            found.append(Waiting(ticket, tuple(own)))
        return found

    async def _run_ticket(self, waiting: Waiting) -> datetime | None:
        """Run one ticket's legs in order; return when to come back if a leg was postponed."""
        sold = False
        for order in waiting.orders:
            if self._stopping:
                return None
            if self._context.clock.now() > order.envelope.good_until:
                await self._expire(order)
                continue
            if sold and order.envelope.side is Side.BUY:
                await self._let_sells_settle(waiting.ticket)
                sold = False
            result = await self._executor.execute(waiting.ticket, order)
            if isinstance(result, Postponed):
                return result.until
            if isinstance(result, Stopped):
                if result.offer_again:
                    await self._offer_again(waiting.ticket, order)
                continue
            sold = sold or order.envelope.side is Side.SELL
        return None

    async def _let_sells_settle(self, ticket: Ticket) -> None:
        """Wait a bounded time for the ticket's sells to end: their proceeds pay for the buys."""
        context = self._context
        until = context.clock.now() + timedelta(seconds=context.policy.sells_settle_seconds)
        while context.clock.now() < until and not self._stopping:
            async with context.ledger.transaction() as tx:
                orders = await tx.orders_of(ticket.ticket_id)
            live = [
                order
                for order in orders
                if order.envelope.side is Side.SELL and order.state in LIVE_STATES
            ]
            if not live:
                return
            context.tracking_bell.ring()
            await context.clock.sleep(_SETTLE_STEP_SECONDS)

    async def _expire(self, order: Order) -> None:
        step = Step(at=self._context.clock.now(), actor="desk", facts={})
        reason = self._context.phrases.say("orders.reason_too_late")
        async with self._context.ledger.transaction() as tx:
            await move(tx, order, with_state(order, OrderState.EXPIRED, reason), step)
        self._context.publishing_bell.ring()

    async def _offer_again(self, ticket: Ticket, order: Order) -> None:
        """Invalidate a ticket of which nothing was sent, and propose the leg anew."""
        async with self._context.ledger.transaction() as tx:
            orders = await tx.orders_of(ticket.ticket_id)
            if all(item.state is OrderState.BLOCKED for item in orders):
                await tx.move_ticket(
                    ticket.ticket_id,
                    TicketState.APPROVED,
                    TicketState.INVALIDATED,
                    self._context.phrases.say("orders.ticket_outside"),
                )
        leg = next(item for item in ticket.legs if item.number == order.leg)
        again = Proposal(
            author=ticket.author,
            kind=ticket.kind,
            legs=(
                DraftLeg(
                    symbol=order.envelope.symbol,
                    side=order.envelope.side,
                    quantity=order.envelope.quantity_max,
                    reason=leg.reason,
                ),
            ),
            reason=ticket.reason,
            thread_id=ticket.channel_id,
        )
        offered = await self._presenter.propose(again)
        _LOG.info("offered again", ticket=ticket.ticket_id, outcome=type(offered).__name__)
        self._context.publishing_bell.ring()

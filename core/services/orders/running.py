"""Walks approved tickets through the executor: sells first, one leg after the other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from core.domain.modes import TradingState
from core.domain.orders import LIVE_STATES, WAITING_STATES, Order, OrderState, Side
from core.domain.risk import Denied
from core.domain.tickets import DraftLeg, Proposal, Ticket, TicketState
from core.errors import InvariantBroken, TradingError
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext
from core.services.orders.execution import Executor, Postponed, Stopped
from core.services.orders.presenting import Presenter
from core.services.orders.recovery import doubt_interrupted
from core.services.orders.terms import named_price
from core.services.orders.transitions import Step, move, with_state
from core.services.risk.wording import explain

_LOG = structlog.get_logger(__name__)
_SETTLE_STEP_SECONDS = 2.0
RETRY_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One ticket with its orders that are not on the wire yet, sells first."""

    ticket: Ticket
    orders: tuple[Order, ...]


class Runner:
    """Executes what is approved and due."""

    def __init__(
        self, context: DeskContext, executor: Executor, presenter: Presenter, alarms: Alarms
    ) -> None:
        """Keep the parts."""
        self._alarms = alarms
        self._context = context
        self._executor = executor
        self._presenter = presenter
        self._busy = asyncio.Lock()
        self._stopping = False

    async def run(self) -> None:
        """Run forever: execute what is due, then sleep until something may be due again."""
        context = self._context
        while not self._stopping:
            try:
                again = await self.run_due()
            except TradingError as error:
                _LOG.warning("what is due could not be read", error=str(error))
                again = context.clock.now() + RETRY_AFTER
            if again is None:
                await context.execution_bell.wait()
            else:
                await self._wait_until(again)

    async def run_due(self) -> datetime | None:
        """Execute every due order once; return when to look again (None: when rung)."""
        async with self._busy:
            # Nothing of ours is in flight here: what still says so lost its answer.
            await doubt_interrupted(self._context)
            looks = [await self._run_guarded(waiting) for waiting in await self._waiting()]
            return min((look for look in looks if look is not None), default=None)

    async def _run_guarded(self, waiting: Waiting) -> datetime | None:
        """Run one ticket; what goes wrong with it must not hold up the others."""
        ticket_id = waiting.ticket.ticket_id
        try:
            return await self._run_ticket(waiting)
        except InvariantBroken as error:
            _LOG.exception("a rule of ours is broken: trading halts", ticket=ticket_id)
            await self._context.switch.set_state(
                TradingState.HALTED, actor="desk", reason=f"{ticket_id}: {error}"
            )
            self._alarms.ring("defect", ticket=ticket_id, error=str(error))
        except TradingError as error:
            _LOG.warning("ticket is tried again", ticket=ticket_id, error=str(error))
        except Exception as error:  # noqa: BLE001 - a defect met on one ticket stops that one only
            _LOG.exception("defect", ticket=ticket_id)
            self._alarms.ring("defect", ticket=ticket_id, error=type(error).__name__)
        return self._context.clock.now() + RETRY_AFTER

    async def stop(self, seconds: float) -> bool:
        """Take nothing new; return whether the order in hand ended within `seconds` (I/O time)."""
        self._stopping = True
        try:
            async with asyncio.timeout(seconds):
                async with self._busy:
                    return True
        except TimeoutError:
            _LOG.error("an order was still on its way; it is UNKNOWN until the next start reads it")
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
            await asyncio.gather(sleeper, ringer, return_exceptions=True)

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
        settled = False
        for order in waiting.orders:
            if self._stopping:
                return None
            if self._context.clock.now() > order.envelope.good_until:
                await self._expire(order)
                continue
            if not settled and order.envelope.side is Side.BUY:
                await self._let_sells_settle(waiting.ticket)
                settled = True
            result = await self._executor.execute(waiting.ticket, order)
            if isinstance(result, Postponed):
                return result.until
            if isinstance(result, Stopped) and result.offer_again:
                await self._offer_again(waiting.ticket, order)
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
            orders = await tx.orders_of(order.ticket_id)
            ticket = await tx.ticket(order.ticket_id)
            approved = ticket is not None and ticket.state is TicketState.APPROVED
            if approved and all(item.state is OrderState.EXPIRED for item in orders):
                await tx.move_ticket(
                    order.ticket_id, TicketState.APPROVED, TicketState.EXPIRED, reason
                )
        self._context.publishing_bell.ring()

    async def _offer_again(self, ticket: Ticket, order: Order) -> None:
        """Propose the leg anew, then invalidate its ticket if nothing of it was sent.

        In this order the message never promises a new proposal that was refused.
        """
        offered = await self._presenter.propose(_again(ticket, order))
        _LOG.info("offered again", ticket=ticket.ticket_id, outcome=type(offered).__name__)
        if isinstance(offered, Denied):
            words = explain(offered.violations, self._context.phrases, self._context.market)
            reason = self._context.phrases.say("orders.ticket_not_offered", reason=words)
        else:
            reason = self._context.phrases.say("orders.ticket_outside")
        async with self._context.ledger.transaction() as tx:
            stored = await tx.ticket(ticket.ticket_id)
            orders = await tx.orders_of(ticket.ticket_id)
            approved = stored is not None and stored.state is TicketState.APPROVED
            if approved and all(item.state is OrderState.BLOCKED for item in orders):
                await tx.move_ticket(
                    ticket.ticket_id, TicketState.APPROVED, TicketState.INVALIDATED, reason
                )
        self._context.publishing_bell.ring()


def _again(ticket: Ticket, order: Order) -> Proposal:
    """Return the leg of `order` as a proposal; what a person had chosen stays chosen."""
    leg = next(item for item in ticket.legs if item.number == order.leg)
    draft = DraftLeg(
        symbol=order.envelope.symbol,
        side=order.envelope.side,
        quantity=order.envelope.quantity_max,
        price_won=named_price(leg),
        order_type=order.envelope.order_type,
        reason=leg.reason,
    )
    return Proposal(
        author=ticket.author,
        kind=ticket.kind,
        legs=(draft,),
        reason=ticket.reason,
        thread_id=ticket.channel_id,
    )

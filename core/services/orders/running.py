"""Walks approved tickets through the executor: sells first, one leg after the other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from core.domain.breakers import Breaker, Trip
from core.domain.journal import JournalEntry
from core.domain.modes import TradingState
from core.domain.orders import LIVE_STATES, WAITING_STATES, Order, OrderState, Side
from core.domain.risk import Denied, Rule
from core.domain.tickets import DraftLeg, Proposal, Ticket, TicketState
from core.errors import InvariantBroken, StaleState, StorageError, TradingError
from core.ports.ledger import LedgerTransaction
from core.services.orders.alarms import Alarms, Streak
from core.services.orders.arming import LastHopBroken
from core.services.orders.context import DeskContext
from core.services.orders.execution import Executor
from core.services.orders.presenting import Presenter
from core.services.orders.recovery import doubt_interrupted
from core.services.orders.results import Beyond, Fenced, Postponed
from core.services.orders.terms import named_price
from core.services.orders.transitions import Step, move, with_state
from core.services.risk.wording import explain

_LOG = structlog.get_logger(__name__)
_SETTLE_STEP_SECONDS = 2.0
RETRY_AFTER = timedelta(seconds=5)
# A new proposal refused for one of these is tried again: nothing was judged.
_UNREAD = frozenset({Rule.FACTS_MISSING, Rule.QUOTE_STALE})


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
        # When an order began to wait for something that could not be read.
        self._held: dict[str, datetime] = {}
        self._streak = Streak(context, alarms, "running")

    async def run(self) -> None:
        """Run forever: execute what is due, then sleep until something may be due again."""
        context = self._context
        while not self._stopping:
            try:
                again = await self.run_due()
                await self._streak.worked()
            except Exception as error:  # noqa: BLE001 - approved orders must go on being looked at
                await self._streak.failed(error)
                again = context.clock.now() + RETRY_AFTER
            if again is None:
                await context.execution_bell.wait()
            else:
                await context.execution_bell.wait_until(context.clock, again)

    async def run_due(self) -> datetime | None:
        """Execute every due order once; return when to look again (None: when rung)."""
        async with self._busy:
            found = await self._waiting()
            looks = [await self._run_guarded(waiting) for waiting in found]
            return min((look for look in looks if look is not None), default=None)

    async def _run_guarded(self, waiting: Waiting) -> datetime | None:
        """Run one ticket; what goes wrong with it must not hold up the others."""
        ticket_id = waiting.ticket.ticket_id
        try:
            return await self._run_ticket(waiting)
        except InvariantBroken as error:
            _LOG.exception("a rule of ours is broken: trading halts", ticket=ticket_id)
            await self._halt(ticket_id, error)
        except StaleState as error:
            _LOG.warning("ticket is tried again", ticket=ticket_id, error=str(error))
        except StorageError as error:
            await self._tell_unwritable(ticket_id, error)
        except TradingError as error:
            _LOG.warning("ticket is tried again", ticket=ticket_id, error=str(error))
        except Exception as error:  # noqa: BLE001 - a defect met on one ticket stops that one only
            _LOG.exception("defect", ticket=ticket_id)
            name = type(error).__name__
            key = f"defect:{ticket_id}:{name}"
            await self._alarms.ring("defect", key=key, ticket=ticket_id, error=name)
        return self._context.clock.now() + RETRY_AFTER

    async def _tell_unwritable(self, ticket_id: str, error: StorageError) -> None:
        """Say, once an hour, that what cannot be written down is not sent."""
        _LOG.error("the books cannot be written: not sent", ticket=ticket_id, error=str(error))
        hour = self._context.clock.now().strftime("%Y%m%d%H")
        key = f"unwritable:{hour}"
        await self._alarms.ring("unwritable", key=key, ticket=ticket_id, error=str(error))

    async def _halt(self, ticket_id: str, error: InvariantBroken) -> None:
        switch, reason = self._context.switch, f"{ticket_id}: {error}"
        try:
            await switch.set_state(TradingState.HALTED, actor="desk", reason=reason)
            if isinstance(error, LastHopBroken):
                await switch.trip(self._last_hop(reason), actor="desk")
        except TradingError as fault:
            # The rule is met again at the next look, and so is the switch.
            _LOG.error("the halt could not be stored", error=str(fault))
            key = f"defect:{ticket_id}:not halted"
            await self._alarms.ring("defect", key=key, ticket=ticket_id, error=str(error))
            return
        await self._alarms.ring("halted", ticket=ticket_id, error=str(error))

    def _last_hop(self, reason: str) -> Trip:
        """Return the breaker that only an owner puts back in."""
        now = self._context.clock.now()
        return Trip(
            breaker=Breaker.LAST_HOP,
            effect=TradingState.HALTED,
            at=now,
            until=None,
            reason=reason,
        )

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

    async def _waiting(self) -> list[Waiting]:
        """Read what waits. Nothing of ours is in flight here: what says so lost its answer."""
        async with self._context.books.reading() as tx:
            both = await tx.orders_in(WAITING_STATES | {OrderState.SUBMITTING})
            orders = [order for order in both if order.state in WAITING_STATES]
            tickets = {order.ticket_id: await tx.ticket(order.ticket_id) for order in orders}
        if len(orders) < len(both):
            await doubt_interrupted(self._context)
        found: list[Waiting] = []
        for ticket in tickets.values():
            if ticket is None:
                continue
            own = [order for order in orders if order.ticket_id == ticket.ticket_id]
            own.sort(key=lambda order: (order.envelope.side is Side.BUY, order.leg))
            found.append(Waiting(ticket, tuple(own)))
        return found

    async def _run_ticket(self, waiting: Waiting) -> datetime | None:
        """Run one ticket's legs in order; return when to come back if a leg was postponed.

        A leg that waits for something unread holds up the others only for a while: its sells pay
        for the buys.
        """
        settled = False
        looks: list[datetime] = []
        for order in waiting.orders:
            if self._stopping:
                return None
            if self._context.clock.now() > order.envelope.good_until:
                await self._expire(order)
                continue
            if order.envelope.side is Side.BUY and self._is_sell_held(waiting):
                break
            if not settled and order.envelope.side is Side.BUY:
                await self._let_sells_settle(waiting.ticket)
                settled = True
            result = await self._executor.execute(waiting.ticket, order)
            if isinstance(result, Fenced):
                self._stopping = True
                return None
            if isinstance(result, Postponed):
                looks.append(result.until)
                if not result.fault:
                    break
                await self._hold(order, result.fault)
                continue
            self._held.pop(order.order_id, None)
            if isinstance(result, Beyond):
                await self._offer_again(waiting.ticket, result)
        return min(looks, default=None)

    async def _hold(self, order: Order, fault: str) -> None:
        """Note since when the order waits, and tell people the first time."""
        if order.order_id not in self._held:
            self._held[order.order_id] = self._context.clock.now()
            await self._alarms.ring(
                "waiting", symbol=order.envelope.symbol, order=order.order_id, reason=fault
            )

    def _is_sell_held(self, waiting: Waiting) -> bool:
        """Whether a sell of this ticket waits, but not yet for too long."""
        patience = timedelta(seconds=self._context.policy.sells_settle_seconds)
        since = self._context.clock.now() - patience
        return any(
            order.envelope.side is Side.SELL
            and order.order_id in self._held
            and self._held[order.order_id] > since
            for order in waiting.orders
        )

    async def _let_sells_settle(self, ticket: Ticket) -> None:
        """Wait a bounded time for the ticket's sells to end: their proceeds pay for the buys."""
        if all(leg.envelope.side is Side.BUY for leg in ticket.legs):
            return
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
        self._held.pop(order.order_id, None)
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

    async def _offer_again(self, ticket: Ticket, beyond: Beyond) -> None:
        """Propose the leg anew and end it, in one transaction: no order is ended and forgotten.

        The ticket is invalidated if nothing of it was sent. Raises StaleState when the order was
        dropped meanwhile, or when what the new proposal needs could not be read: tried again.
        """

        async def along(tx: LedgerTransaction, offered: Ticket | Denied) -> None:
            await self._replace(tx, ticket, beyond, offered)

        offered = await self._presenter.propose(_again(ticket, beyond.order), along=along)
        _LOG.info("offered again", ticket=ticket.ticket_id, outcome=type(offered).__name__)
        self._context.publishing_bell.ring()

    async def _replace(
        self, tx: LedgerTransaction, ticket: Ticket, beyond: Beyond, offered: Ticket | Denied
    ) -> None:
        now, say = self._context.clock.now(), self._context.phrases.say
        by = ""
        if isinstance(offered, Denied):
            if any(item.rule in _UNREAD for item in offered.violations):
                raise StaleState("what a new proposal needs could not be read")
            words = explain(offered.violations, self._context.phrases, self._context.market)
            reason = say("orders.ticket_not_offered", reason=words)
        else:
            by = offered.ticket_id
            reason = say("orders.ticket_outside")
        blocked = with_state(beyond.order, OrderState.BLOCKED, beyond.reason)
        await move(tx, beyond.order, blocked, Step(at=now, actor="desk", facts={"by": by}))
        await tx.append_journal(
            JournalEntry(
                at=now,
                kind="ticket.offered_again",
                actor="desk",
                subject=ticket.ticket_id,
                facts={"by": by, "order": beyond.order.order_id},
            )
        )
        stored = await tx.ticket(ticket.ticket_id)
        orders = await tx.orders_of(ticket.ticket_id)
        approved = stored is not None and stored.state is TicketState.APPROVED
        if approved and all(item.state is OrderState.BLOCKED for item in orders):
            old, new = TicketState.APPROVED, TicketState.INVALIDATED
            await tx.move_ticket(ticket.ticket_id, old, new, reason)


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

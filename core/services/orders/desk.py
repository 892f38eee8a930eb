"""The order desk: what chat, cycle and tools call, and the loops that keep orders moving."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.orders import LIVE_STATES, WAITING_STATES, Order
from core.domain.tickets import TicketState
from core.ports.outbox import Outbox
from core.ports.surface import TicketSurface, TicketView
from core.ports.tasks import Supervisor
from core.services.orders.alarms import Alarms, Streak
from core.services.orders.announcing import Results
from core.services.orders.approving import Approver
from core.services.orders.cancelling import Canceller
from core.services.orders.closing import Deadlines
from core.services.orders.context import DeskContext
from core.services.orders.deciding import PersonalDecisions
from core.services.orders.execution import Executor
from core.services.orders.facts import FactReader
from core.services.orders.flattening import Flattener
from core.services.orders.gate import Gate
from core.services.orders.open_points import Resumption
from core.services.orders.outcomes import Outcomes
from core.services.orders.positions import Positions
from core.services.orders.presenting import Presenter
from core.services.orders.publishing import Publisher
from core.services.orders.reconciling import Reconciler
from core.services.orders.recovery import Recovery
from core.services.orders.reminding import Reminder
from core.services.orders.revising import Reviser
from core.services.orders.running import Runner
from core.services.orders.standing import waiting_exits
from core.services.orders.tracking import Tracker
from core.services.orders.usage import counted_today, used_today
from core.services.orders.values import Click, ClickOutcome
from core.services.orders.vanishing import Vanishing

DEADLINE_LOOK_SECONDS = 20.0
STOP_SECONDS = 10.0
BOOKS_LOOK_SECONDS = 3_600.0


class OrderDesk:
    """Built once by the wiring from a context and two surfaces."""

    def __init__(self, context: DeskContext, surface: TicketSurface, outbox: Outbox) -> None:
        """Compose the parts."""
        facts = FactReader(context)
        self._context = context
        self._facts = facts
        self._alarms = Alarms(context, outbox)
        self._presenter = Presenter(context, facts)
        self._approver = Approver(context, facts)
        self._canceller = Canceller(context)
        self._tracker = Tracker(context, self._alarms)
        self._publisher = Publisher(context, surface, self._alarms)
        self._deadlines = Deadlines(context, facts, self._canceller, self._tracker)
        self._reminder = Reminder(context, self._alarms)
        self._results = Results(context, self._alarms)
        executor = Executor(
            context, Gate(context, facts), Outcomes(context, self._alarms), self._tracker.merge
        )
        self._runner = Runner(context, executor, self._presenter, self._alarms)
        self._positions = Positions(context, self._alarms)
        self._recovery = Recovery(context, facts, self._tracker, self._positions, self._alarms)
        self.reconcile = Reconciler(
            context.broker, context.books, context.clock, context.costs
        ).compare
        self.resolve = PersonalDecisions(context, self._approver, self._tracker).resolve
        self.flattener = Flattener(context, self._presenter, self._approver, self._canceller)
        self.resumption = Resumption(context, self._approver, self.readiness)
        vanishing = Vanishing(context)
        self.waiting_messages, self.gone = vanishing.messages, vanishing.gone
        reviser = Reviser(context, self._presenter, self._approver)
        self.edit, self.toggle = reviser.edit, reviser.toggle
        self.preview = self._presenter.preview
        self.propose = self._presenter.propose
        self.approve = self._approver.approve
        self.override = self._approver.override
        self.approve_with_stop = self._approver.approve_with_stop
        self.approve_in_advance = self._approver.approve_in_advance
        self.standing_stops = self._approver.standing_stops
        self.decline = self._approver.decline
        self.view = self._publisher.view

    async def request_cancel(self, click: Click) -> ClickOutcome:
        """Cancel what still works of a ticket's orders, and drop what was not sent yet."""
        if not self._approver.is_allowed(click):
            return await self._approver.refuse(click, "cancel")
        async with self._context.ledger.transaction() as tx:
            orders = await tx.orders_of(click.ticket_id)
            if await tx.ticket(click.ticket_id) is None:
                return ClickOutcome.UNKNOWN_TICKET
        asked = False
        reason = self._context.phrases.say("orders.reason_cancelled_by", name=click.user_name)
        for order in orders:
            actor = str(click.user_id)
            asked = await self._canceller.end(order, actor=actor, reason=reason) or asked
        return ClickOutcome.CANCEL_REQUESTED if asked else ClickOutcome.NOTHING_TO_CANCEL

    async def revoke_stop(self, click: Click) -> ClickOutcome:
        """End what was approved in advance with a ticket, and drop a sale by it that still waits.

        What was sent already is not touched: its own ticket cancels it.
        """
        outcome = await self._approver.revoke_stop(click)
        if outcome is ClickOutcome.NOT_ALLOWED:
            return outcome
        async with self._context.ledger.transaction() as tx:
            waiting = await waiting_exits(tx, click.ticket_id)
        reason = self._context.phrases.say("orders.reason_stop_revoked", name=click.user_name)
        for order in waiting:
            if await self._canceller.drop(order, actor=str(click.user_id), reason=reason):
                outcome = ClickOutcome.STANDING_WITHDRAWN
        return outcome

    def readiness(self) -> str | None:
        """Return why trading is still off after the start, or None once it is on."""
        obstacle = self._recovery.obstacle
        return self._context.phrases.say(f"orders.not_ready_{obstacle}") if obstacle else None

    async def accept_difference(self, click: Click, symbol: Symbol) -> ClickOutcome:
        """Take the broker's number of shares of one symbol for ours; an owner decides."""
        if not self._approver.is_owner(click):
            return await self._approver.refuse(click, "accept_difference")
        return await self._positions.accept(click, symbol)

    async def close_out(self, day: date) -> tuple[Order, ...]:
        """End what the session left open, then compare positions and cash. Raises BrokerError."""
        ended = await self._deadlines.close_out(day)
        await self._positions.check()
        return ended

    async def orders_today(self) -> tuple[Order, ...]:
        """Return today's orders, oldest first."""
        today = self._context.clock.now().astimezone(KST).date()
        async with self._context.ledger.transaction() as tx:
            return await tx.orders_created_on(today)

    async def used_today(self) -> Mapping[str, int]:
        """Return how much of the day's limits is used (see `usage.used_today`)."""
        return await used_today(self._context, self._facts)

    async def counted_today(self) -> Mapping[str, int]:
        """Return the same without asking the broker (see `usage.counted_today`)."""
        return await counted_today(self._context, self._facts)

    async def open_orders(self) -> tuple[Order, ...]:
        """Return approved orders that have not ended."""
        async with self._context.ledger.transaction() as tx:
            return await tx.orders_in(WAITING_STATES | LIVE_STATES)

    async def has_live(self, channel_id: int) -> bool:
        """Whether a ticket or order shown in this channel has not ended."""
        async with self._context.ledger.transaction() as tx:
            shown = await tx.tickets_in({TicketState.PRESENTED, TicketState.APPROVED})
            for ticket in shown:
                if ticket.channel_id != channel_id:
                    continue
                if ticket.state is TicketState.PRESENTED:
                    return True
                orders = await tx.orders_of(ticket.ticket_id)
                if any(order.state in WAITING_STATES | LIVE_STATES for order in orders):
                    return True
        return False

    async def shown_in(self, channel_id: int) -> tuple[TicketView, ...]:
        """Return every ticket shown in this channel or thread, oldest first."""
        async with self._context.books.reading() as tx:
            names = await tx.tickets_shown_in(channel_id)
        views = [await self._publisher.view(name) for name in names]
        return tuple(view for view in views if view is not None)

    async def ticket_of(self, order_id: str) -> TicketView | None:
        """Return the view of the ticket an order belongs to."""
        return await self._publisher.view(order_id.rpartition("-")[0])

    async def start(self, supervisor: Supervisor) -> None:
        """Recover first, then start the loops; nothing is sent before the recovery is clean."""
        supervisor.start("publisher", self._publisher.run())
        supervisor.start("alarms", self._alarms.run())
        await self._recovery.run()
        supervisor.start("runner", self._runner.run())
        supervisor.start("tracker", self._track())
        supervisor.start("deadlines", self._watch_deadlines())
        supervisor.start("books", self._watch_books())

    async def stop(self) -> None:
        """Take nothing new and let the order in hand end, in bounded time."""
        await self._runner.stop(STOP_SECONDS)

    async def _track(self) -> None:
        context = self._context
        streak = Streak(context, self._alarms, "tracking")
        while True:
            await self._alarms.look_safely()
            try:
                await self._tracker.poll()
                await streak.worked()
                again = await self._tracker.next_look()
            except Exception as error:  # noqa: BLE001 - live orders must go on being followed
                await streak.failed(error)
                again = context.clock.now() + timedelta(seconds=context.policy.poll_seconds)
            if again is None:
                await context.tracking_bell.wait()
            else:
                await context.tracking_bell.wait_until(context.clock, again)

    async def _watch_books(self) -> None:
        comparing = Streak(self._context, self._alarms, "comparing")
        while True:
            await self._context.clock.sleep(BOOKS_LOOK_SECONDS)
            try:
                await self._positions.check()
                await comparing.worked()
            except Exception as error:  # noqa: BLE001 - the books must go on being compared
                await comparing.failed(error)

    def wake(self) -> None:
        """Look at everything once more.

        A process that was replaced while it stood still stores its last press and rings its own
        bells; here nobody heard them.
        """
        context = self._context
        for bell in (context.execution_bell, context.publishing_bell, context.tracking_bell):
            bell.ring()

    async def _watch_deadlines(self) -> None:
        expiring = Streak(self._context, self._alarms, "expiring")
        cancelling = Streak(self._context, self._alarms, "cancelling")
        reminding = Streak(self._context, self._alarms, "reminding")
        while True:
            try:
                await self._deadlines.expire_tickets()
                await expiring.worked()
            except Exception as error:  # noqa: BLE001 - deadlines must go on being kept
                await expiring.failed(error)
            try:
                await self._deadlines.cancel_overdue_orders()
                await cancelling.worked()
            except Exception as error:  # noqa: BLE001 - as above
                await cancelling.failed(error)
            try:
                await self._reminder.look()
                await self._results.look()
                await reminding.worked()
            except Exception as error:  # noqa: BLE001 - as above
                await reminding.failed(error)
            await self._context.clock.sleep(DEADLINE_LOOK_SECONDS)
            self.wake()

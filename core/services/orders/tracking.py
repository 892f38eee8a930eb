"""Reads the broker's own list, again and again, and merges it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog

from core.domain.breakers import CLOCK_TOLD, FAR_READS
from core.domain.krx import KST
from core.domain.orders import LIVE_STATES, Order, OrderHistory, OrderState
from core.errors import BrokerError
from core.ports.ledger import LedgerTransaction
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext
from core.services.orders.externals import Externals
from core.services.orders.merging import Merger
from core.services.orders.resolving import DayList, Resolver

_LOG = structlog.get_logger(__name__)
# When an order without an answer is looked for, counted from the doubt; then every 30 seconds.
LOOKS_SECONDS = (1, 2, 4, 8, 15, 30)
LATER_LOOKS = timedelta(seconds=30)


class Tracker:
    """Follows live orders until they end."""

    def __init__(self, context: DeskContext, alarms: Alarms) -> None:
        """Compose the parts."""
        self._context = context
        self._alarms = alarms
        self._merger = Merger(context, alarms)
        self._resolver = Resolver(context, self._merger)
        self._externals = Externals(context, alarms)
        self._far_reads = 0
        self.adopt = self._merger.adopt

    async def poll(self) -> bool:
        """Read and merge once; return whether live orders remain. Raises BrokerError.

        A session that cannot be read does not keep the others from being read.
        """
        fault: BrokerError | None = None
        for session in sorted(await self.live_sessions()):
            try:
                history = await self._context.broker.order_history(session)
            except BrokerError as error:
                fault = error
                continue
            await self.merge(history)
        if fault is not None:
            raise fault
        return bool(await self.live_sessions())

    async def live_sessions(self) -> frozenset[date]:
        """Return the session days of orders that have not ended.

        What a person voided today may still appear: today is read on until its session is over.
        """
        async with self._context.ledger.transaction() as tx:
            live = await tx.orders_in(LIVE_STATES)
            sessions = {await session_of(tx, order) for order in live}
            if await self._is_watched(tx):
                sessions.add(self._today())
        return frozenset(sessions)

    async def next_look(self) -> datetime | None:
        """Return when to read again: soon after a doubt began, then less often; None for never.

        Orders that work are read at the pace of the policy.
        """
        now = self._context.clock.now()
        async with self._context.ledger.transaction() as tx:
            live = await tx.orders_in(LIVE_STATES)
            watched = await self._is_watched(tx)
        looks = [now + LATER_LOOKS] if watched else []
        for order in live:
            if order.state is OrderState.UNKNOWN and order.ref is None:
                looks.append(_look_after(order.updated_at, now))
            else:
                looks.append(now + timedelta(seconds=self._context.policy.poll_seconds))
        return min(looks, default=None)

    async def _is_watched(self, tx: LedgerTransaction) -> bool:
        hours = self._context.calendar.known_hours(self._today())
        if hours is None or self._context.clock.now() >= hours.closes:
            return False
        armed = await tx.armed_terms_on(self._today())
        return any(item.state is OrderState.VOID for item in armed)

    async def merge(self, history: OrderHistory) -> None:
        """Apply one complete read to every order of its day, and import what is not ours."""
        await self._look_at_clock(history)
        rows = {row.ref.number: row for row in history.orders if not row.is_cancel_row}
        async with self._context.ledger.transaction() as tx:
            known = {item.row.ref.number: item for item in await tx.externals_on(history.day)}
            for order, _ in await tx.armed_on(history.day):
                row = rows.get(order.ref.number) if order.ref else None
                if row is not None:
                    await self._merger.merge(tx, order, row)
            day = DayList(
                history=history,
                # Read after the merge: an order that lost its number there may own another row.
                armed=await tx.armed_on(history.day),
                others=frozenset(known),
            )
            ours = await self._resolver.resolve(tx, day)
            await self._externals.merge(tx, history, ours, known)
        self._context.publishing_bell.ring()

    async def _look_at_clock(self, history: OrderHistory) -> None:
        """Tell people once that this computer's clock and the broker's have drifted apart."""
        ahead = history.server_ahead
        if ahead is None:
            return
        self._far_reads = self._far_reads + 1 if abs(ahead) > CLOCK_TOLD else 0
        if self._far_reads == FAR_READS:
            _LOG.error("clock differs from the broker's", seconds=ahead.total_seconds())
            await self._alarms.ring("clock", seconds=round(abs(ahead).total_seconds()))

    def _today(self) -> date:
        return self._context.clock.now().astimezone(KST).date()


async def session_of(tx: LedgerTransaction, order: Order) -> date:
    """Return the day whose order list shows `order`."""
    attempt = await tx.attempt_of(order.order_id)
    return attempt.session if attempt else order.created_at.astimezone(KST).date()


async def claimed_on(tx: LedgerTransaction, session: date) -> frozenset[str]:
    """Return the broker numbers that belong to orders of ours."""
    armed = await tx.armed_terms_on(session)
    return frozenset(item.number for item in armed if item.number is not None)


def _look_after(since: datetime, now: datetime) -> datetime:
    """Return the next look at an order whose doubt began at `since`."""
    instants = (since + timedelta(seconds=seconds) for seconds in LOOKS_SECONDS)
    return next((instant for instant in instants if instant > now), now + LATER_LOOKS)

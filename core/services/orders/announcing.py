"""Tells once what became of a ticket's orders, when all of them have ended.

The ticket's own message says it too, but an edited message calls nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from core.domain.krx import KST
from core.domain.notices import KEY_OF, NoticeKind
from core.domain.orders import END_STATES, Order
from core.domain.tickets import Ticket
from core.ports.ledger import LedgerTransaction
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext

# No holidays of the exchange last longer.
DAYS_BACK_MAX = 12


class Results:
    """Looks for tickets of this session and the one before whose orders have all ended."""

    def __init__(self, context: DeskContext, alarms: Alarms) -> None:
        """Keep the ports."""
        self._context = context
        self._alarms = alarms
        # Tickets that are known to be told: they need not be written at every look.
        self._told: set[str] = set()
        self._day: date | None = None
        self._earlier: set[str] = set()

    async def look(self) -> None:
        """Tell of what has ended and was not told. What an order's end reopens is an incident."""
        ended: set[str] = set()
        async with self._context.ledger.transaction() as tx:
            names = await self._names(tx)
            self._told &= names
            for name in sorted(names - self._told):
                ticket, orders = await tx.ticket(name), await tx.orders_of(name)
                # Without a message there is nothing to lead to yet.
                if ticket is None or ticket.message_id is None:
                    continue
                if any(order.state not in END_STATES for order in orders):
                    continue
                # The key leads to the message, which is another one where somebody deleted the
                # first: what is told once is the ticket's.
                begins, ends = KEY_OF[NoticeKind.RESULT], f":{name}"
                if await tx.was_told(begins, ends):
                    ended.add(name)
                    continue
                key = f"{begins}{ticket.channel_id}:{ticket.message_id}{ends}"
                lines = [self._line(ticket, order) for order in orders]
                what = lines[0] if len(lines) == 1 else self._counts(orders)
                await self._alarms.tell(
                    tx, key, "result", ticket=name, what=what, orders="\n".join(lines)
                )
                ended.add(name)
        # After the commit: what was not stored was not told.
        self._told |= ended

    async def _names(self, tx: LedgerTransaction) -> set[str]:
        """Return the tickets with orders of today and of the session before.

        What was in doubt, or ended while nobody ran, becomes known on the next morning only. Of a
        day that is over no more are made, so it is read once.
        """
        today = self._context.clock.now().astimezone(KST).date()
        if self._day != today:
            back = (today - timedelta(days=number) for number in range(1, DAYS_BACK_MAX + 1))
            known = self._context.calendar.known_hours
            before = next((day for day in back if known(day) is not None), None)
            orders = [] if before is None else await tx.orders_created_on(before)
            self._earlier, self._day = {order.ticket_id for order in orders}, today
        return self._earlier | {order.ticket_id for order in await tx.orders_created_on(today)}

    def _counts(self, orders: Sequence[Order]) -> str:
        """Return how many ended how, the most frequent end first."""
        states = Counter(self._state(order) for order in orders)
        say = self._context.phrases.say
        return " · ".join(
            say("orders.result_count", state=state, count=count)
            for state, count in states.most_common()
        )

    def _line(self, ticket: Ticket, order: Order) -> str:
        say = self._context.phrases.say
        name = next(leg.name for leg in ticket.legs if leg.number == order.leg)
        return say(
            "orders.result_order",
            side=say(f"orders.side_{order.envelope.side.value.lower()}"),
            name=name,
            state=self._state(order),
            filled=order.filled,
            total=order.request.quantity if order.request else order.envelope.quantity_max,
        )

    def _state(self, order: Order) -> str:
        return self._context.phrases.say(f"embeds.state_{order.state.value.lower()}")

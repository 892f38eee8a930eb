"""What must hold between our books and the broker, whatever was done: seen from outside.

The witness knows of every post which order it was for, what the books said at that moment, and
which row the broker made of it. It shares no rule with the application.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from core.domain.orders import BrokerOrder, Order, OrderRequest, OrderState, Side, SubmitOutcome
from core.domain.tickets import TicketState
from tests.fakes.desk_kit import GUILD, OWNER, Kit
from tests.fakes.scripted_broker import ScriptedBroker

S = OrderState
# The broker has not taken it: nobody may say so while its row is to be seen. (VOID is said at
# the end of the day about what no read showed, and taken back when it shows.)
NEVER_THERE = frozenset({S.NOT_SENT, S.REJECTED, S.BLOCKED, S.EXPIRED})
IN_DOUBT = frozenset({S.SUBMITTING, S.UNKNOWN, S.OPERATOR_HOLD})
APPROVERS = frozenset({OWNER})


@dataclass
class Post:
    """One order that reached the broker's door."""

    order_id: str
    request: OrderRequest
    number: str = ""


class WatchedBroker(ScriptedBroker):
    """Tells the witness of every post before and after it is answered."""

    witness: Witness

    async def place_order(self, request: OrderRequest) -> SubmitOutcome:
        before = len(self.rows)
        post = await self.witness.posted(request)
        try:
            return await super().place_order(request)
        finally:
            if len(self.rows) > before:
                post.number = self.rows[before].ref.number


@dataclass
class Witness:
    """Collects faults; `look` compares everything once."""

    kit: Kit
    posts: list[Post] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    presses: dict[int, tuple[int, int | None]] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    states: set[OrderState] = field(default_factory=set)
    judged: dict[str, Order] = field(default_factory=dict)

    def say(self, text: str) -> None:
        self.faults.append(text)

    async def posted(self, request: OrderRequest) -> Post:
        """Judge one post at the moment it is made: the books must say SUBMITTING already."""
        async with self.kit.ledger.transaction() as tx:
            sending = [o for o in await tx.orders_in({S.SUBMITTING}) if o.request == request]
            unsent = [o for o in sending if o.order_id not in {p.order_id for p in self.posts}]
            attempt = await tx.attempt_of(unsent[0].order_id) if unsent else None
        if len(unsent) != 1 or attempt is None:
            self.say(f"posted {request.signature} without a stored attempt")
            return self._noted(Post("?", request))
        order = unsent[0]
        if order.envelope.violation(request, self.kit.clock.now()) is not None:
            self.say(f"{order.order_id} left its envelope: {request.signature}")
        await self._judge_switch(request)
        return self._noted(Post(order.order_id, request))

    def _noted(self, post: Post) -> Post:
        self.posts.append(post)
        return post

    async def _judge_switch(self, request: OrderRequest) -> None:
        state = (await self.kit.switch.state()).value
        if state == "HALTED" or (state == "REDUCE_ONLY" and request.side is Side.BUY):
            self.say(f"posted {request.signature} while {state}")

    async def look(self) -> list[str]:
        """Compare books, posts and the broker's rows; return what is wrong by now."""
        orders = {order.order_id: order for order in await self.kit.orders()}
        changed = {key: o for key, o in orders.items() if self.judged.get(key) != o}
        self.states |= {order.state for order in changed.values()}
        await self._approvals(changed)
        await self._fills(changed)
        self.judged = orders
        self._once(orders)
        self._ends(orders)
        return self.faults

    def _once(self, orders: dict[str, Order]) -> None:
        for order_id, count in Counter(post.order_id for post in self.posts).items():
            if count > 1:
                self.say(f"{order_id} was posted {count} times")
        named = Counter(order.ref.number for order in orders.values() if order.ref)
        self.faults += [f"two orders name {number}" for number, n in named.items() if n > 1]
        made = {post.order_id: post.number for post in self.posts}
        for order in orders.values():
            if order.ref is not None and made.get(order.order_id) != order.ref.number:
                self.say(f"{order.order_id} took {order.ref.number}, which is not its own")

    def _ends(self, orders: dict[str, Order]) -> None:
        shown = {row.ref.number for row in self.kit.broker.rows} - self.kit.broker.hidden
        for post in self.posts:
            order = orders.get(post.order_id)
            if order is None:
                self.say(f"{post.order_id} was posted and is in no book")
            elif post.number in shown and order.state in NEVER_THERE and order.ref is None:
                self.say(f"{order.order_id} {order.state.value}, but {post.number} exists")
        for order in orders.values():
            if order.state in {S.WORKING, S.PARTIAL, S.FILLED} and order.ref is None:
                self.say(f"{order.order_id} is {order.state.value} without a number")

    async def _fills(self, orders: dict[str, Order]) -> None:
        async with self.kit.ledger.transaction() as tx:
            for order in orders.values():
                fills = await tx.fills_of(order.order_id) if order.filled else ()
                if sum(item.quantity for item in fills) != order.filled:
                    self.say(f"{order.order_id}: its fills are not its cumulative quantity")
        for order in orders.values():
            if order.filled < self.filled[order.order_id]:
                self.say(f"{order.order_id}: filled fell to {order.filled}")
            self.filled[order.order_id] = order.filled
            row = self._row(order)
            if row is not None and order.filled > row.filled:
                self.say(f"{order.order_id}: {order.filled} filled, the broker says {row.filled}")

    def _row(self, order: Order) -> BrokerOrder | None:
        number = order.ref.number if order.ref else ""
        return next((row for row in self.kit.broker.rows if row.ref.number == number), None)

    async def _approvals(self, orders: dict[str, Order]) -> None:
        async with self.kit.ledger.transaction() as tx:
            for order in orders.values():
                ticket = await tx.ticket(order.ticket_id)
                approval = await tx.approval_of(order.ticket_id)
                if ticket is None or approval is None:
                    self.say(f"{order.order_id} has no approval")
                    continue
                press = self.presses.get(approval.interaction_id)
                right = (
                    press == (OWNER, GUILD)
                    and approval.payload_hash == ticket.hashed()
                    and approval.clicked_at <= ticket.expires_at
                )
                if not right:
                    self.say(f"{order.order_id}: approved wrongly by {press}")
                if ticket.state is TicketState.PRESENTED:
                    self.say(f"{order.order_id} exists for a ticket that nobody decided")

    def settled(self, orders: tuple[Order, ...]) -> list[str]:
        """Return what is still lost after everything was shown and read again and again."""
        lost = []
        known = {order.order_id: order for order in orders}
        for post in self.posts:
            order = known.get(post.order_id)
            if order is None or not post.number:
                continue
            row = next(row for row in self.kit.broker.rows if row.ref.number == post.number)
            if order.ref is None and order.state not in IN_DOUBT:
                lost.append(f"{post.number} is lost: its order says {order.state.value}")
            elif order.ref is not None and order.filled != row.filled:
                lost.append(f"{order.order_id}: {order.filled} filled, the broker {row.filled}")
        return lost

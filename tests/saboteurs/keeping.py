"""Defects of what is stored, paced and said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.domain.orders import OrderState
from core.errors import TradingError
from core.runtime import rate_limiter
from core.runtime.rate_limiter import RateLimiter
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore
from core.services.orders.publishing import Publisher
from storage import ledger_journal
from storage.ledger import SqlLedgerTransaction
from storage.ledger_journal import JournalRows
from tests.saboteurs.saboteur import Swap, saboteur

S = OrderState


@saboteur
def journal_line_skipped():
    """Writes no line for an order that works."""
    append = JournalRows.append_journal

    async def append_journal(self, entry):
        if entry.kind != "order.working":
            await append(self, entry)

    return [Swap(JournalRows, "append_journal", append_journal)]


@saboteur
def hash_not_chained():
    """Hashes each line by itself."""
    import hashlib

    def chained(_previous, line):
        return hashlib.sha256(line.encode()).hexdigest()

    return [Swap(ledger_journal, "chained", chained)]


@saboteur
def journal_without_actor():
    """Does not write down who did it."""
    append = JournalRows.append_journal

    async def append_journal(self, entry):
        await append(self, replace(entry, actor=""))

    return [Swap(JournalRows, "append_journal", append_journal)]


@saboteur
def state_is_written_without_a_move():
    """Stores a fill directly, past the table and the journal."""
    from core.services.orders import merging

    async def move(tx, old, new, step, **_values):
        await tx.save_order(new, expected=old.state)
        return new

    return [Swap(merging, "move", move)]


@saboteur
def token_asked_at_every_start():
    """Keeps neither the token nor when it was asked for."""

    def nothing(self, *_args):
        return None

    return [
        Swap(FileTokenStore, name, nothing) for name in ("load", "save", "last_issue", "note_issue")
    ]


@saboteur
def token_asked_in_no_time():
    """Does not wait a minute before it asks for another token."""

    def earliest(self):
        return self._clock.now()

    return [Swap(TokenCache, "_earliest_issue", earliest)]


@saboteur
def slot_is_free_too_early():
    """Gives a request's slot back as soon as it is sent."""
    return [Swap(rate_limiter, "WINDOW", timedelta(0))]


@saboteur
def limiter_ignored():
    """Sends requests as fast as they come."""

    async def wait_turn(self, waiter, until):
        for bucket in waiter.buckets:
            bucket.out += 1
        self._leave(waiter)
        waiter.departed = self._clock.now()

    return [Swap(RateLimiter, "_wait_turn", wait_turn), Swap(RateLimiter, "_leave", _leave)]


def _leave(self, waiter):
    if waiter in self._queue:
        self._queue.remove(waiter)


_view = Publisher.view


def _seen_as(change):
    async def view(self, ticket_id):
        found = await _view(self, ticket_id)
        return None if found is None else change(found)

    return [Swap(Publisher, "view", view)]


@saboteur
def accepted_is_shown_as_filled():
    """Shows 체결 where the broker said 접수."""

    def change(view):
        return replace(view, orders=tuple(_filled(order) for order in view.orders))

    return _seen_as(change)


def _filled(order):
    if order.state is not S.WORKING:
        return order
    return replace(order, state=S.FILLED, filled=order.request.quantity)


@saboteur
def doubt_is_shown_as_refused():
    """Shows an order that nobody can prove as refused."""

    def change(view):
        return replace(
            view,
            orders=tuple(
                replace(order, state=S.REJECTED) if order.state is S.UNKNOWN else order
                for order in view.orders
            ),
        )

    return _seen_as(change)


@saboteur
def other_quantity_is_shown():
    """Shows one share more than is stored."""

    def change(view):
        legs = tuple(
            replace(leg, envelope=replace(leg.envelope, quantity_max=leg.envelope.quantity_max + 1))
            for leg in view.ticket.legs
        )
        return replace(view, ticket=replace(view.ticket, legs=legs))

    return _seen_as(change)


@saboteur
def failed_message_counts_as_shown():
    """Notes a message as delivered although it was not."""

    async def publish(self, ticket_id):
        view = await self.view(ticket_id)
        channel, message = 70, (view.ticket.message_id if view else 0) or 0
        try:
            channel, message = await self._surface.show_ticket(view)
        except TradingError:
            if not message:
                return False
        async with self._context.ledger.transaction() as tx:
            await tx.mark_published(ticket_id, view.ticket.version, channel, message)
        return True

    return [Swap(Publisher, "_publish", publish)]


@saboteur
def changes_are_not_shown():
    """Changes an order without raising the version of its ticket."""
    from sqlalchemy import update

    from storage.records import order_values
    from storage.schema import orders

    async def save_order(self, order, expected):
        values = order_values(order)
        await self._sql.changed(
            update(orders)
            .where(orders.c.order_id == values.pop("order_id"), orders.c.state == expected)
            .values(**values)
        )

    return [Swap(SqlLedgerTransaction, "save_order", save_order)]


@saboteur
def gated_is_skipped():
    """Stores SUBMITTING without the gate's verdict before it, and lets the table allow it."""
    from core.domain import orders
    from core.services.orders.arming import Armer

    async def gated(self, tx, order, ready, now):
        return replace(order, request=ready.request)

    loose = orders.TRANSITIONS[S.CREATED] | {S.SUBMITTING}
    table = {**orders.TRANSITIONS, S.CREATED: loose}
    return [Swap(Armer, "_gated", gated), Swap(orders, "TRANSITIONS", table)]

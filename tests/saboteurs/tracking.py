"""Defects in reading the broker's list, recognising, cancelling, recovering."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from brokers.kis import pages
from brokers.wire.fields import read_rows
from core.domain.money import Shares
from core.domain.orders import END_STATES, BrokerOrder, OrderHistory, OrderState
from core.errors import BrokerError
from core.runtime.broker_session import BrokerSession
from core.services.orders import closing, recovery, resolving, running
from core.services.orders.alarms import Alarms
from core.services.orders.cancelling import Canceller
from core.services.orders.execution import Executor
from core.services.orders.merging import Merger
from core.services.orders.recovery import Recovery
from core.services.orders.resolving import Resolver
from core.services.orders.tracking import Tracker
from core.services.orders.transitions import Step, move, with_state
from storage.ledger import SqlLedgerTransaction
from tests.saboteurs.saboteur import Swap, saboteur

S = OrderState
_apply, _judge, _may_be = Merger.apply, Resolver._judge, resolving._may_be


@saboteur
def first_page_only():
    """Reads one page of a list and believes that it is all."""
    from brokers.kis import broker

    async def read_all(wire, endpoint, token, params, next_request):
        cursor = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}
        answer = await wire.get(endpoint, token, {**params, **cursor})
        rows = read_rows(answer.body, "output1", endpoint.name)
        return pages.Listing(tuple(rows), answer.body)

    return [Swap(pages, "read_all", read_all), Swap(broker, "read_all", read_all)]


@saboteur
def not_found_is_never_placed():
    """Voids an order that one read does not show."""

    async def judge(self, tx, order, rows, day):
        if rows:
            return await _judge(self, tx, order, rows, day)
        return await move(tx, order, with_state(order, S.VOID, "?"), self._step(rows))

    return [Swap(Resolver, "_judge", judge)]


@saboteur
def adopts_on_one_sighting():
    """Adopts what one single read shows."""
    return [Swap(resolving, "SIGHTINGS_NEEDED", 1)]


@saboteur
def adopts_on_a_shared_account():
    """Adopts by signature although others trade in the account."""

    async def judge(self, tx, order, rows, day):
        seen = self._count(order, rows)
        if len(rows) == 1 and seen >= 2:
            await self._merger.adopt(tx, order, rows[0], self._step(rows))

    return [Swap(Resolver, "_judge", judge)]


def _recognises(loosely):
    return [Swap(resolving, "_may_be", loosely)]


def alike(row, attempt):
    """Return `row` with the terms and the time of the attempt, if it is on the same symbol and side."""
    symbol, side, quantity, price = attempt.signature.split(":")
    if (row.symbol, row.side.value) != (symbol, side):
        return row
    placed = attempt.armed_at + attempt.server_ahead
    return replace(row, ordered=int(quantity), price_won=int(price), placed_at=placed)


def loosely(row, attempt, claimed):
    """Recognise by symbol and side: only the known numbers stand between us and a stranger's row."""
    return _may_be(alike(row, attempt), attempt, claimed)


@saboteur
def known_numbers_ignored():
    """Takes a row that was on the list before the arm for the order."""

    def may_be(row, attempt, claimed):
        return loosely(row, replace(attempt, known_numbers=frozenset()), claimed)

    return _recognises(may_be)


@saboteur
def baseline_skipped():
    """Sends without having read which orders are there already."""

    async def baseline(self):
        now = self._context.clock.now()
        return OrderHistory(day=now.date(), read_at=now, orders=())

    return [Swap(Executor, "_baseline", baseline), *_recognises(loosely)]


@saboteur
def page_error_is_an_empty_list():
    """Takes an order list that could not be read for an empty one."""
    read = BrokerSession.order_history

    async def order_history(self, day):
        try:
            return await read(self, day)
        except BrokerError:
            return OrderHistory(day=day, read_at=self._clock.now(), orders=())

    return [Swap(BrokerSession, "order_history", order_history), *_recognises(loosely)]


@saboteur
def first_of_two_is_adopted():
    """Takes the first of several rows that could be the order, whoever trades there."""

    async def judge(self, tx, order, rows, day):
        if rows and self._count(order, rows[:1]) >= 2:
            await self._merger.adopt(tx, order, rows[0], self._step(rows))

    return [Swap(Resolver, "_judge", judge)]


@saboteur
def price_is_no_part_of_the_signature():
    """Recognises an order by symbol and side alone."""

    def may_be(row, attempt, claimed):
        symbol, side = attempt.signature.split(":")[:2]
        alike = (row.symbol, row.side.value) == (symbol, side)
        quantity, price = attempt.signature.split(":")[2:]
        same = replace(row, ordered=int(quantity), price_won=int(price)) if alike else row
        return _may_be(same, attempt, claimed)

    return _recognises(may_be)


@saboteur
def fills_counted_twice():
    """Books the cumulative quantity as if it were new each time."""
    note = Merger._note_fill

    async def note_fill(self, tx, order, row):
        await note(self, tx, replace(order, filled=0, average_price_won=None), row)

    return [Swap(Merger, "_note_fill", note_fill)]


@saboteur
def fills_not_booked():
    """Raises the quantity of an order without a fill in the books."""

    async def note_fill(self, tx, order, row):
        """Book nothing."""

    return [Swap(Merger, "_note_fill", note_fill)]


@saboteur
def quantity_may_fall():
    """Believes a list that shows less filled than before."""

    async def apply(self, tx, order, row):
        if row.filled < order.filled and order.state in {S.WORKING, S.PARTIAL, S.FILLED}:
            await tx.save_order(replace(order, filled=row.filled), expected=order.state)
            return
        await _apply(self, tx, order, row)

    return [Swap(Merger, "apply", apply)]


@saboteur
def first_fill_is_all():
    """Takes a partial fill for the whole."""

    async def apply(self, tx, order, row):
        if 0 < row.filled < row.ordered:
            row = replace(row, filled=row.ordered, remaining=0)
        await _apply(self, tx, order, row)

    return [Swap(Merger, "apply", apply)]


@saboteur
def ordered_is_filled():
    """Reads the ordered quantity where the filled one stands."""

    async def apply(self, tx, order, row):
        whole = replace(row, filled=row.ordered, remaining=0, average_price_won=row.price_won)
        await _apply(self, tx, order, whole)

    return [Swap(Merger, "apply", apply)]


@saboteur
def fills_are_never_read():
    """Merges nothing into orders that are known."""

    async def apply(self, tx, order, row):
        """Merge nothing."""

    return [Swap(Merger, "apply", apply)]


@saboteur
def late_fills_are_ignored():
    """Does not look at orders that have ended."""

    async def apply(self, tx, order, row):
        if order.state not in END_STATES:
            await _apply(self, tx, order, row)

    return [Swap(Merger, "apply", apply)]


@saboteur
def refused_remainder_is_working():
    """Does not see that the exchange refused what it had accepted."""
    state = BrokerOrder.state

    def shown(self):
        found = state(self)
        return S.WORKING if found is S.REJECTED else found

    return [Swap(BrokerOrder, "state", shown)]


@saboteur
def cancel_is_cancelled():
    """Says CANCELLED as soon as the broker took the request."""
    cancel = Canceller.cancel

    async def cancelled(self, order, *, actor, reason):
        asked = await cancel(self, order, actor=actor, reason=reason)
        async with self._context.ledger.transaction() as tx:
            current = await tx.order(order.order_id)
            if asked and current.state is S.CANCEL_PENDING:
                state = S.PARTIAL_CANCELLED if current.filled else S.CANCELLED
                step = Step(at=self._context.clock.now(), actor=actor, facts={})
                await move(tx, current, with_state(current, state, reason), step)
        return asked

    return [Swap(Canceller, "cancel", cancelled)]


@saboteur
def cancel_is_never_asked():
    """Stores CANCEL_PENDING and tells the broker nothing."""
    from core.domain.orders import Unresolved

    async def ask(self, ref):
        return Unresolved(reason="?")

    return [Swap(Canceller, "_ask", ask)]


@saboteur
def cancel_pending_is_never_asked_again():
    """Forgets a cancel whose answer was lost."""
    return [Swap(closing, "ASK_AGAIN_AFTER", timedelta(days=9))]


def _interrupted(how):
    return [
        Swap(recovery, "doubt_interrupted", how),
        Swap(running, "doubt_interrupted", how),
    ]


@saboteur
def interrupted_is_not_sent():
    """Says after a crash that what was being sent never left."""

    async def doubt(context):
        step = Step(at=context.clock.now(), actor="recovery", facts={})
        async with context.ledger.transaction() as tx:
            for order in await tx.orders_in({S.SUBMITTING}):
                await move(tx, order, with_state(order, S.NOT_SENT, "?"), step)

    return _interrupted(doubt)


@saboteur
def interrupted_goes_again():
    """Sends after a crash what was being sent, and drops the UNIQUE that forbids it."""
    insert = SqlLedgerTransaction.insert_attempt

    async def doubt(context):
        async with context.ledger.transaction() as tx:
            for order in await tx.orders_in({S.SUBMITTING}):
                await tx.save_order(with_state(order, S.CREATED, ""), expected=S.SUBMITTING)

    async def insert_attempt(self, attempt):
        await insert(self, attempt)
        return True

    return [
        *_interrupted(doubt),
        Swap(SqlLedgerTransaction, "insert_attempt", insert_attempt),
    ]


@saboteur
def recovery_skipped():
    """Starts to trade without having looked at what was left behind."""

    async def nothing(context):
        """Doubt nobody."""

    async def run(self):
        """Read nothing."""

    return [*_interrupted(nothing), Swap(Recovery, "run", run)]


@saboteur
def tracker_sleeps():
    """Never reads the list of a live order again."""

    async def poll(self):
        return False

    return [Swap(Tracker, "poll", poll)]


@saboteur
def nobody_is_told_of_a_doubt():
    """Rings no alarm for an order that nobody can prove."""

    async def look(self):
        """Tell nobody."""

    return [Swap(Alarms, "look", look)]


@saboteur
def one_share_less_is_booked():
    """Books each fill one share short."""
    insert = SqlLedgerTransaction.insert_fill

    async def insert_fill(self, fill):
        if fill.quantity == 1:
            return True
        return await insert(self, replace(fill, quantity=Shares(fill.quantity - 1)))

    return [Swap(SqlLedgerTransaction, "insert_fill", insert_fill)]

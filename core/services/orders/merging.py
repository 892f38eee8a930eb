"""Merges one row of the broker's list into one order: cumulative quantities are the truth."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal

import structlog

from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.money import Shares, Won, round_won
from core.domain.orders import (
    END_STATES,
    LIVE_STATES,
    BrokerOrder,
    FillObservation,
    Order,
    OrderState,
    may_move,
    may_reopen,
)
from core.ports.ledger import LedgerTransaction
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext
from core.services.orders.reserving import reservation_for
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)


class Merger:
    """Applies rows to orders, monotonically."""

    def __init__(self, context: DeskContext, alarms: Alarms) -> None:
        """Keep the ports."""
        self._context = context
        self._alarms = alarms

    async def merge(self, tx: LedgerTransaction, order: Order, row: BrokerOrder) -> None:
        """Apply the row that bears the order's number, unless it is plainly another order's.

        A post can be answered with a number that the broker gave to somebody else moments before.
        What that order trades is never told as ours: ours is in doubt until the list shows it.
        """
        if _is_of(order, row):
            await self.apply(tx, order, row)
            return
        await self.incident(tx, order, "the number is another order's", row, name="other")
        if order.state is OrderState.WORKING:
            reason = self._context.phrases.say("orders.reason_number_taken", number=row.ref.number)
            doubted = with_state(replace(order, ref=None), OrderState.UNKNOWN, reason)
            facts = {"number": row.ref.number}
            step = Step(at=self._context.clock.now(), actor="broker", facts=facts)
            await move(tx, order, doubted, step)

    async def apply(self, tx: LedgerTransaction, order: Order, row: BrokerOrder) -> None:
        """Merge one row. Quantities only ever rise; a lower one is an incident, not a fact."""
        if row.filled < order.filled:
            await self.incident(tx, order, "filled quantity fell", row, name="fell")
            return
        state = _shown_state(order, row)
        if order.state in END_STATES and row.filled == order.filled and not self.may_trade(row):
            # An ended order whose quantity did not rise has ended, whatever else the row says.
            return
        on_evidence = order.state in END_STATES
        legal = order.state is state or may_move(order.state, state)
        if not legal and not (on_evidence and may_reopen(order.state, state)):
            await self.incident(
                tx, order, f"shown as {state.value}", row, name="state", state=state
            )
            return
        stays_pending = order.state is OrderState.CANCEL_PENDING and state in {
            OrderState.WORKING,
            OrderState.PARTIAL,
        }
        new = replace(
            order,
            state=order.state if stays_pending else state,
            filled=row.filled,
            average_price_won=row.average_price_won,
            reason=order.reason if stays_pending else self._reason(order, state),
        )
        if (new.state, new.filled) == (order.state, order.filled):
            return
        step = Step(
            at=self._context.clock.now(),
            actor="broker",
            facts={"number": row.ref.number, "filled": row.filled, "remaining": row.remaining},
        )
        await self._store(tx, order, new, row, step)
        if on_evidence:
            await self.tell_reopened(tx, order, row)

    async def adopt(
        self, tx: LedgerTransaction, order: Order, row: BrokerOrder, step: Step
    ) -> None:
        """Take `row` for `order` from now on, with what it shows as filled."""
        session = row.placed_at.astimezone(KST).date()
        await tx.drop_external(session, row.ref.number)
        adopted = replace(
            order,
            state=row.state(),
            ref=row.ref,
            filled=row.filled,
            average_price_won=row.average_price_won,
            reason=order.reason if row.state() is order.state else "",
        )
        await self._store(tx, order, adopted, row, step)
        _LOG.info("order recognised", order=order.order_id, number=row.ref.number)

    async def _store(
        self, tx: LedgerTransaction, old: Order, new: Order, row: BrokerOrder, step: Step
    ) -> None:
        """Move the order, with the fill that the row adds and what a reopened one holds again."""
        if row.filled > old.filled:
            await self._note_fill(tx, old, row)
        reopened = old.state in END_STATES
        reserve = None
        if reopened and new.state in LIVE_STATES:
            reserve = await reservation_for(tx, new, self._context.costs, step.at)
        await move(tx, old, new, step, on_evidence=reopened, reserve=reserve)

    def may_trade(self, row: BrokerOrder) -> bool:
        """Whether a remainder of this row can still be filled: its session is not over."""
        hours = self._context.calendar.known_hours(row.placed_at.astimezone(KST).date())
        return row.remaining > 0 and hours is not None and self._context.clock.now() < hours.closes

    def _reason(self, order: Order, state: OrderState) -> str:
        if state is OrderState.REJECTED:
            return self._context.phrases.say("orders.reason_refused_later")
        return order.reason if state is order.state else ""

    async def _note_fill(self, tx: LedgerTransaction, order: Order, row: BrokerOrder) -> None:
        added = row.filled - order.filled
        before = (order.average_price_won or Decimal(0)) * order.filled
        after = (row.average_price_won or Decimal(row.price_won)) * row.filled
        await tx.insert_fill(
            FillObservation(
                order_id=order.order_id,
                quantity=Shares(added),
                price_won=Won(round_won((after - before) / added)),
                cumulative=row.filled,
                observed_at=self._context.clock.now(),
            )
        )
        self._context.fill_bell.ring()

    async def tell_reopened(self, tx: LedgerTransaction, order: Order, row: BrokerOrder) -> None:
        """Tell that `row` took `order` out of an end state."""
        key = f"reopened:{order.order_id}:{row.ref.number}:{row.state().value}:{row.filled}"
        await self._alarms.tell(tx, key, "reopened", order=order.order_id, number=row.ref.number)

    async def incident(
        self,
        tx: LedgerTransaction,
        order: Order,
        what: str,
        row: BrokerOrder,
        *,
        name: str,
        state: OrderState = OrderState.UNKNOWN,
    ) -> None:
        """Journal `what` and alarm with the sentence ``orders.incident_<name>``, once."""
        say = self._context.phrases.say
        words = say(
            f"orders.incident_{name}",
            number=row.ref.number,
            state=say(f"orders.state_{state.value.lower()}"),
        )
        digest = hashlib.sha256(what.encode()).hexdigest()[:8]
        told = f"incident:{order.order_id}:{digest}:{row.filled}"
        if not await self._alarms.tell(tx, told, "incident", order=order.order_id, what=words):
            return  # every poll shows it again; once is enough
        _LOG.error("incident", order=order.order_id, what=what)
        await tx.append_journal(
            JournalEntry(
                at=self._context.clock.now(),
                kind="incident.order",
                actor="broker",
                subject=order.order_id,
                facts={"what": what, "ours": order.filled, "theirs": row.filled},
            )
        )


def _is_of(order: Order, row: BrokerOrder) -> bool:
    """Whether symbol, side and ordered shares are those that were sent."""
    sent = order.request
    return sent is None or (row.symbol, row.side, row.ordered) == (
        sent.symbol,
        sent.side,
        sent.quantity,
    )


def _shown_state(order: Order, row: BrokerOrder) -> OrderState:
    state = row.state()
    if order.state is OrderState.CANCEL_PENDING and state is OrderState.REJECTED:
        return OrderState.CANCELLED  # refused by the exchange while we asked to cancel: it is gone
    return state

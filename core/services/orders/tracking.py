"""Reads the broker's own list and merges it: cumulative quantities are the truth about fills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import structlog

from core.domain.calendar import CalendarUnknown
from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.money import Shares, Won, round_won
from core.domain.orders import (
    END_STATES,
    LIVE_STATES,
    Attempt,
    BrokerOrder,
    FillObservation,
    Order,
    OrderHistory,
    OrderState,
    may_move,
    may_reopen,
)
from core.errors import BrokerError
from core.ports.ledger import LedgerTransaction
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)
# An order is recognised by its signature only if the broker dates it around our attempt.
MATCH_BEFORE = timedelta(seconds=2)
MATCH_AFTER = timedelta(seconds=60)
SIGHTINGS_NEEDED = 2
# Ended without a number. If one appears after all, that is an incident and reopens the order.
_ENDED_UNNUMBERED = frozenset({OrderState.VOID, OrderState.NOT_SENT, OrderState.REJECTED})


class Tracker:
    """Follows live orders until they end."""

    def __init__(self, context: DeskContext, alarms: Alarms) -> None:
        """Keep the ports; `sightings` counts consistent reads of a candidate number."""
        self._context = context
        self._alarms = alarms
        self._sightings: Counter[tuple[str, str]] = Counter()
        self._noted: set[tuple[str, str, int]] = set()

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
            today = self._context.clock.now().astimezone(KST).date()
            if today not in sessions and await self._is_watched(tx, today):
                sessions.add(today)
        return frozenset(sessions)

    async def _is_watched(self, tx: LedgerTransaction, today: date) -> bool:
        hours = self._context.calendar.hours(today)
        if hours is None or self._context.clock.now() >= hours.closes:
            return False
        orders = [await tx.order(attempt.order_id) for attempt in await tx.attempts_on(today)]
        return any(order is not None and order.state is OrderState.VOID for order in orders)

    async def merge(self, history: OrderHistory) -> None:
        """Apply one complete read to every order of its day."""
        rows = {row.ref.number: row for row in history.orders if not row.is_cancel_row}
        async with self._context.ledger.transaction() as tx:
            ours = [
                order
                for attempt in await tx.attempts_on(history.day)
                if (order := await tx.order(attempt.order_id)) is not None
            ]
            claimed = {order.ref.number for order in ours if order.ref is not None}
            for order in ours:
                row = rows.get(order.ref.number) if order.ref else None
                if row is not None:
                    await self._apply(tx, order, row)
                elif order.state is OrderState.UNKNOWN and order.ref is None:
                    await self._resolve(tx, order, history, claimed)
            for order in ours:
                if order.state in _ENDED_UNNUMBERED and order.ref is None:
                    await self._reappear(tx, order, history, claimed)
        self._context.publishing_bell.ring()

    async def _apply(self, tx: LedgerTransaction, order: Order, row: BrokerOrder) -> None:
        """Merge one row. Quantities only ever rise; a lower one is an incident, not a fact."""
        if row.filled < order.filled:
            await self._incident(tx, order, "filled quantity fell", row, name="fell")
            return
        state = _shown_state(order, row)
        if order.state in END_STATES and row.filled == order.filled and not self._may_trade(row):
            # An ended order whose quantity did not rise has ended, whatever else the row says.
            return
        on_evidence = order.state in END_STATES
        legal = order.state is state or may_move(order.state, state)
        if not legal and not (on_evidence and may_reopen(order.state, state)):
            await self._incident(
                tx, order, f"shown as {state.value}", row, name="state", state=state
            )
            return
        if row.filled > order.filled:
            await self._note_fill(tx, order, row)
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
        unchanged = (new.state, new.filled) == (order.state, order.filled)
        if unchanged:
            return
        step = Step(
            at=self._context.clock.now(),
            actor="broker",
            facts={"number": row.ref.number, "filled": row.filled, "remaining": row.remaining},
        )
        await move(tx, order, new, step, on_evidence=on_evidence)
        if on_evidence:
            self._alarms.ring("reopened", order=order.order_id, number=row.ref.number)

    def _may_trade(self, row: BrokerOrder) -> bool:
        """Whether a remainder of this row can still be filled: its session is not over."""
        try:
            hours = self._context.calendar.hours(row.placed_at.astimezone(KST).date())
        except CalendarUnknown:
            return False
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

    async def _resolve(
        self, tx: LedgerTransaction, order: Order, history: OrderHistory, claimed: set[str]
    ) -> None:
        """Recognise an order without an answer by its signature, or leave it unknown."""
        attempt = await tx.attempt_of(order.order_id)
        if attempt is None:
            return
        candidates = candidates_of(history, attempt, claimed)
        step = Step(
            at=self._context.clock.now(),
            actor="broker",
            facts={"candidates": [row.ref.number for row in candidates]},
        )
        if len(candidates) > 1:
            reason = self._context.phrases.say("orders.reason_two_candidates")
            await move(tx, order, with_state(order, OrderState.OPERATOR_HOLD, reason), step)
            return
        if not candidates:
            return
        row = candidates[0]
        if not self._seen_often(order, row):
            return
        if not self._context.policy.is_dedicated_account:
            reason = self._context.phrases.say(
                "orders.reason_confirm_number", number=row.ref.number
            )
            await move(tx, order, with_state(order, OrderState.OPERATOR_HOLD, reason), step)
            return
        await self.adopt(tx, order, row, step)
        claimed.add(row.ref.number)
        _LOG.info("order recognised", order=order.order_id, number=row.ref.number)

    async def _reappear(
        self, tx: LedgerTransaction, order: Order, history: OrderHistory, claimed: set[str]
    ) -> None:
        """Reopen an order that was taken for never placed, when the broker shows it after all."""
        attempt = await tx.attempt_of(order.order_id)
        if attempt is None or await _has_twin(tx, order, attempt):
            return
        candidates = candidates_of(history, attempt, claimed)
        if len(candidates) != 1 or not self._seen_often(order, candidates[0]):
            return
        row = candidates[0]
        if not self._context.policy.is_dedicated_account:
            what = f"number {row.ref.number} looks like it"
            await self._incident(tx, order, what, row, name="lookalike")
            return
        step = Step(at=self._context.clock.now(), actor="broker", facts={"number": row.ref.number})
        if row.state() is not order.state:
            await self.adopt(tx, order, row, step)
            self._alarms.ring("reopened", order=order.order_id, number=row.ref.number)
        claimed.add(row.ref.number)

    def _seen_often(self, order: Order, row: BrokerOrder) -> bool:
        key = (order.order_id, row.ref.number)
        self._sightings[key] += 1
        return self._sightings[key] >= SIGHTINGS_NEEDED

    async def adopt(
        self, tx: LedgerTransaction, order: Order, row: BrokerOrder, step: Step
    ) -> None:
        """Take `row` for `order` from now on, with what it shows as filled."""
        if row.filled > order.filled:
            await self._note_fill(tx, order, row)
        adopted = replace(
            order,
            state=row.state(),
            ref=row.ref,
            filled=row.filled,
            average_price_won=row.average_price_won,
            reason="",
        )
        await move(tx, order, adopted, step, on_evidence=order.state in END_STATES)

    async def _incident(
        self,
        tx: LedgerTransaction,
        order: Order,
        what: str,
        row: BrokerOrder,
        *,
        name: str,
        state: OrderState = OrderState.UNKNOWN,
    ) -> None:
        """Journal `what` and alarm with the sentence ``orders.incident_<name>``."""
        key = (order.order_id, what, row.filled)
        if key in self._noted:
            return  # every poll shows it again; once is enough
        self._noted.add(key)
        _LOG.error("incident", order=order.order_id, what=what)
        say = self._context.phrases.say
        words = say(
            f"orders.incident_{name}",
            number=row.ref.number,
            state=say(f"orders.state_{state.value.lower()}"),
        )
        self._alarms.ring("incident", order=order.order_id, what=words)
        await tx.append_journal(
            JournalEntry(
                at=self._context.clock.now(),
                kind="incident.order",
                actor="broker",
                subject=order.order_id,
                facts={"what": what, "ours": order.filled, "theirs": row.filled},
            )
        )


async def claimed_on(tx: LedgerTransaction, session: date) -> frozenset[str]:
    """Return the broker numbers that belong to orders of ours."""
    orders = [await tx.order(attempt.order_id) for attempt in await tx.attempts_on(session)]
    return frozenset(order.ref.number for order in orders if order is not None and order.ref)


async def session_of(tx: LedgerTransaction, order: Order) -> date:
    """Return the day whose order list shows `order`."""
    attempt = await tx.attempt_of(order.order_id)
    return attempt.session if attempt else order.created_at.astimezone(KST).date()


def candidates_of(
    history: OrderHistory, attempt: Attempt, claimed: Collection[str]
) -> list[BrokerOrder]:
    """Return the rows that can be the order of `attempt`."""
    return [row for row in history.orders if _may_be(row, attempt, claimed)]


def _shown_state(order: Order, row: BrokerOrder) -> OrderState:
    state = row.state()
    if order.state is OrderState.CANCEL_PENDING and state is OrderState.REJECTED:
        return OrderState.CANCELLED  # refused by the exchange while we asked to cancel: it is gone
    return state


async def _has_twin(tx: LedgerTransaction, order: Order, attempt: Attempt) -> bool:
    """Whether another order without a number could be the one that is seen."""
    for other in await tx.attempts_on(attempt.session):
        if other.order_id != order.order_id and other.signature == attempt.signature:
            twin = await tx.order(other.order_id)
            if twin is not None and twin.ref is None:
                return True
    return False


def _may_be(row: BrokerOrder, attempt: Attempt, claimed: Collection[str]) -> bool:
    """Whether `row` can be the order of `attempt`: new, same signature, in the time window."""
    return (
        not row.is_cancel_row
        and row.ref.number not in attempt.known_numbers
        and row.ref.number not in claimed
        and row.signature == attempt.signature
        and attempt.armed_at - MATCH_BEFORE <= row.placed_at <= attempt.armed_at + MATCH_AFTER
    )

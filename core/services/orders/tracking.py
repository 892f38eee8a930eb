"""Reads the broker's own list and merges it: cumulative quantities are the truth about fills."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import structlog

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
)
from core.ports.ledger import LedgerTransaction
from core.services.orders.context import DeskContext
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)
# An order is recognised by its signature only if the broker dates it around our attempt.
MATCH_BEFORE = timedelta(seconds=2)
MATCH_AFTER = timedelta(seconds=60)
SIGHTINGS_NEEDED = 2


class Tracker:
    """Follows live orders until they end."""

    def __init__(self, context: DeskContext) -> None:
        """Keep the ports; `sightings` counts consistent reads of a candidate number."""
        self._context = context
        self._sightings: Counter[tuple[str, str]] = Counter()

    async def poll(self) -> bool:
        """Read and merge once; return whether live orders remain. Raises BrokerError."""
        async with self._context.ledger.transaction() as tx:
            live = await tx.orders_in(LIVE_STATES)
            sessions = {order.order_id: await self._session(tx, order) for order in live}
        for session in sorted(set(sessions.values())):
            history = await self._context.broker.order_history(session)
            await self.merge(history)
        async with self._context.ledger.transaction() as tx:
            return bool(await tx.orders_in(LIVE_STATES))

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
        self._context.publishing_bell.ring()

    async def _session(self, tx: LedgerTransaction, order: Order) -> date:
        attempt = await tx.attempt_of(order.order_id)
        return attempt.session if attempt else order.created_at.astimezone(KST).date()

    async def _apply(self, tx: LedgerTransaction, order: Order, row: BrokerOrder) -> None:
        """Merge one row. Quantities only ever rise; a lower one is an incident, not a fact."""
        if row.filled < order.filled:
            await self._incident(tx, order, "filled quantity fell", row)
            return
        if row.filled > order.filled:
            await self._note_fill(tx, order, row)
        state = row.state()
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
        await move(tx, order, new, step, on_evidence=order.state in END_STATES)

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
        candidates = [row for row in history.orders if _may_be(row, attempt, claimed)]
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
        self._sightings[order.order_id, row.ref.number] += 1
        if self._sightings[order.order_id, row.ref.number] < SIGHTINGS_NEEDED:
            return
        if not self._context.policy.is_dedicated_account:
            reason = self._context.phrases.say(
                "orders.reason_confirm_number", number=row.ref.number
            )
            await move(tx, order, with_state(order, OrderState.OPERATOR_HOLD, reason), step)
            return
        if row.filled:
            await self._note_fill(tx, order, row)
        adopted = replace(
            order,
            state=row.state(),
            ref=row.ref,
            filled=row.filled,
            average_price_won=row.average_price_won,
            reason="",
        )
        await move(tx, order, adopted, step)
        claimed.add(row.ref.number)
        _LOG.info("order recognised", order=order.order_id, number=row.ref.number)

    async def _incident(
        self, tx: LedgerTransaction, order: Order, what: str, row: BrokerOrder
    ) -> None:
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


def _may_be(row: BrokerOrder, attempt: Attempt, claimed: set[str]) -> bool:
    """Whether `row` can be the order of `attempt`: new, same signature, in the time window."""
    return (
        not row.is_cancel_row
        and row.ref.number not in attempt.known_numbers
        and row.ref.number not in claimed
        and row.signature == attempt.signature
        and attempt.armed_at - MATCH_BEFORE <= row.placed_at <= attempt.armed_at + MATCH_AFTER
    )

"""The one way an order changes state: by the table, with a journal line and its trade record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.domain.books import Reservation
from core.domain.journal import JournalEntry
from core.domain.orders import END_STATES, Order, OrderState, may_move, may_reopen
from core.errors import InvariantBroken, StaleState
from core.ports.ledger import LedgerTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who moved an order, when, and on which facts."""

    at: datetime
    actor: str
    facts: Mapping[str, object]


async def move(
    tx: LedgerTransaction,
    old: Order,
    new: Order,
    step: Step,
    *,
    on_evidence: bool = False,
    reserve: Reservation | None = None,
    stored: Order | None = None,
) -> Order:
    """Store `new` in place of `old` and return it with its time stamp.

    `stored` is the row that this very transaction has read, when `old` only passed on from it (see
    `pass_on`). An end state gives back what the order held, and nothing else does. `on_evidence` allows a
    reopening of an end state, which is journalled as an incident; `reserve` is then held again.

    Raises:
    InvariantBroken for a move that is not in the table and StaleState when somebody was first, be
    it with a state or with a fill: what `old` says is compared before it is overwritten.
    """
    if stored is None:
        stored = await tx.order(old.order_id)
        if stored is None or (stored.state, stored.filled) != (old.state, old.filled):
            raise StaleState(f"order {old.order_id} has changed")
    reopened = on_evidence and may_reopen(old.state, new.state)
    if old.state is not new.state and not may_move(old.state, new.state) and not reopened:
        raise InvariantBroken(f"{old.order_id}: {old.state.value} → {new.state.value}")
    moved = replace(new, updated_at=step.at)
    await tx.save_order(moved, expected=stored.state)
    if moved.state in END_STATES:
        await tx.release(moved.order_id)
    elif reserve is not None:
        await tx.reserve(reserve)
    kind = "incident.order_reopened" if reopened else f"order.{new.state.value.lower()}"
    await tx.append_journal(_line(kind, old, moved, step))
    await tx.note_in_trade_record(moved)
    return moved


async def pass_on(tx: LedgerTransaction, old: Order, new: Order, step: Step) -> Order:
    """Journal a state that the order leaves again in this transaction; its row is written once.

    Whoever calls it moves on from the returned order with `move` and what it read as `stored`.
    Raises InvariantBroken for a move that is not in the table.
    """
    if old.state is not new.state and not may_move(old.state, new.state):
        raise InvariantBroken(f"{old.order_id}: {old.state.value} → {new.state.value}")
    await tx.append_journal(_line(f"order.{new.state.value.lower()}", old, new, step))
    return replace(new, updated_at=step.at)


def _line(kind: str, old: Order, new: Order, step: Step) -> JournalEntry:
    facts = {"from": old.state.value, "reason": new.reason, **step.facts}
    return JournalEntry(at=step.at, kind=kind, actor=step.actor, subject=old.order_id, facts=facts)


def with_state(order: Order, state: OrderState, reason: str = "") -> Order:
    """Return `order` in `state`; `reason` replaces the stored reason."""
    return replace(order, state=state, reason=reason)

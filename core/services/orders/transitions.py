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
) -> Order:
    """Store `new` in place of `old` and return it with its time stamp.

    An end state gives back what the order held, and nothing else does. `on_evidence` allows a
    reopening of an end state, which is journalled as an incident; `reserve` is then held again.

    Raises:
    InvariantBroken for a move that is not in the table and StaleState when somebody was first, be
    it with a state or with a fill: what `old` says is compared before it is overwritten.
    """
    current = await tx.order(old.order_id)
    if current is None or (current.state, current.filled) != (old.state, old.filled):
        raise StaleState(f"order {old.order_id} has changed")
    reopened = on_evidence and may_reopen(old.state, new.state)
    if old.state is not new.state and not may_move(old.state, new.state) and not reopened:
        raise InvariantBroken(f"{old.order_id}: {old.state.value} → {new.state.value}")
    stored = replace(new, updated_at=step.at)
    await tx.save_order(stored, expected=old.state)
    if stored.state in END_STATES:
        await tx.release(stored.order_id)
    elif reserve is not None:
        await tx.reserve(reserve)
    kind = "incident.order_reopened" if reopened else f"order.{new.state.value.lower()}"
    facts = {"from": old.state.value, "reason": stored.reason, **step.facts}
    await tx.append_journal(
        JournalEntry(at=step.at, kind=kind, actor=step.actor, subject=old.order_id, facts=facts)
    )
    await tx.note_in_trade_record(stored)
    return stored


def with_state(order: Order, state: OrderState, reason: str = "") -> Order:
    """Return `order` in `state`; `reason` replaces the stored reason."""
    return replace(order, state=state, reason=reason)

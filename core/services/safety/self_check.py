"""The bot checks its own books: rules that hold after every commit, whatever happened.

They are the invariants I1, I3, I5 and I7 that the simulation judges from outside. Nothing here is
a market event: what is found is a defect of the program, or a hand in the database.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from core.domain.books import Reservation
from core.domain.orders import (
    LIVE_STATES,
    Attempt,
    FillObservation,
    Order,
    OrderState,
    Side,
)
from core.ports.ledger import LedgerTransaction

# What a release by an owner has answered for: the findings of the last trip.
FOUND = "invariant_found"
# An order in one of these was never armed; one with an attempt was.
_NEVER_ARMED = frozenset(
    {OrderState.CREATED, OrderState.GATED, OrderState.BLOCKED, OrderState.EXPIRED}
)


class Rule(Enum):
    """What must always hold. The locale files hold one sentence per member (``safety.rule_…``)."""

    ONE_ATTEMPT = "one_attempt"
    ARMED = "armed"
    NOT_ARMED = "not_armed"
    INSIDE_ENVELOPE = "inside_envelope"
    NOT_OVERFILLED = "not_overfilled"
    FILLS_ADD_UP = "fills_add_up"
    HELD_BACK = "held_back"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that one order breaks."""

    rule: Rule
    order_id: str

    @property
    def key(self) -> str:
        """The text under which it is remembered."""
        return f"{self.rule.value}:{self.order_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the check looks at, read in one transaction: one day's arms and fills, and what lives."""

    armed: Sequence[tuple[Order, Attempt]]
    live: Sequence[Order]
    held: Sequence[Reservation]
    fills: Sequence[FillObservation]
    armed_before: frozenset[str]


async def read_books(tx: LedgerTransaction, today: date) -> Books:
    """Read what `broken_rules` judges: four indexed reads, and one per order left from before."""
    armed = await tx.armed_on(today)
    live = await tx.orders_in(LIVE_STATES)
    known = {order.order_id for order, _ in armed}
    older = [order.order_id for order in live if order.order_id not in known]
    return Books(
        armed=armed,
        live=live,
        held=await tx.reservations(),
        fills=await tx.fills_on(today),
        armed_before=frozenset([name for name in older if await tx.attempt_of(name) is not None]),
    )


def broken_rules(books: Books) -> tuple[Finding, ...]:
    """Return every finding; an empty tuple is the rule."""
    return (*_arms(books), *_quantities(books), *_reservations(books))


def _arms(books: Books) -> Iterator[Finding]:
    attempts = Counter(order.order_id for order, _ in books.armed)
    for order_id, count in attempts.items():
        if count > 1:
            yield Finding(Rule.ONE_ATTEMPT, order_id)
    for order in books.live:
        if order.order_id not in attempts and order.order_id not in books.armed_before:
            yield Finding(Rule.ARMED, order.order_id)
    for order, _ in books.armed:
        if order.state in _NEVER_ARMED:
            yield Finding(Rule.NOT_ARMED, order.order_id)
        envelope, request = order.envelope, order.request
        # Not its time: the arm judged that by an instant a moment before the one it stored.
        if request is None or envelope.violation(request, envelope.good_until) is not None:
            yield Finding(Rule.INSIDE_ENVELOPE, order.order_id)


def _quantities(books: Books) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for fill in books.fills:
        seen[fill.order_id] += fill.quantity
    for order, _ in books.armed:
        if order.remaining < 0:
            yield Finding(Rule.NOT_OVERFILLED, order.order_id)
        # What was armed today was filled today.
        if seen[order.order_id] != order.filled:
            yield Finding(Rule.FILLS_ADD_UP, order.order_id)


def _reservations(books: Books) -> Iterator[Finding]:
    held = {item.order_id: item for item in books.held}
    for order in books.live:
        item = held.pop(order.order_id, None)
        if item is None or not _covers(item, order):
            yield Finding(Rule.HELD_BACK, order.order_id)
    for order_id in held:
        yield Finding(Rule.GIVEN_BACK, order_id)


def _covers(item: Reservation, order: Order) -> bool:
    """Whether the reservation is enough for what may still trade; a market order names no price."""
    price = order.request.price_won if order.request else None
    is_buy = order.envelope.side is Side.BUY
    return item.won >= order.remaining * (price or 1) if is_buy else item.shares >= order.remaining


async def unanswered(tx: LedgerTransaction, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return those that no owner has released yet: what was released once does not stop again."""
    answered = _keys(await tx.setting(FOUND))
    return tuple(item for item in found if item.key not in answered)


async def remember(tx: LedgerTransaction, found: Sequence[Finding]) -> None:
    """Store what stopped trading, for `unanswered` after the release."""
    await tx.put_setting(FOUND, json.dumps(sorted(item.key for item in found)))


def _keys(text: str | None) -> frozenset[str]:
    """Return what was remembered. A text nobody can read answers for nothing."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return frozenset()
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()

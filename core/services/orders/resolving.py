"""Recognises orders without an answer in the broker's list, or leaves them unknown; never guesses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from core.domain.orders import (
    Attempt,
    BrokerOrder,
    Order,
    OrderHistory,
    OrderState,
)
from core.ports.ledger import LedgerTransaction
from core.services.orders.context import DeskContext
from core.services.orders.merging import Merger
from core.services.orders.transitions import Step, move, with_state

# An order is recognised by its signature only if the broker dates it around our attempt. Before it:
# two seconds in which clocks count as agreeing, one that a row's whole second cuts off, and one
# that the answer by which the clocks were compared may have taken.
MATCH_BEFORE = timedelta(seconds=4)
# The longest wait for a slot (10 s), the longest time-out (15 s), and a minute in which a post that
# was given up may still be taken; the rest is margin.
MATCH_AFTER = timedelta(seconds=120)
SIGHTINGS_NEEDED = 2
# The outcome is open, so that a row may still be the order.
_OPEN = frozenset({OrderState.SUBMITTING, OrderState.UNKNOWN, OrderState.OPERATOR_HOLD})
# Ended without a number. If one appears after all, that is an incident and reopens the order.
_ENDED_UNNUMBERED = frozenset({OrderState.VOID, OrderState.NOT_SENT, OrderState.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class DayList:
    """One complete read beside what we armed that day. `others` are numbers known as EXTERNAL."""

    history: OrderHistory
    armed: tuple[tuple[Order, Attempt], ...]
    others: frozenset[str] = frozenset()

    @property
    def claimed(self) -> frozenset[str]:
        """The broker's numbers of our own orders."""
        return frozenset(order.ref.number for order, _ in self.armed if order.ref is not None)

    def unnumbered(self, states: Collection[OrderState]) -> list[tuple[Order, Attempt]]:
        """Return our orders in `states` that have no number."""
        return [
            (order, attempt)
            for order, attempt in self.armed
            if order.ref is None and order.state in states
        ]

    def unlisted(self) -> list[Attempt]:
        """Return the attempts of our working orders whose number the list does not show (yet)."""
        listed = {row.ref.number for row in self.history.orders}
        return [
            attempt
            for order, attempt in self.armed
            if order.state is OrderState.WORKING
            and order.ref is not None
            and order.ref.number not in listed
        ]

    def candidates(self, attempt: Attempt) -> list[BrokerOrder]:
        """Return the rows that can be the order of `attempt`."""
        return candidates_of(self.history, attempt, self.claimed)


class Resolver:
    """Counts sightings; one per desk."""

    def __init__(self, context: DeskContext, merger: Merger) -> None:
        """Keep the parts; `seen` is the candidate of each order and how many reads showed it."""
        self._context = context
        self._merger = merger
        self._seen: dict[str, tuple[str, int]] = {}

    async def resolve(self, tx: LedgerTransaction, day: DayList) -> frozenset[str]:
        """Judge every order without a number. Return the numbers that are, or may be, ours."""
        ours: set[str] = set(day.claimed)
        for attempt in day.unlisted():
            # Its number may turn out to be another order's; then one of these rows is this one.
            ours |= {row.ref.number for row in day.candidates(attempt)}
        for order, attempt in day.unnumbered(_OPEN):
            candidates = day.candidates(attempt)
            ours |= {row.ref.number for row in candidates}
            if order.state is OrderState.UNKNOWN:
                await self._judge(tx, order, candidates, day)
        for order, attempt in day.unnumbered(_ENDED_UNNUMBERED):
            rows = [
                row for row in day.candidates(attempt) if row.ref.number not in ours | day.others
            ]
            ours |= {row.ref.number for row in await self._reappear(tx, order, rows, day)}
        return frozenset(ours)

    async def _judge(
        self, tx: LedgerTransaction, order: Order, rows: list[BrokerOrder], day: DayList
    ) -> None:
        """Adopt the one row that can be it, or ask a person when there is a choice."""
        say = self._context.phrases.say
        seen = self._count(order, rows)
        if not rows:
            return
        if len(rows) > 1:
            await self._hold(tx, order, rows, say("orders.reason_two_candidates"))
        elif self._has_rival(order, rows[0], day):
            await self._hold(tx, order, rows, say("orders.reason_two_owners"))
        elif seen >= SIGHTINGS_NEEDED and not self._context.policy.is_dedicated_account:
            number = rows[0].ref.number
            await self._hold(tx, order, rows, say("orders.reason_confirm_number", number=number))
        elif seen >= SIGHTINGS_NEEDED:
            await self._merger.adopt(tx, order, rows[0], self._step(rows))

    def _has_rival(self, order: Order, row: BrokerOrder, day: DayList) -> bool:
        """Whether another order of ours without a number may own the row as well."""
        return any(
            other.order_id != order.order_id and _may_be(row, attempt, day.claimed)
            for other, attempt in day.unnumbered(_OPEN)
        )

    async def _hold(
        self, tx: LedgerTransaction, order: Order, rows: list[BrokerOrder], reason: str
    ) -> None:
        held = with_state(order, OrderState.OPERATOR_HOLD, reason)
        await move(tx, order, held, self._step(rows))

    async def _reappear(
        self, tx: LedgerTransaction, order: Order, rows: list[BrokerOrder], day: DayList
    ) -> list[BrokerOrder]:
        """Reopen an order that was taken for never placed, when the broker shows it after all.

        Returns the rows that are kept for it: those seen once, and the one that is it.
        """
        seen = self._count(order, rows)
        if len(rows) != 1 or seen < SIGHTINGS_NEEDED:
            return rows if len(rows) == 1 else []
        row = rows[0]
        if row.state() is order.state:
            await self._merger.adopt(tx, order, row, self._step(rows))
            return rows
        twins = [
            other
            for other, attempt in day.unnumbered(_ENDED_UNNUMBERED)
            if _may_be(row, attempt, day.claimed)
        ]
        if len(twins) > 1 or not self._context.policy.is_dedicated_account:
            what = f"number {row.ref.number} looks like it"
            await self._merger.incident(tx, order, what, row, name="lookalike")
            return []
        await self._merger.adopt(tx, order, row, self._step(rows))
        await self._merger.tell_reopened(tx, order, row)
        return rows

    def _count(self, order: Order, rows: list[BrokerOrder]) -> int:
        """Return how many reads in a row have shown exactly this one candidate."""
        if len(rows) != 1:
            self._seen.pop(order.order_id, None)
            return 0
        number = rows[0].ref.number
        before, times = self._seen.get(order.order_id, (number, 0))
        times = times + 1 if before == number else 1
        self._seen[order.order_id] = (number, times)
        return times

    def _step(self, rows: list[BrokerOrder]) -> Step:
        facts = {"candidates": [row.ref.number for row in rows]}
        return Step(at=self._context.clock.now(), actor="broker", facts=facts)


def candidates_of(
    history: OrderHistory, attempt: Attempt, claimed: Collection[str]
) -> list[BrokerOrder]:
    """Return the rows that can be the order of `attempt`."""
    return [row for row in history.orders if _may_be(row, attempt, claimed)]


def _may_be(row: BrokerOrder, attempt: Attempt, claimed: Collection[str]) -> bool:
    """Whether `row` can be the order of `attempt`: new, same signature, in the time window.

    The broker dates its rows by its own clock, which runs `server_ahead` before ours.
    """
    placed_at = row.placed_at - attempt.server_ahead
    return (
        not row.is_cancel_row
        and row.ref.number not in attempt.known_numbers
        and row.ref.number not in claimed
        and row.signature == attempt.signature
        and attempt.armed_at - MATCH_BEFORE <= placed_at <= attempt.armed_at + MATCH_AFTER
    )

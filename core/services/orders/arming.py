"""Arm: one durable transaction that checks once more all that may have changed, then intends.

Its row is the write-ahead intent: from its commit on the order counts as sent until the broker's
own list proves otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum

from core.domain.books import ArmedTerms
from core.domain.krx import KST
from core.domain.modes import TradingState
from core.domain.orders import (
    IN_DOUBT_STATES,
    WAITING_STATES,
    Attempt,
    Order,
    OrderHistory,
    OrderRequest,
    OrderState,
    Side,
)
from core.domain.tickets import Ticket, TicketState
from core.errors import InvariantBroken
from core.ports.ledger import LedgerTransaction
from core.services.orders.context import DeskContext
from core.services.orders.gate import REDUCED_BY, RETRY_AFTER, Ready
from core.services.orders.leasing import holds_lease
from core.services.orders.reserving import reservation_for
from core.services.orders.results import Fenced, Postponed, Stopped
from core.services.orders.terms import distinct
from core.services.orders.transitions import Step, move, pass_on, with_state

DISTINCT = "distinct"


class LastHopBroken(InvariantBroken):
    """More was sent than was approved or armed."""


class _Cause(Enum):
    """Why an order is not armed: the phrases ``orders.reason_…``."""

    ALREADY_SENT = "already_sent"
    NOT_APPROVED = "not_approved"
    HALTED = "halted"
    DAY_STOPPED = "day_stopped"
    TRIPPED = "tripped"
    CLOCK = "waiting_clock_breaker"
    REDUCE_ONLY = "reduce_only"
    INTERLOCK = "interlock"
    SYMBOL_HELD = "symbol_held"
    OUTSIDE_ENVELOPE = "outside_envelope"
    STALE_QUOTE = "waiting_quote"
    IN_DOUBT = "in_doubt"
    SAME_AS_UNMATCHED = "same_as_unmatched"
    RESERVED = "reserved"


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Not armed, for one cause; `again` says that it passes by itself. `detail` goes with it."""

    cause: _Cause
    again: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was armed today, read in the arm transaction."""

    session: date
    armed: tuple[ArmedTerms, ...]

    @property
    def numbers(self) -> frozenset[str]:
        """The broker's numbers of our own orders."""
        return frozenset(item.number for item in self.armed if item.number is not None)

    @property
    def unmatched(self) -> frozenset[str]:
        """The signatures of orders without a number: the broker may still show one of them."""
        return frozenset(item.signature for item in self.armed if item.number is None)


@dataclass(frozen=True, slots=True)
class _Gated:
    """An order with the gate's verdict, and its row as this transaction found it."""

    stored: Order
    order: Order


@dataclass(frozen=True, slots=True)
class Armed:
    """May be posted, exactly once and exactly so."""

    order: Order
    request: OrderRequest


class Armer:
    """Arms orders."""

    def __init__(self, context: DeskContext) -> None:
        """Keep the ports."""
        self._context = context

    async def arm(
        self, ticket: Ticket, order: Order, ready: Ready, history: OrderHistory
    ) -> Armed | Stopped | Postponed | Fenced:
        """Arm in one transaction. Raises LastHopBroken when more was sent than approved."""
        async with self._context.ledger.transaction() as tx:
            # Nothing is written without the lease, not even why: the order is another's by now.
            holds = await self._holds_lease(tx)
            result = await self._arm(tx, ticket, order, ready, history) if holds else Fenced(order)
        if isinstance(result, Fenced):
            self._context.lease.lose("another process holds the lease of this ledger")
        self._context.publishing_bell.ring()
        return result

    async def _holds_lease(self, tx: LedgerTransaction) -> bool:
        return await holds_lease(self._context, tx)

    async def _arm(
        self,
        tx: LedgerTransaction,
        ticket: Ticket,
        order: Order,
        ready: Ready,
        history: OrderHistory,
    ) -> Armed | Stopped | Postponed:
        now = self._context.clock.now()
        day = Day(session=history.day, armed=await tx.armed_terms_on(history.day))
        if await tx.unapproved_attempts(day.session):
            raise LastHopBroken("an order was armed without an approval of its terms")
        current = await tx.order(order.order_id)
        if current is None or current.state not in WAITING_STATES:
            return Stopped(current or order)
        seen = len(day.armed) + len(await tx.externals_on(day.session))
        if seen != ready.attempts_seen or now.astimezone(KST).date() != day.session:
            # Somebody ordered since the limits were judged, or the day ended: judge again.
            return Postponed(now)
        fitted = self._fitted(ready, day, now)
        chosen = fitted or ready
        gated = _Gated(current, await self._gated(tx, current, chosen, now))
        refusal = await self._refusal(tx, ticket, chosen, now)
        if fitted is None or refusal is not None:
            refused = refusal or _Refusal(_Cause.SAME_AS_UNMATCHED)
            return await self._refused(tx, gated, refused, now)
        return await self._submitting(tx, ticket, gated, fitted, day, history)

    def _fitted(self, ready: Ready, day: Day, now: datetime) -> Ready | None:
        """Return `ready` with a signature of its own, or None when the envelope has no other."""
        request = distinct(ready.request, day.unmatched, ready.band, now)
        if request is None or request == ready.request:
            return None if request is None else ready
        reduced = ready.facts.get(REDUCED_BY)
        rules = [*(reduced if isinstance(reduced, list) else ()), DISTINCT]
        facts = {**ready.facts, "signature": request.signature, REDUCED_BY: rules}
        words = self._difference(ready.request, request)
        return replace(ready, request=request, facts=facts, note=words)

    def _difference(self, old: OrderRequest, new: OrderRequest) -> str:
        kind = "quantity" if new.quantity != old.quantity else "price"
        return self._context.phrases.say(
            f"orders.reason_distinct_{kind}",
            old=old.quantity if kind == "quantity" else old.price_won or 0,
            new=new.quantity if kind == "quantity" else new.price_won or 0,
        )

    async def _submitting(
        self,
        tx: LedgerTransaction,
        ticket: Ticket,
        gated: _Gated,
        ready: Ready,
        day: Day,
        history: OrderHistory,
    ) -> Armed | Stopped | Postponed:
        """Store the attempt and what it holds back; SUBMITTING."""
        now = self._context.clock.now()
        held = await reservation_for(tx, gated.order, self._context.costs, now)
        if max(held.won, held.shares) > ready.room:
            return await self._refused(tx, gated, _Refusal(_Cause.RESERVED, again=True), now)
        attempt = Attempt(
            order_id=gated.order.order_id,
            signature=ready.request.signature,
            session=day.session,
            armed_at=now,
            known_numbers=frozenset(row.ref.number for row in history.orders) | day.numbers,
            server_ahead=history.server_ahead or timedelta(0),
            lease_epoch=self._context.lease.epoch,
        )
        if not await tx.insert_attempt(attempt):
            return await self._refused(tx, gated, _Refusal(_Cause.ALREADY_SENT), now)
        await tx.reserve(held)
        facts = {
            "signature": attempt.signature,
            "known": sorted(attempt.known_numbers),
            "hash": ticket.payload_hash,
            "lease": attempt.lease_epoch,
            "reserved_won": held.won,
            "reserved_shares": held.shares,
        }
        step = Step(at=now, actor="desk", facts=facts)
        new = with_state(gated.order, OrderState.SUBMITTING, ready.note)
        sent = await move(tx, gated.order, new, step, stored=gated.stored)
        return Armed(sent, ready.request)

    async def _refused(
        self, tx: LedgerTransaction, gated: _Gated, refusal: _Refusal, now: datetime
    ) -> Stopped | Postponed:
        cause = refusal.cause.value
        text = self._context.phrases.say(f"orders.reason_{cause}", detail=refusal.detail)
        if refusal.again:
            waiting = replace(gated.order, reason=text)
            await tx.save_order(waiting, expected=gated.stored.state)
            await tx.note_in_trade_record(waiting)
            return Postponed(now + RETRY_AFTER, text)
        step = Step(at=now, actor="desk", facts={"refusal": cause})
        blocked = with_state(gated.order, OrderState.BLOCKED, text)
        return Stopped(await move(tx, gated.order, blocked, step, stored=gated.stored))

    async def _gated(
        self, tx: LedgerTransaction, order: Order, ready: Ready, now: datetime
    ) -> Order:
        gated = replace(order, state=OrderState.GATED, request=ready.request, reason="")
        return await pass_on(tx, order, gated, Step(at=now, actor="desk", facts=ready.facts))

    async def _refusal(
        self, tx: LedgerTransaction, ticket: Ticket, ready: Ready, now: datetime
    ) -> _Refusal | None:
        """Return the first cause not to arm, or None."""
        if not await _is_approved(tx, ticket):
            return _Refusal(_Cause.NOT_APPROVED)
        sentence = await self._context.interlock.refusal(tx)
        if sentence is not None:
            return _Refusal(_Cause.INTERLOCK, detail=sentence)
        switched = await self._switched_off(tx, ready.request)
        if switched is not None:
            return switched
        if ready.leg.envelope.violation(ready.request, now) is not None:
            return _Refusal(_Cause.OUTSIDE_ENVELOPE)
        doubt = await _doubt(tx, ready.request)
        age = now - ready.quoted_at
        if doubt is None and age > timedelta(seconds=self._context.limits.quote_age_seconds):
            return _Refusal(_Cause.STALE_QUOTE, again=True)
        return doubt

    async def _switched_off(self, tx: LedgerTransaction, request: OrderRequest) -> _Refusal | None:
        held = await self._context.switch.within(tx)
        if held.state is TradingState.ACTIVE:
            return None
        if held.state is TradingState.REDUCE_ONLY and request.side is Side.SELL:
            return None
        if held.stopped_because is not None:
            return _Refusal(_Cause.DAY_STOPPED, detail=held.stopped_because or "-")
        if held.waits_for_clock:
            return _Refusal(_Cause.CLOCK, again=True)
        tripped = next((trip for trip in held.trips if trip.effect is held.state), None)
        if tripped is not None:
            return _Refusal(_Cause.TRIPPED, detail=tripped.reason)
        halted = held.state is TradingState.HALTED
        return _Refusal(_Cause.HALTED if halted else _Cause.REDUCE_ONLY)


async def _is_approved(tx: LedgerTransaction, ticket: Ticket) -> bool:
    """Whether the stored approval is for exactly the terms that are about to be sent."""
    stored = await tx.ticket(ticket.ticket_id)
    approval = await tx.approval_of(ticket.ticket_id)
    return (
        stored is not None
        and stored.state is TicketState.APPROVED
        and approval is not None
        and approval.payload_hash == stored.hashed() == ticket.payload_hash
    )


async def _doubt(tx: LedgerTransaction, request: OrderRequest) -> _Refusal | None:
    """Refuse while the symbol is held, or an order on it and side has no proven outcome.

    KIS has no client order id: two unmatched orders of one signature could not be told apart.
    """
    for hold in await tx.symbol_holds():
        if hold.symbol == request.symbol:
            return _Refusal(_Cause.SYMBOL_HELD, detail=hold.reason)
    for other in await tx.orders_in(IN_DOUBT_STATES):
        same = (other.envelope.symbol, other.envelope.side) == (request.symbol, request.side)
        if same:
            return _Refusal(_Cause.IN_DOUBT)
    return None

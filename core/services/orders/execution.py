"""Gate → baseline → arm → send: the only module that may post an order.

The arm transaction is the write-ahead intent. After it, whatever happens, the order is treated as
sent until the broker's own list proves otherwise; nothing here ever posts a second time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import assert_never

from core.domain.journal import JournalEntry
from core.domain.krx import KST
from core.domain.modes import (
    SETTING_STOPPED_DAY,
    SETTING_STOPPED_REASON,
    SETTING_TRADING_STATE,
    TradingState,
)
from core.domain.orders import (
    IN_DOUBT_STATES,
    WAITING_STATES,
    Accepted,
    Attempt,
    NotSent,
    Order,
    OrderHistory,
    OrderRequest,
    OrderState,
    Rejected,
    Side,
    SubmitOutcome,
    Unresolved,
)
from core.domain.tickets import Ticket, TicketState
from core.errors import BrokerError, TradingError
from core.ports.ledger import LedgerTransaction
from core.services.orders.context import DeskContext
from core.services.orders.gate import RETRY_AFTER, Blocked, Gate, Later, Outside, Ready
from core.services.orders.transitions import Step, move, with_state


@dataclass(frozen=True, slots=True)
class Sent:
    """The POST was made (or proven not to have left); the order carries the outcome."""

    order: Order


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing was sent; try again at `until`.

    `fault` is a sentence for people when something could not be read, else empty.
    """

    until: datetime
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Nothing was sent and nothing will be."""

    order: Order


@dataclass(frozen=True, slots=True)
class Beyond:
    """Nothing was sent: the market left the envelope. Whoever offers it anew ends the order.

    `reason` is the sentence to end it with.
    """

    order: Order
    reason: str


Execution = Sent | Postponed | Stopped | Beyond


class _Cause(Enum):
    """Why an order is not armed."""

    ALREADY_SENT = "already_sent"
    NOT_APPROVED = "not_approved"
    HALTED = "halted"
    DAY_STOPPED = "day_stopped"
    REDUCE_ONLY = "reduce_only"
    OUTSIDE_ENVELOPE = "outside_envelope"
    STALE_QUOTE = "waiting_quote"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Not armed, for one cause; `again` says that it passes by itself. `detail` goes with it."""

    cause: _Cause
    again: bool = False
    detail: str = ""


class Executor:
    """Takes one approved order to the broker, once."""

    def __init__(self, context: DeskContext, gate: Gate) -> None:
        """Keep the ports."""
        self._context = context
        self._gate = gate

    async def execute(self, ticket: Ticket, order: Order) -> Execution:
        """Gate, arm and send `order` (CREATED, or GATED by an earlier run)."""
        if (until := await self._gate.too_early()) is not None:
            return Postponed(until)
        try:
            baseline = await self._context.broker.order_history(self._today())
        except BrokerError as error:
            # Without a complete baseline a lost answer could never be recognised.
            reason = self._context.phrases.say("orders.reason_waiting_list")
            later = Later(self._context.clock.now() + RETRY_AFTER, reason, is_fault=True)
            return await self._wait(order, later, error=str(error))
        # The gate reads the quote last, so the baseline comes first: the quote must be young.
        verdict = await self._gate.check(ticket, order)
        match verdict:
            case Later():
                return await self._wait(order, verdict)
            case Blocked():
                return Stopped(await self._end(order, OrderState.BLOCKED, verdict.reason))
            case Outside():
                return Beyond(order, verdict.reason)
            case Ready():
                return await self._arm_and_send(ticket, order, verdict, baseline)
            case _:
                assert_never(verdict)

    async def _arm_and_send(
        self, ticket: Ticket, order: Order, ready: Ready, history: OrderHistory
    ) -> Execution:
        async with self._context.ledger.transaction() as tx:
            armed = await self._arm(tx, ticket, order, ready, history)
        self._context.publishing_bell.ring()
        if not isinstance(armed, Order):
            return armed
        return Sent(await self._send(armed, ready.request))

    async def _send(self, armed: Order, request: OrderRequest) -> Order:
        """Post once, and write down what came of it even when the call is cut or breaks."""
        outcome: SubmitOutcome = Unresolved(reason="no answer was read")
        try:
            outcome = await self._context.broker.place_order(request)
        except TradingError as error:
            # An adapter answers with values; whatever else happens, the order may be there.
            outcome = Unresolved(reason=str(error) or type(error).__name__)
        finally:
            noted = await self._note(armed, outcome)
        return noted

    async def _arm(
        self,
        tx: LedgerTransaction,
        ticket: Ticket,
        order: Order,
        ready: Ready,
        history: OrderHistory,
    ) -> Order | Stopped | Postponed:
        """Check once more, inside the transaction, all that may have changed; then SUBMITTING."""
        now = self._context.clock.now()
        current = await tx.order(order.order_id)
        if current is None or current.state not in WAITING_STATES:
            return Stopped(current or order)
        if len(await tx.attempts_on(self._today())) != ready.attempts_seen:
            # Somebody armed an order since the limits were judged: judge again.
            return Postponed(now)
        gated = await self._gated(tx, current, ready, now)
        refusal = await self._arm_refusal(tx, ticket, ready, now)
        known = frozenset(row.ref.number for row in history.orders)
        attempt = Attempt(
            order_id=order.order_id,
            signature=ready.request.signature,
            session=self._today(),
            armed_at=now,
            known_numbers=known,
        )
        if refusal is None and not await tx.insert_attempt(attempt):
            refusal = _Refusal(_Cause.ALREADY_SENT)
        if refusal is not None:
            return await self._refused(tx, gated, refusal, now)
        facts = {
            "signature": attempt.signature,
            "known": sorted(known),
            "hash": ticket.payload_hash,
        }
        step = Step(at=now, actor="desk", facts=facts)
        return await move(tx, gated, with_state(gated, OrderState.SUBMITTING), step)

    async def _refused(
        self, tx: LedgerTransaction, gated: Order, refusal: _Refusal, now: datetime
    ) -> Stopped | Postponed:
        cause = refusal.cause.value
        text = self._context.phrases.say(f"orders.reason_{cause}", detail=refusal.detail)
        if refusal.again:
            await tx.save_order(replace(gated, reason=text), expected=gated.state)
            return Postponed(now + RETRY_AFTER, text)
        step = Step(at=now, actor="desk", facts={"refusal": cause})
        return Stopped(await move(tx, gated, with_state(gated, OrderState.BLOCKED, text), step))

    async def _gated(
        self, tx: LedgerTransaction, order: Order, ready: Ready, now: datetime
    ) -> Order:
        gated = replace(order, state=OrderState.GATED, request=ready.request, reason="")
        return await move(tx, order, gated, Step(at=now, actor="desk", facts=ready.facts))

    async def _arm_refusal(
        self, tx: LedgerTransaction, ticket: Ticket, ready: Ready, now: datetime
    ) -> _Refusal | None:
        """Return the first cause not to arm, or None."""
        request = ready.request
        leg = ready.leg
        stored = await tx.ticket(ticket.ticket_id)
        approval = await tx.approval_of(ticket.ticket_id)
        approved = (
            stored is not None
            and stored.state is TicketState.APPROVED
            and approval is not None
            and approval.payload_hash == stored.hashed() == ticket.payload_hash
        )
        if not approved:
            return _Refusal(_Cause.NOT_APPROVED)
        switched = await self._switched_off(tx, request)
        if switched is not None:
            return switched
        if leg.envelope.violation(request, now) is not None:
            return _Refusal(_Cause.OUTSIDE_ENVELOPE)
        doubt = await self._doubt(tx, request)
        age = now - ready.quoted_at
        if doubt is None and age > timedelta(seconds=self._context.limits.quote_age_seconds):
            return _Refusal(_Cause.STALE_QUOTE, again=True)
        return doubt

    async def _switched_off(self, tx: LedgerTransaction, request: OrderRequest) -> _Refusal | None:
        switch = await tx.setting(SETTING_TRADING_STATE) or TradingState.ACTIVE.value
        # A state that cannot be read is a halt.
        if switch not in {TradingState.ACTIVE.value, TradingState.REDUCE_ONLY.value}:
            return _Refusal(_Cause.HALTED)
        if await tx.setting(SETTING_STOPPED_DAY) == self._today().isoformat():
            why = await tx.setting(SETTING_STOPPED_REASON) or "-"
            return _Refusal(_Cause.DAY_STOPPED, detail=why)
        if switch == TradingState.REDUCE_ONLY.value and request.side is Side.BUY:
            return _Refusal(_Cause.REDUCE_ONLY)
        return None

    async def _doubt(self, tx: LedgerTransaction, request: OrderRequest) -> _Refusal | None:
        """Refuse while an order on this symbol and side has no proven outcome.

        KIS has no client order id: two unmatched orders of one signature could not be told apart.
        """
        for other in await tx.orders_in(IN_DOUBT_STATES):
            same = (other.envelope.symbol, other.envelope.side) == (request.symbol, request.side)
            if same:
                return _Refusal(_Cause.IN_DOUBT)
        return None

    async def _note(self, order: Order, outcome: SubmitOutcome) -> Order:
        """Write down what the broker said. 접수 is not 체결."""
        context = self._context
        match outcome:
            case Accepted(ref=ref):
                new = replace(order, state=OrderState.WORKING, ref=ref)
                facts: dict[str, object] = {"number": ref.number, "code": outcome.code}
            case Rejected():
                reason = context.phrases.say(
                    "orders.reason_rejected", code=outcome.code, text=outcome.text
                )
                new = with_state(order, OrderState.REJECTED, reason)
                facts = {"code": outcome.code, "text": outcome.text}
            case NotSent():
                reason = context.phrases.say("orders.reason_not_sent", why=outcome.reason)
                new = with_state(order, OrderState.NOT_SENT, reason)
                facts = {"why": outcome.reason}
            case Unresolved():
                reason = context.phrases.say("orders.reason_unknown", why=outcome.reason)
                new = with_state(order, OrderState.UNKNOWN, reason)
                facts = {"why": outcome.reason}
            case _:
                assert_never(outcome)
        step = Step(at=context.clock.now(), actor="broker", facts=facts)
        async with context.ledger.transaction() as tx:
            noted = await self._store(tx, order, new, step)
        context.tracking_bell.ring()
        context.publishing_bell.ring()
        return noted

    async def _store(self, tx: LedgerTransaction, armed: Order, new: Order, step: Step) -> Order:
        """Store the outcome; one that comes after somebody else doubted the order is kept too."""
        current = await tx.order(armed.order_id)
        if current is None or current.state is OrderState.SUBMITTING:
            return await move(tx, armed, new, step)
        if current.state in IN_DOUBT_STATES and new.ref is not None and current.ref is None:
            return await move(tx, current, replace(new, filled=current.filled), step)
        facts = {"what": "late outcome", "outcome": new.state.value, **step.facts}
        await tx.append_journal(
            JournalEntry(
                at=step.at,
                kind="incident.order",
                actor=step.actor,
                subject=armed.order_id,
                facts=facts,
            )
        )
        return current

    async def _wait(self, order: Order, later: Later, *, error: str = "") -> Postponed | Stopped:
        """Write down why the order waits, in whatever state it does; it is tried again."""
        now = self._context.clock.now()
        async with self._context.ledger.transaction() as tx:
            current = await tx.order(order.order_id)
            if current is None or current.state not in WAITING_STATES:
                return Stopped(current or order)
            if current.reason != later.reason:
                waiting = replace(current, reason=later.reason, updated_at=now)
                await tx.save_order(waiting, expected=current.state)
                facts = {"reason": later.reason, "error": error}
                await tx.append_journal(
                    JournalEntry(
                        at=now,
                        kind="order.waiting",
                        actor="desk",
                        subject=order.order_id,
                        facts=facts,
                    )
                )
        self._context.publishing_bell.ring()
        return Postponed(later.until, later.reason if later.is_fault else "")

    async def _end(self, order: Order, state: OrderState, reason: str) -> Order:
        step = Step(at=self._context.clock.now(), actor="desk", facts={})
        async with self._context.ledger.transaction() as tx:
            current = await tx.order(order.order_id)
            if current is None or current.state not in WAITING_STATES:
                return current or order
            ended = await move(tx, current, with_state(current, state, reason), step)
        self._context.publishing_bell.ring()
        return ended

    def _today(self) -> date:
        return self._context.clock.now().astimezone(KST).date()

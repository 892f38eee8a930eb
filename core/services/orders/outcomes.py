"""Writing down what the broker said to a POST, whatever else breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

import structlog

from core.domain.books import UnstoredAnswer
from core.domain.journal import JournalEntry
from core.domain.modes import TradingState
from core.domain.orders import (
    IN_DOUBT_STATES,
    Accepted,
    NotSent,
    Order,
    OrderState,
    Rejected,
    SubmitOutcome,
    Unresolved,
    WireRecord,
)
from core.errors import StorageError, TradingError
from core.ports.ledger import LedgerTransaction
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext
from core.services.orders.transitions import Step, move, with_state

_LOG = structlog.get_logger(__name__)


class Outcomes:
    """Stores outcomes of posts."""

    def __init__(self, context: DeskContext, alarms: Alarms) -> None:
        """Keep the ports."""
        self._context = context
        self._alarms = alarms

    async def note(self, order: Order, outcome: SubmitOutcome) -> Order:
        """Write down what the broker said. 접수 is not 체결.

        Raises StorageError when the ledger does not take it; a broker number is then in the file
        of last resort, and trading is halted.
        """
        new, facts = self._read(order, outcome)
        step = Step(
            at=self._context.clock.now(),
            actor="broker",
            facts={**facts, **_wire_facts(outcome.wire)},
        )
        try:
            async with self._context.ledger.transaction() as tx:
                noted = await self._store(tx, order, new, step)
        except StorageError as error:
            if isinstance(outcome, Accepted):
                await self._keep(order, outcome, error)
            raise
        finally:
            self._context.tracking_bell.ring()
            self._context.publishing_bell.ring()
        return noted

    def _read(self, order: Order, outcome: SubmitOutcome) -> tuple[Order, dict[str, object]]:
        say = self._context.phrases.say
        match outcome:
            case Accepted(ref=ref):
                new = replace(order, state=OrderState.WORKING, ref=ref)
                return new, {"number": ref.number, "code": outcome.code}
            case Rejected():
                reason = say("orders.reason_rejected", code=outcome.code, text=outcome.text)
                facts: dict[str, object] = {"code": outcome.code, "text": outcome.text}
                return with_state(order, OrderState.REJECTED, reason), facts
            case NotSent():
                cause = outcome.cause.value
                reason = say("orders.reason_not_sent", why=say(f"orders.unsent_{cause}"))
                met: dict[str, object] = {"why": outcome.reason, "cause": cause}
                return with_state(order, OrderState.NOT_SENT, reason), met
            case Unresolved():
                reason = say("orders.reason_unknown", why=outcome.reason)
                return with_state(order, OrderState.UNKNOWN, reason), {"why": outcome.reason}
            case _:
                assert_never(outcome)

    async def _store(self, tx: LedgerTransaction, armed: Order, new: Order, step: Step) -> Order:
        """Store the outcome; one that comes after somebody else doubted the order is kept too."""
        current = await tx.order(armed.order_id)
        if new.ref is not None and await _is_taken(tx, armed, new.ref.number):
            number = new.ref.number
            reason = self._context.phrases.say("orders.reason_number_taken", number=number)
            new = with_state(armed, OrderState.UNKNOWN, reason)
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

    async def _keep(self, order: Order, accepted: Accepted, error: StorageError) -> None:
        """Put the number into the file of last resort, then halt: the books cannot be written."""
        number = accepted.ref.number
        _LOG.error("an accepted order cannot be stored", order=order.order_id, number=number)
        answer = UnstoredAnswer(
            order_id=order.order_id,
            number=number,
            branch=accepted.ref.branch,
            at=self._context.clock.now(),
        )
        try:
            self._context.notes.append(answer)
        except OSError as fault:
            # The order is UNKNOWN at the next look, and its number is in the broker's list.
            _LOG.critical("nor can it be kept in a file", number=number, error=str(fault))
        await self._alarms.ring("unstored", order=order.order_id, number=number)
        try:
            reason = f"{order.order_id}: {error}"
            await self._context.switch.set_state(TradingState.HALTED, actor="desk", reason=reason)
        except TradingError as fault:
            _LOG.error("the halt could not be stored", error=str(fault))


async def _is_taken(tx: LedgerTransaction, armed: Order, number: str) -> bool:
    """Whether the number cannot be this order's: it was listed before the arm, or is another's."""
    attempt = await tx.attempt_of(armed.order_id)
    if attempt is None:
        return False
    if number in attempt.known_numbers:
        return True
    # The list before the arm may have been late: what an earlier one showed counts, too.
    if any(other.row.ref.number == number for other in await tx.externals_on(attempt.session)):
        return True
    return any(
        other.number == number and other.order_id != armed.order_id
        for other in await tx.armed_terms_on(attempt.session)
    )


def _wire_facts(wire: WireRecord | None) -> dict[str, object]:
    return {} if wire is None else {"request": wire.request, "answer": wire.answer}

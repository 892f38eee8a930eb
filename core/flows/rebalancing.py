"""Whether today's plan may enter positions: the first session of a month, or a missed one."""

from __future__ import annotations

from datetime import date

from core.domain.cycle import Step, StepRecord, StepState
from core.domain.orders import LIVE_STATES, OrderState
from core.domain.tickets import TicketState
from core.flows.kit import CycleKit
from core.flows.values import Presented, StrategyPlan, decoded
from core.ports.ledger import LedgerTransaction

SESSIONS_PER_MONTH_MAX = 31
# A ticket may be edited, or offered anew, this often before the rest is not looked at.
SUCCESSORS_MAX = 50
# An order in one of these states reached the broker, or may have.
_REACHED = LIVE_STATES | {
    OrderState.FILLED,
    OrderState.CANCELLED,
    OrderState.PARTIAL_CANCELLED,
}
# Journal lines that name the ticket that came in place of another one.
_SUCCESSION = frozenset({"ticket.superseded", "ticket.offered_again"})


async def is_rebalance_due(kit: CycleKit, day: date) -> bool:
    """Whether the month's rebalance has not been settled before `day`.

    It is settled once an earlier session of the month decided it and either had nothing to
    propose or showed a ticket that a person declined, or of which an order reached the broker.
    """
    probe = day
    for _ in range(SESSIONS_PER_MONTH_MAX):
        if kit.rules.calendar.is_first_session_of_month(probe):
            return True
        probe = kit.rules.calendar.previous_session(probe)
        if await _settled_on(kit, probe):
            return False
    return True


async def _settled_on(kit: CycleKit, day: date) -> bool:
    rows = {row.step: row for row in await kit.stores.cycle.steps_of(day)}
    strategy, execute = _done(rows, Step.STRATEGY), _done(rows, Step.BROKER_EXECUTE)
    if strategy is None or execute is None:
        return False
    plan = decoded(StrategyPlan, strategy.output).plan
    if not plan.is_rebalance:
        return False
    presented = decoded(Presented, execute.output)
    if presented.ticket_id is None:
        # Refused as a whole is not settled; an empty plan is.
        return not plan.actions
    async with kit.stores.ledger.transaction() as books:
        return await _came_of_it(books, presented.ticket_id)


async def _came_of_it(books: LedgerTransaction, first: str) -> bool:
    """Whether the ticket `first`, or one that came in its place, was declined or reached the broker.

    Everything else, an approval of which nothing was sent among it, is offered again.
    """
    waiting, seen = [first], {""}
    while waiting and len(seen) <= SUCCESSORS_MAX:
        ticket_id = waiting.pop()
        if ticket_id in seen:
            continue
        seen.add(ticket_id)
        ticket = await books.ticket(ticket_id)
        if ticket is None:
            continue
        if ticket.state is TicketState.DECLINED:
            return True
        if any(order.state in _REACHED for order in await books.orders_of(ticket_id)):
            return True
        lines = await books.journal_of(ticket_id)
        waiting += [str(line.facts.get("by", "")) for line in lines if line.kind in _SUCCESSION]
    return False


def _done(rows: dict[Step, StepRecord], step: Step) -> StepRecord | None:
    row = rows.get(step)
    return row if row is not None and row.state is StepState.DONE else None

"""Whether today's plan may enter positions: the first session of a month, or a missed one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

from core.domain.cycle import Step, StepRecord, StepState
from core.domain.orders import LIVE_STATES, OrderState
from core.domain.tickets import TicketState
from core.flows.kit import CycleKit
from core.flows.successors import line_of
from core.flows.values import Presented, StrategyPlan, decoded
from core.ports.ledger import LedgerTransaction

SESSIONS_PER_MONTH_MAX = 31
# An order in one of these states reached the broker, or may have.
_REACHED = LIVE_STATES | {
    OrderState.FILLED,
    OrderState.CANCELLED,
    OrderState.PARTIAL_CANCELLED,
}


async def is_rebalance_due(kit: CycleKit, day: date) -> bool:
    """Whether the month's rebalance has not been settled before `day`.

    It is settled once an earlier session of the month decided it and either had nothing to
    propose or showed a ticket that a person declined, or of which an order reached the broker.
    """
    async for rows in _earlier(kit, day):
        if await _is_settled(kit, rows):
            return False
    return True


async def vetoes_before(kit: CycleKit, day: date) -> int:
    """Return on how many earlier sessions of the month a planner vetoed its rebalance whole."""
    count = 0
    async for rows in _earlier(kit, day):
        strategy = done(rows, Step.STRATEGY)
        if strategy is not None:
            count += decoded(StrategyPlan, strategy.output).is_vetoed_whole
    return count


async def _earlier(kit: CycleKit, day: date) -> AsyncIterator[dict[Step, StepRecord]]:
    """Yield the steps of each session of the month before `day`, the newest session first."""
    for _ in range(SESSIONS_PER_MONTH_MAX):
        if kit.rules.calendar.is_first_session_of_month(day):
            return
        day = kit.rules.calendar.previous_session(day)
        yield {row.step: row for row in await kit.stores.cycle.steps_of(day)}


async def _is_settled(kit: CycleKit, rows: dict[Step, StepRecord]) -> bool:
    strategy, execute = done(rows, Step.STRATEGY), done(rows, Step.BROKER_EXECUTE)
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
    for ticket in await line_of(books, first):
        if ticket.state is TicketState.DECLINED:
            return True
        if any(order.state in _REACHED for order in await books.orders_of(ticket.ticket_id)):
            return True
    return False


def done(rows: dict[Step, StepRecord], step: Step) -> StepRecord | None:
    """Return the row of `step` if it is done."""
    row = rows.get(step)
    return row if row is not None and row.state is StepState.DONE else None

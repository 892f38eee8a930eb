"""Whether today's plan may enter positions: the first session of a month, or a missed one."""

from __future__ import annotations

from datetime import date

from core.domain.cycle import Step, StepRecord, StepState
from core.domain.tickets import TicketState
from core.flows.kit import CycleKit
from core.flows.values import Presented, StrategyPlan, decoded

SESSIONS_PER_MONTH_MAX = 31
# A ticket in one of these states was never decided by a person; its rebalance is offered again.
_UNDECIDED = frozenset({TicketState.EXPIRED, TicketState.INVALIDATED})


async def is_rebalance_due(kit: CycleKit, day: date) -> bool:
    """Whether the month's rebalance has not been settled before `day`.

    It is settled once an earlier session of the month decided it and either had nothing to
    propose or showed a ticket that was not left to expire.
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
        ticket = await books.ticket(presented.ticket_id)
    return ticket is not None and ticket.state not in _UNDECIDED


def _done(rows: dict[Step, StepRecord], step: Step) -> StepRecord | None:
    row = rows.get(step)
    return row if row is not None and row.state is StepState.DONE else None

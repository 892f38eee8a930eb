from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry
from core.domain.money import Shares, Won
from core.domain.orders import Envelope, Order, OrderState, Side
from core.domain.tickets import TicketState
from core.flows.rebalancing import is_rebalance_due
from tests.core.flows.world import DAY, World

NEXT = date(2023, 3, 3)
S = OrderState


async def offered() -> World:
    """The month's basket was shown on the first session; now it is the second."""
    world = World()
    briefing = await world.daily().run(DAY)
    assert briefing.ticket_id == "TICKET01"
    world.at(NEXT, 8)
    return world


def ordered(world: World, ticket_id: str, *states: OrderState) -> None:
    """Approve the ticket, and let its orders stand in `states`."""
    world.ledger.books.move(ticket_id, TicketState.APPROVED)
    for leg, state in enumerate(states, 1):
        now = world.clock.now()
        order_id = f"{ticket_id}-{leg}"
        world.ledger.books.orders[order_id] = Order(
            order_id=order_id,
            ticket_id=ticket_id,
            leg=leg,
            envelope=Envelope(
                symbol=Symbol("069500"),
                side=Side.BUY,
                quantity_max=Shares(1),
                limit_won=Won(30_000),
                good_until=now,
            ),
            state=state,
            created_at=now,
            updated_at=now,
        )


def succeeded(world: World, kind: str, by: str, state: TicketState) -> None:
    """Let the ticket `by` take the place of the first one."""
    books = world.ledger.books
    books.journal.append(
        JournalEntry(
            at=world.clock.now(), kind=kind, actor="11", subject="TICKET01", facts={"by": by}
        )
    )
    books.tickets[by] = replace(books.tickets["TICKET01"], ticket_id=by, state=state)


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (TicketState.PRESENTED, True),
        (TicketState.EXPIRED, True),
        (TicketState.INVALIDATED, True),
        (TicketState.SUPERSEDED, True),
        (TicketState.APPROVED, True),
        (TicketState.DECLINED, False),
    ],
)
async def test_only_a_persons_no_settles_a_basket_without_orders(
    state: TicketState, due: bool
) -> None:
    world = await offered()
    world.ledger.books.move("TICKET01", state)
    second = await world.daily().run(NEXT)
    assert second.plan is not None
    assert second.plan.is_rebalance is due
    assert (second.ticket_id is not None) is due
    assert bool(second.plan.why_nothing) is not due


REACHED = frozenset(
    {
        S.SUBMITTING,
        S.WORKING,
        S.PARTIAL,
        S.FILLED,
        S.CANCELLED,
        S.PARTIAL_CANCELLED,
        S.UNKNOWN,
        S.OPERATOR_HOLD,
        S.CANCEL_PENDING,
    }
)


@pytest.mark.parametrize("state", list(OrderState))
async def test_an_approved_basket_is_settled_by_one_order_at_the_broker(state: OrderState) -> None:
    world = await offered()
    ordered(world, "TICKET01", S.BLOCKED, state)
    assert await is_rebalance_due(world.kit(), NEXT) is (state not in REACHED)


@pytest.mark.parametrize("kind", ["ticket.superseded", "ticket.offered_again"])
@pytest.mark.parametrize(
    ("state", "due"), [(TicketState.EXPIRED, True), (TicketState.DECLINED, False)]
)
async def test_what_came_in_its_place_counts(kind: str, state: TicketState, due: bool) -> None:
    world = await offered()
    world.ledger.books.move("TICKET01", TicketState.SUPERSEDED)
    succeeded(world, kind, "TICKET77", state)
    succeeded(world, kind, "TICKET77", state)
    succeeded(world, "ticket.presented", "TICKET88", TicketState.DECLINED)
    assert await is_rebalance_due(world.kit(), NEXT) is due


async def test_a_refused_offer_and_a_lost_ticket_settle_nothing() -> None:
    world = await offered()
    succeeded(world, "ticket.offered_again", "", TicketState.DECLINED)
    del world.ledger.books.tickets["TICKET01"]
    assert await is_rebalance_due(world.kit(), NEXT)


async def test_a_month_is_rebalanced_once() -> None:
    world = await offered()
    ordered(world, "TICKET01", S.FILLED)
    for number in (3, 6, 7):
        day = date(2023, 3, number)
        world.at(day, 8)
        plan = (await world.daily().run(day)).plan
        assert plan is not None
        assert plan.is_rebalance is False

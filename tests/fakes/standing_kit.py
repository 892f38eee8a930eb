"""Entries bought with their stop, and falls that call for it, on a desk of `desk_kit`."""

from __future__ import annotations

from decimal import Decimal

from core.domain.standing import StandingGap, StandingStop, StopReached
from core.domain.tickets import DraftLeg, Ticket, TicketKind
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import KODEX, Kit, buy, proposal, sell

COST, FALLEN = 35_000, 32_500


async def stops(kit: Kit, ticket: Ticket) -> tuple[StandingStop, ...]:
    async with kit.ledger.transaction() as tx:
        return await tx.standing_stops_of(ticket.ticket_id)


async def bought(kit: Kit, quantity: int = 3, filled: int | None = None) -> Ticket:
    """Buy with 🛡️ and let the broker fill it; return the entry's ticket."""
    ticket = await kit.ticket(buy(quantity))
    assert await kit.desk.approve_with_stop(kit.click(ticket)) is ClickOutcome.APPROVED
    await kit.run()
    count = quantity if filled is None else filled
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.ref is not None
    kit.broker.fill(order.ref.number, count)
    kit.broker.holdings[KODEX] = kit.broker.holdings.get(KODEX, 0) + count
    kit.broker.costs[KODEX] = COST
    await kit.poll(2)
    kit.clock.move(120)
    return ticket


def reached(quantity: int = 3, price_won: int = FALLEN) -> StopReached:
    return StopReached(symbol=KODEX, quantity=quantity, cost_won=Decimal(COST), price_won=price_won)


async def fall(
    kit: Kit, what: StopReached | None = None, leg: DraftLeg | None = None
) -> tuple[Ticket, StandingGap | None]:
    """Offer the exit as the watchtower does; return its ticket, and what approval it got."""
    kit.broker.prices[KODEX] = FALLEN
    told = []

    async def along(tx, made):
        told.append(await kit.desk.approve_in_advance(tx, made, what or reached()))

    exit_leg = leg or sell((what or reached()).quantity, symbol=KODEX)
    made = await kit.desk.propose(proposal(exit_leg, kind=TicketKind.EXIT), along=along)
    assert isinstance(made, Ticket), made
    return await kit.stored(made), told[0]


def sales(kit: Kit) -> list[int]:
    """Return how many shares each sale that left was for."""
    return [post.quantity for post in kit.broker.posts if post.side.value == "sell"]

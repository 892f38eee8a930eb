"""The daily cycle beside the watchtower: one exit per symbol, and half a position once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from core.domain.exit_offers import ExitKind, ExitOffer
from core.domain.orders import OrderState, Side
from core.domain.tickets import Ticket, TicketKind, TicketState
from tests.contracts.ledger_values import ticket
from tests.core.flows.test_passages import BOUGHT, Held, after
from tests.core.flows.world import RISING


def urgent(held: Held, at: datetime, state: TicketState) -> Ticket:
    made = ticket("URGENT")
    leg = made.legs[0]
    leg = replace(leg, envelope=replace(leg.envelope, symbol=RISING, side=Side.SELL))
    found = replace(made, kind=TicketKind.EXIT, legs=(leg,), state=state, created_at=at)
    held.world.ledger.books.tickets[found.ticket_id] = found
    return found


@pytest.mark.parametrize(
    ("kind", "filled", "then"),
    [
        (ExitKind.TAKE_PROFIT, 2, []),
        (ExitKind.TAKE_PROFIT, 0, [("take_profit", 1)]),
        (ExitKind.STOP_LOSS, 2, [("take_profit", 1)]),
    ],
)
async def test_half_that_the_watchtower_sold_is_the_half(kind, filled, then) -> None:
    held = await Held(11_400, 11_700).settled()
    held.order(BOUGHT, Side.BUY, 5)
    day = after(BOUGHT)
    assert await held.morning(day) == []
    urgent(held, held.world.clock.now(), TicketState.APPROVED)
    held.world.ledger.books.exit_offers.append(
        ExitOffer(
            ticket_id="URGENT",
            symbol=RISING,
            session=day,
            kind=kind,
            number=1,
            price_won=11_600,
            offered_at=held.world.clock.now(),
        )
    )
    state = OrderState.FILLED if filled else OrderState.CANCELLED
    held.order(day, Side.SELL, filled, ticket="URGENT", state=state)
    held.hold(3)
    assert await held.morning(after(BOUGHT, 2)) == then
    assert held.kept()[2] is (then == [])


@pytest.mark.parametrize("state", [TicketState.PRESENTED, TicketState.APPROVED])
async def test_a_late_cycle_shows_no_second_exit(state) -> None:
    held = await Held(9_000).settled()
    held.order(BOUGHT, Side.BUY, 5)
    day = after(BOUGHT)
    urgent(held, held.world.clock.now(), state)
    if state is TicketState.APPROVED:
        held.order(day, Side.SELL, 0, ticket="URGENT", state=OrderState.WORKING)
    shown = len(held.world.proposer.proposals)
    assert await held.morning(day) == [("stop_loss", 5)]
    assert len(held.world.proposer.proposals) == shown
    briefing = held.world.reports.briefings[-1][0]
    assert briefing.ticket_id is None
    assert any("급한 매도 제안이 이미 있어" in text for text in briefing.refusals)


async def test_an_exit_that_ended_does_not_keep_the_cycle_from_offering() -> None:
    held = await Held(9_000).settled()
    held.order(BOUGHT, Side.BUY, 5)
    urgent(held, held.world.clock.now(), TicketState.EXPIRED)
    shown = len(held.world.proposer.proposals)
    await held.morning(after(BOUGHT))
    assert len(held.world.proposer.proposals) == shown + 1

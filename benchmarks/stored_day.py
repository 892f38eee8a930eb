"""A day with many stored orders, some of them in doubt: what a recovery finds at worst."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.domain.krx import KST
from core.domain.money import Shares, Won
from core.domain.orders import Attempt, Order, OrderRequest, OrderState, Side
from core.domain.tickets import Approval, Ticket
from core.ports.ledger import LedgerTransaction
from sandbox.world import World
from tests.fakes.desk_kit import KODEX, OWNER, buy, proposal
from tests.fakes.kis_desk import KisDesk

LEGS_PER_TICKET = 100


async def fill_day(d: KisDesk, world: World, *, stored: int, unknown: int) -> None:
    """Store `stored` orders; the last `unknown` of them are UNKNOWN, and the broker has them.

    The others were blocked or expired on earlier days or today: they are in the way of every read.
    """
    made = await d.desk.propose(proposal(buy(1)))
    if not isinstance(made, Ticket):
        raise TypeError(f"nothing was proposed: {made}")
    numbers = range(0, stored, LEGS_PER_TICKET)
    for first in numbers:
        async with d.ledger.transaction() as tx:
            ticket = replace(made, ticket_id=f"B{first:07d}", message_id=None)
            ticket = replace(ticket, payload_hash=ticket.hashed())
            await tx.insert_ticket(ticket)
            await tx.insert_approval(_approval(ticket, first))
            for leg in range(1, min(LEGS_PER_TICKET, stored - first) + 1):
                in_doubt = first + leg > stored - unknown
                await _order(d, world, tx, ticket, leg, in_doubt=in_doubt)


async def _order(
    d: KisDesk, world: World, tx: LedgerTransaction, ticket: Ticket, leg: int, *, in_doubt: bool
) -> None:
    now = d.context.clock.now()
    order = Order(
        order_id=f"{ticket.ticket_id}-{leg}",
        ticket_id=ticket.ticket_id,
        leg=leg,
        envelope=ticket.legs[0].envelope,
        state=OrderState.UNKNOWN if in_doubt else OrderState.BLOCKED,
        created_at=now,
        updated_at=now,
    )
    if not in_doubt:
        await tx.insert_order(order)
        return
    # Each has terms of its own, as the arm would have given it.
    price = Won(world_price(world) // 5 * 5 - 5 * leg)
    request = OrderRequest(symbol=KODEX, side=Side.BUY, quantity=Shares(1), price_won=price)
    await tx.insert_order(replace(order, request=request))
    await tx.insert_attempt(
        Attempt(
            order_id=order.order_id,
            signature=request.signature,
            session=now.astimezone(KST).date(),
            armed_at=now,
            known_numbers=frozenset(),
            server_ahead=timedelta(0),
        )
    )
    world.exchange.place(world.clock.now(), str(KODEX), is_buy=True, quantity=1, price=price)


def world_price(world: World) -> int:
    """Return the last price of the symbol that is traded here."""
    view = world.exchange.market(world.clock.now(), str(KODEX))
    if view is None:
        raise LookupError("the symbol has no market")
    return view.minute.last


def _approval(ticket: Ticket, number: int) -> Approval:
    return Approval(
        ticket_id=ticket.ticket_id,
        actor_id=OWNER,
        actor_name="주인",
        interaction_id=1_000_000 + number,
        message_id=0,
        clicked_at=ticket.created_at,
        payload_hash=ticket.payload_hash,
    )

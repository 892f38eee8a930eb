from __future__ import annotations

from datetime import date, datetime, timedelta

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import Attempt, Envelope, FillObservation, Order, OrderState, Side
from core.domain.tickets import (
    Approval,
    Author,
    Ticket,
    TicketKind,
    TicketLeg,
    TicketState,
    payload_hash_of,
)

DAY = date(2023, 3, 2)
MORNING = datetime(2023, 3, 2, 8, 1, 2, 345678, tzinfo=KST)
KODEX = Symbol("069500")
TIGER = Symbol("102110")


def envelope(symbol=KODEX, side=Side.BUY, quantity=7, limit_won=35150):
    return Envelope(
        symbol=symbol,
        side=side,
        quantity_max=Shares(quantity),
        limit_won=Won(limit_won),
        good_until=MORNING + timedelta(hours=7),
    )


def ticket(ticket_id="4F9KQ2ZD", *, at=MORNING, legs=2):
    made = tuple(
        TicketLeg(
            number=number,
            name=f"이름 {number}",
            quantity=Shares(5),
            price_won=Won(35000),
            envelope=envelope(side=Side.SELL if number == 1 else Side.BUY),
            fee_won=Won(26),
            tax_won=Won(0),
            reason="모멘텀 1위",
        )
        for number in range(1, legs + 1)
    )
    return Ticket(
        ticket_id=ticket_id,
        kind=TicketKind.BASKET,
        author=Author.STRATEGY,
        mode=Mode.SIM,
        account="****5678-01",
        legs=made,
        reason="월초 리밸런싱",
        notes=("수량 조정 5 → 3", 'quoted "text"'),
        created_at=at,
        expires_at=at + timedelta(hours=7),
        state=TicketState.PRESENTED,
        payload_hash=payload_hash_of(ticket_id, Mode.SIM, "****5678-01", made),
    )


def order(ticket_id="4F9KQ2ZD", leg=1, *, at=MORNING, state=OrderState.CREATED):
    return Order(
        order_id=f"{ticket_id}-{leg}",
        ticket_id=ticket_id,
        leg=leg,
        envelope=envelope(),
        state=state,
        created_at=at,
        updated_at=at,
    )


def approval(ticket_id="4F9KQ2ZD", interaction_id=1_234_567_890_123_456_789):
    return Approval(
        ticket_id=ticket_id,
        actor_id=998_877_665_544_332_211,
        actor_name="주인",
        interaction_id=interaction_id,
        message_id=1_100_000_000_000_000_001,
        clicked_at=MORNING,
        payload_hash="t1:abc",
    )


def attempt(order_id="4F9KQ2ZD-1"):
    return Attempt(
        order_id=order_id,
        signature="069500:buy:7:35150",
        session=DAY,
        armed_at=MORNING,
        known_numbers=frozenset({"0000117057", "0000117001"}),
    )


def fill(cumulative, quantity, *, at=MORNING, order_id="4F9KQ2ZD-1"):
    return FillObservation(
        order_id=order_id,
        quantity=Shares(quantity),
        price_won=Won(35100),
        cumulative=cumulative,
        observed_at=at,
    )

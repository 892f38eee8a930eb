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


def envelope(side: Side = Side.BUY) -> Envelope:
    return Envelope(
        symbol=KODEX,
        side=side,
        quantity_max=Shares(7),
        limit_won=Won(35150),
        good_until=MORNING + timedelta(hours=7),
    )


def ticket(ticket_id: str = "4F9KQ2ZD", *, at: datetime = MORNING) -> Ticket:
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
        for number in (1, 2)
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


def order(ticket_id: str = "4F9KQ2ZD", leg: int = 1, *, at: datetime = MORNING) -> Order:
    return Order(
        order_id=f"{ticket_id}-{leg}",
        ticket_id=ticket_id,
        leg=leg,
        envelope=envelope(),
        state=OrderState.CREATED,
        created_at=at,
        updated_at=at,
    )


def approval(
    ticket_id: str = "4F9KQ2ZD", interaction_id: int = 1_234_567_890_123_456_789
) -> Approval:
    return Approval(
        ticket_id=ticket_id,
        actor_id=998_877_665_544_332_211,
        actor_name="주인",
        interaction_id=interaction_id,
        message_id=1_100_000_000_000_000_001,
        clicked_at=MORNING,
        payload_hash="t1:abc",
    )


def attempt() -> Attempt:
    return Attempt(
        order_id="4F9KQ2ZD-1",
        signature="069500:buy:7:35150",
        session=DAY,
        armed_at=MORNING,
        known_numbers=frozenset({"0000117057", "0000117001"}),
    )


def fill(cumulative: int, quantity: int, *, at: datetime = MORNING) -> FillObservation:
    return FillObservation(
        order_id="4F9KQ2ZD-1",
        quantity=Shares(quantity),
        price_won=Won(35100),
        cumulative=cumulative,
        observed_at=at,
    )

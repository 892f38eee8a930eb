from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.domain.instrument import symbol
from core.domain.krx import KST
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import Envelope, OrderType, Side
from core.domain.tickets import (
    TICKET_TRANSITIONS,
    Author,
    Ticket,
    TicketAction,
    TicketKind,
    TicketLeg,
    TicketState,
    custom_id,
    parse_custom_id,
)

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)


def ticket():
    envelope = Envelope(
        symbol=symbol("069500"),
        side=Side.BUY,
        quantity_max=Shares(7),
        limit_won=Won(35_150),
        good_until=NOW + timedelta(hours=5),
    )
    leg = TicketLeg(
        number=1,
        name="KODEX 200",
        quantity=Shares(7),
        price_won=Won(35_000),
        envelope=envelope,
        fee_won=Won(36),
        tax_won=Won(0),
    )
    return Ticket(
        ticket_id="4F9KQ2ZD",
        kind=TicketKind.CHAT,
        author=Author.PERSON,
        mode=Mode.VTS,
        account="*****33-01",
        legs=(leg,),
        reason="",
        notes=(),
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
        state=TicketState.PRESENTED,
    )


CHANGES = {
    "quantity_max": Shares(8),
    "limit_won": Won(35_155),
    "side": Side.SELL,
    "symbol": symbol("102110"),
    "good_until": NOW,
    "order_type": OrderType.MARKET,
}


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_the_hash_covers_every_bound(field):
    shown = ticket()
    leg = shown.legs[0]
    other = replace(leg, envelope=replace(leg.envelope, **{field: CHANGES[field]}))
    assert replace(shown, legs=(other,)).hashed() != shown.hashed()


def test_the_hash_covers_mode_account_and_id_but_not_the_wording():
    shown = ticket()
    assert replace(shown, mode=Mode.REAL).hashed() != shown.hashed()
    assert replace(shown, account="x").hashed() != shown.hashed()
    assert replace(shown, ticket_id="AAAAAAAA").hashed() != shown.hashed()
    assert replace(shown, reason="because", version=9).hashed() == shown.hashed()
    assert shown.hashed().startswith("t1:")


def test_custom_ids_survive_a_round_trip():
    for action in TicketAction:
        assert parse_custom_id(custom_id(action, "4F9KQ2ZD")) == (action, "4F9KQ2ZD")


@pytest.mark.parametrize(
    "text", ["t2:ok:4F9KQ2ZD", "t1:buy:4F9KQ2ZD", "t1:ok:", "t1:ok:4f9kq2zd", "", "t1:ok:A B"]
)
def test_unknown_custom_ids_are_nothing(text):
    assert parse_custom_id(text) is None


def test_only_a_shown_ticket_can_be_decided():
    assert TicketState.APPROVED in TICKET_TRANSITIONS[TicketState.PRESENTED]
    for state in TicketState:
        assert TicketState.PRESENTED not in TICKET_TRANSITIONS[state]
        assert (
            state is TicketState.PRESENTED or TicketState.APPROVED not in TICKET_TRANSITIONS[state]
        )

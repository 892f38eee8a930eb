from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest

from core.domain.instrument import symbol
from core.domain.krx import KST
from core.domain.money import Shares, Won
from core.domain.orders import (
    END_STATES,
    IN_DOUBT_STATES,
    LIVE_STATES,
    REOPENINGS,
    TRANSITIONS,
    WAITING_STATES,
    BrokerOrder,
    BrokerOrderRef,
    Envelope,
    Order,
    OrderRequest,
    OrderState,
    OrderType,
    Side,
    may_move,
    may_reopen,
)

S = OrderState
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
KODEX = symbol("069500")


def limit(quantity=7, price=35_150, side=Side.BUY):
    return OrderRequest(symbol=KODEX, side=side, quantity=Shares(quantity), price_won=Won(price))


def envelope(side=Side.BUY, price=35_150):
    return Envelope(
        symbol=KODEX,
        side=side,
        quantity_max=Shares(7),
        limit_won=Won(price),
        good_until=NOW + timedelta(hours=5),
    )


def test_every_state_has_a_row_and_belongs_to_one_group():
    assert set(TRANSITIONS) == set(S)
    assert set(S) == WAITING_STATES | LIVE_STATES | END_STATES
    assert not WAITING_STATES & LIVE_STATES
    assert not LIVE_STATES & END_STATES
    assert IN_DOUBT_STATES < LIVE_STATES


@pytest.mark.parametrize("state", [state for state in S if state in END_STATES])
def test_nothing_leaves_an_end_without_evidence(state):
    assert not any(may_move(state, other) for other in S)


def test_money_rules_are_in_the_table():
    # What was sent, or may have been, never becomes something that is sent again.
    for state, target in product(LIVE_STATES | END_STATES, (S.CREATED, S.GATED, S.SUBMITTING)):
        assert not may_move(state, target)
        assert not may_reopen(state, target)
    # Only the broker's own list ends an order without a proven outcome; a person may void it.
    assert not may_move(S.UNKNOWN, S.NOT_SENT)
    assert may_move(S.UNKNOWN, S.VOID)
    # A cancel races with fills, and a fill may follow a cancel.
    assert may_move(S.CANCEL_PENDING, S.FILLED)
    assert may_reopen(S.CANCELLED, S.FILLED)
    assert may_reopen(S.REJECTED, S.WORKING)
    assert not may_reopen(S.FILLED, S.WORKING)
    assert set(REOPENINGS) < END_STATES


def test_a_request_is_valid_by_construction():
    with pytest.raises(ValueError, match="at least 1"):
        limit(quantity=0)
    with pytest.raises(ValueError, match="positive"):
        limit(price=0)
    with pytest.raises(ValueError, match="a limit order has a price"):
        replace(limit(), price_won=None)
    with pytest.raises(ValueError, match="a market order has none"):
        replace(limit(), order_type=OrderType.MARKET)


def test_signatures_are_the_natural_key():
    assert limit().signature == "069500:buy:7:35150"
    market = replace(limit(), price_won=None, order_type=OrderType.MARKET)
    assert market.signature == "069500:buy:7:market"


@pytest.mark.parametrize(
    ("request_", "broken"),
    [
        (limit(), None),
        (limit(quantity=3, price=35_000), None),
        (limit(quantity=8), "quantity"),
        (limit(price=35_155), "price"),
        (limit(side=Side.SELL), "side"),
        (replace(limit(), symbol=symbol("102110")), "symbol"),
        (replace(limit(), price_won=None, order_type=OrderType.MARKET), "type"),
    ],
)
def test_what_is_sent_may_be_smaller_or_better_never_outside(request_, broken):
    assert envelope().violation(request_, NOW) == broken


def test_a_sell_may_not_be_cheaper_and_nothing_may_be_late():
    assert envelope(Side.SELL).violation(limit(price=35_145, side=Side.SELL), NOW) == "price"
    assert envelope(Side.SELL).violation(limit(price=35_155, side=Side.SELL), NOW) is None
    assert envelope().violation(limit(), NOW + timedelta(hours=6)) == "time"


def test_a_market_envelope_holds_market_orders():
    market = replace(limit(), price_won=None, order_type=OrderType.MARKET)
    wide = replace(envelope(), limit_won=None, order_type=OrderType.MARKET)
    assert wide.violation(market, NOW) is None
    assert replace(wide, order_type=OrderType.LIMIT).violation(limit(), NOW) == "price"


def row(**changes):
    base = BrokerOrder(
        ref=BrokerOrderRef(number="1"),
        original_number="",
        symbol=KODEX,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        ordered=7,
        price_won=35_150,
        filled=0,
        remaining=7,
        cancelled=0,
        rejected=0,
        average_price_won=None,
        placed_at=NOW,
    )
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, S.WORKING),
        ({"filled": 3, "remaining": 4}, S.PARTIAL),
        ({"filled": 7, "remaining": 0}, S.FILLED),
        ({"filled": 3, "remaining": 0, "cancelled": 4}, S.PARTIAL_CANCELLED),
        ({"remaining": 0, "cancelled": 7}, S.CANCELLED),
        ({"remaining": 0, "rejected": 7}, S.REJECTED),
    ],
)
def test_cumulative_quantities_decide_the_state(changes, state):
    assert row(**changes).state() is state


def test_a_broker_row_and_a_request_share_their_signature():
    assert row().signature == limit().signature
    assert row(order_type=OrderType.MARKET, price_won=0).signature == "069500:buy:7:market"


def test_what_remains_of_an_order():
    order = Order(
        order_id="A-1",
        ticket_id="A",
        leg=1,
        envelope=envelope(),
        state=S.CREATED,
        average_price_won=Decimal(0),
        created_at=NOW,
        updated_at=NOW,
    )
    assert order.remaining == 7
    assert replace(order, request=limit(quantity=5), filled=2).remaining == 3

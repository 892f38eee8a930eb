from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.krx import regular_hours
from core.domain.money import Shares, Won
from core.domain.orders import Envelope, OrderRequest, OrderType, Side
from core.domain.tickets import TicketKind, TicketLeg
from core.services.orders.terms import (
    deadlines,
    distinct,
    envelope_for,
    request_within,
    target_price,
)
from tests.fakes.desk_kit import DAY, KODEX, at, buy, sell
from tests.fakes.quotes import quote_of

QUOTE = quote_of(KODEX, 10_000, at(10))
BOOK = replace(QUOTE, best_ask_won=Won(10_010), best_bid_won=Won(9_990))


def ticket_leg(side, limit, price=None, order_type=OrderType.LIMIT):
    return TicketLeg(
        number=1,
        name="KODEX 200",
        quantity=Shares(3),
        price_won=None if price is None else Won(price),
        envelope=Envelope(
            symbol=KODEX,
            side=side,
            quantity_max=Shares(3),
            limit_won=None if limit is None else Won(limit),
            good_until=at(15, 15),
            order_type=order_type,
        ),
        fee_won=Won(0),
        tax_won=Won(0),
    )


@pytest.mark.parametrize(
    ("kind", "now", "press", "good"),
    [
        (TicketKind.CHAT, at(10), at(10, 10), at(15, 15)),
        (TicketKind.EXIT, at(10), at(10, 30), at(15, 15)),
        (TicketKind.BASKET, at(8), at(15), at(15)),
        (TicketKind.CHAT, at(15, 10), at(15, 15), at(15, 15)),
    ],
)
def test_deadlines(kind, now, press, good):
    found = deadlines(kind, now, regular_hours(DAY))
    assert (found.press_until, found.good_until) == (press, good)


def test_the_target_is_the_named_or_the_opposite_or_the_last_price():
    assert target_price(buy(1, 9_000), BOOK) == 9_000
    assert target_price(buy(1), BOOK) == 10_010
    assert target_price(sell(1), BOOK) == 9_990
    assert target_price(sell(1), QUOTE) == 10_000


@pytest.mark.parametrize(
    ("leg", "quote", "limit"),
    [
        (buy(1, 9_900), QUOTE, 9_900),
        (buy(1, order_type=OrderType.MARKET), QUOTE, None),
        (buy(1), QUOTE, 10_300),
        (buy(1), replace(QUOTE, last_won=Won(10_015)), 10_315),
        (buy(1), replace(QUOTE, upper_limit_won=Won(10_100)), 10_100),
        (sell(1), QUOTE, 9_700),
        (sell(1), replace(QUOTE, last_won=Won(10_015)), 9_715),
        (sell(1), replace(QUOTE, last_won=Won(10_035)), 9_735),
        (sell(1), replace(QUOTE, lower_limit_won=Won(9_900)), 9_900),
    ],
)
def test_the_bound_is_legal_inside_collar_and_band(leg, quote, limit):
    made = envelope_for(leg, quote, 1, at(15, 15), 3)
    assert made.limit_won == limit
    assert made.order_type is leg.order_type


@pytest.mark.parametrize(
    ("leg", "quote", "price"),
    [
        (ticket_leg(Side.BUY, 10_300), QUOTE, 10_005),  # no book: last plus one tick
        (ticket_leg(Side.BUY, 10_300), BOOK, 10_015),
        (ticket_leg(Side.BUY, 10_010), BOOK, 10_010),  # one tick further is outside
        (ticket_leg(Side.BUY, 10_005), BOOK, None),
        (ticket_leg(Side.BUY, 10_005, 10_005), BOOK, 10_005),  # named: may rest
        (
            ticket_leg(Side.BUY, 10_300),
            replace(BOOK, upper_limit_won=Won(10_010)),
            10_010,
        ),
        (ticket_leg(Side.SELL, 9_700), QUOTE, 9_995),
        (ticket_leg(Side.SELL, 9_700), BOOK, 9_985),
        (ticket_leg(Side.SELL, 9_990), BOOK, 9_990),
        (ticket_leg(Side.SELL, 9_995), BOOK, None),
        (ticket_leg(Side.SELL, 9_995, 9_995), BOOK, 9_995),
        (ticket_leg(Side.SELL, 9_700), replace(BOOK, lower_limit_won=Won(9_990)), 9_990),
    ],
)
def test_what_is_sent_lies_inside_the_envelope(leg, quote, price):
    request = request_within(leg, quote, 2, at(10))
    assert (request.price_won if request else None) == price
    if request is not None:
        assert leg.envelope.violation(request, at(10)) is None


def test_a_market_order_has_no_price():
    request = request_within(
        ticket_leg(Side.BUY, None, order_type=OrderType.MARKET), BOOK, 2, at(10)
    )
    assert request is not None
    assert request.price_won is None


def order(quantity=1, price=35_000, side=Side.BUY):
    return OrderRequest(symbol=KODEX, side=side, quantity=Shares(quantity), price_won=Won(price))


def test_a_share_less_then_a_better_tick_then_nothing():
    now, band = at(10), (30_000, 40_000)
    first = order(2)
    taken = [first.signature]
    assert distinct(first, [], band, now) == first
    assert distinct(first, taken, band, now) == order(1)
    taken.append(order(1).signature)
    assert distinct(first, taken, band, now) == order(2, 34_995)
    ticks = [order(1, 35_000 - 5 * step).signature for step in range(11)]
    assert distinct(order(1), ticks, band, now) is None
    assert distinct(order(1), [order(1).signature], (35_000, 40_000), now) is None
    sell = order(1, 35_000, Side.SELL)
    assert distinct(sell, [sell.signature], band, now) == order(1, 35_005, Side.SELL)

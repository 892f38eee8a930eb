from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from brokers.sim.values import ExchangeOrder
from tests.soak_day.books import OwnOrder, judge

DAY = date(2026, 11, 2)
AT = datetime(2026, 11, 2, 9, 5, tzinfo=timezone(timedelta(hours=9)))
PLACED = ExchangeOrder(
    day=DAY,
    number=17,
    symbol="069500",
    is_buy=True,
    is_market=False,
    quantity=3,
    price=40_000,
    placed_at=AT,
    filled=3,
    amount=120_000,
)
OWN = OwnOrder("2026-11-02", "17", "2026-11-02", "FILLED", ("069500", "buy", 3, 40_000), 3)
IN_DOUBT = replace(OWN, session="", number="", state="UNKNOWN", filled=0)


def test_two_books_that_agree_have_nothing_against_each_other():
    found = judge(DAY, [PLACED], [OWN])

    assert (found.sent, found.filled, found.in_doubt) == (1, 1, 0)
    assert (found.lost, found.doubled, found.unlike) == ((), (), ())


def test_an_order_that_no_row_names_is_lost():
    assert len(judge(DAY, [PLACED], []).lost) == 1


def test_an_order_in_doubt_is_not_lost_but_counted():
    found = judge(DAY, [PLACED], [IN_DOUBT])

    assert (found.lost, found.in_doubt) == ((), 1)


def test_one_doubt_explains_one_order_and_no_second_one():
    found = judge(DAY, [PLACED, replace(PLACED, number=18)], [IN_DOUBT])

    assert len(found.lost) == 1
    assert len(found.doubled) == 1


def test_the_same_terms_twice_are_right_when_they_were_armed_twice():
    second = replace(PLACED, number=18)
    found = judge(DAY, [PLACED, second], [OWN, replace(OWN, number="18")])

    assert (found.lost, found.doubled) == ((), ())


@pytest.mark.parametrize(
    "own",
    [
        replace(OWN, filled=2),
        replace(OWN, terms=("069500", "sell", 3, 40_000)),
        replace(OWN, terms=("069500", "buy", 2, 40_000)),
        replace(OWN, terms=("069500", "buy", 3, 40_005)),
    ],
)
def test_another_quantity_or_price_under_the_same_number_is_told(own: OwnOrder):
    assert len(judge(DAY, [PLACED], [own]).unlike) == 1


def test_a_number_of_another_day_names_nothing():
    found = judge(DAY, [PLACED], [replace(OWN, session="2026-10-30", armed_on="2026-10-30")])

    assert len(found.lost) == 1


def test_cancels_are_no_orders():
    cancel = replace(PLACED, number=18, original=17, filled=0)

    assert judge(DAY, [PLACED, cancel], [OWN]).sent == 1

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.breakers import BreakerLimits
from core.domain.costs import CostModel
from core.domain.instrument import TaxType
from core.domain.orders import Side
from core.services.risk.breaking import (
    FloorStep,
    Trade,
    floor_step,
    has_too_many_errors,
    is_day_lost,
    losing_streak,
    realised,
)
from tests.fakes.desk_kit import KODEX, TIGER, at

LIMITS = BreakerLimits()
FREE = CostModel(Decimal(0))


def exempt(symbol):
    return TaxType.EXEMPT


def trade(minute, side, quantity, price, symbol=KODEX, hint=None):
    return Trade(
        symbol=symbol,
        side=side,
        quantity=quantity,
        price_won=Decimal(price),
        ended_at=at(10, minute),
        cost_hint_won=None if hint is None else Decimal(hint),
    )


def bought(minute, quantity, price, symbol=KODEX):
    return trade(minute, Side.BUY, quantity, price, symbol)


def sold(minute, quantity, price, symbol=KODEX, hint=None):
    return trade(minute, Side.SELL, quantity, price, symbol, hint)


def profits(*trades, costs=FREE, tax_of=exempt):
    return [profit for _, profit in realised(trades, costs, tax_of)]


@pytest.mark.parametrize(
    ("trading", "opening", "lost"),
    [
        (-20_000, 1_000_000, True),
        (-19_999, 1_000_000, False),
        (0, 1_000_000, False),
        (20_000, 1_000_000, False),
        (-1, 0, False),
        (-1, -5, False),
        (-16_000, 800_000, True),
    ],
)
def test_two_percent_of_the_opening_value_is_the_end_of_buying(trading, opening, lost):
    assert is_day_lost(trading, opening, LIMITS) is lost


def test_a_finer_percent_than_a_whole_one():
    fine = replace(LIMITS, day_loss_percent=Decimal("0.5"))
    assert is_day_lost(-5_000, 1_000_000, fine)
    assert not is_day_lost(-4_999, 1_000_000, fine)


def test_first_in_is_first_out():
    trades = (bought(0, 2, 100), bought(1, 2, 200), sold(2, 3, 150), sold(3, 1, 150))
    assert profits(*trades) == [450 - 400, 150 - 200]
    assert profits(*reversed(trades)) == [50, -50]


def test_every_symbol_has_its_own_lots():
    trades = (bought(0, 1, 100), bought(1, 1, 500, TIGER), sold(2, 1, 400, TIGER))
    assert profits(*trades) == [-100]


def test_fee_and_tax_belong_to_the_result():
    costs = CostModel(Decimal("0.01"))
    assert profits(bought(0, 1, 1_000), sold(1, 1, 1_015), costs=costs) == [1_015 - 1_010 - 10]
    taxed = profits(
        bought(0, 1, 1_000), sold(1, 1, 2_000), tax_of=lambda symbol: TaxType.HOLDING_PERIOD
    )
    assert taxed == [1_000 - 154]


def test_shares_that_others_bought_cost_what_the_broker_said():
    assert profits(sold(0, 2, 90, hint=100)) == [-20]
    assert profits(bought(0, 1, 80), sold(1, 2, 90, hint=100)) == [0]


def test_a_sale_of_unknown_cost_is_neither_gain_nor_loss():
    assert profits(sold(0, 1, 90)) == []
    assert profits(bought(0, 1, 80), sold(1, 2, 90)) == []


def test_a_streak_is_unbroken_and_newest():
    results = [(at(10, n), Decimal(p)) for n, p in enumerate((-1, 5, -1, -2, -3))]
    assert losing_streak(results, None) == 3
    assert losing_streak(results[:2], None) == 0
    assert losing_streak([(at(10), Decimal(0))], None) == 0
    assert losing_streak([], None) == 0


def test_after_a_release_the_streak_counts_anew():
    results = [(at(10, n), Decimal(-1)) for n in range(5)]
    assert losing_streak(results, at(10, 2)) == 2
    assert losing_streak(results, at(10, 4) + timedelta(seconds=1)) == 0


def test_more_than_ten_percent_of_fifty_calls_is_too_many():
    assert not has_too_many_errors(5, LIMITS)
    assert has_too_many_errors(6, LIMITS)


@pytest.mark.parametrize(
    ("nav", "told", "step"),
    [
        (800_000, False, FloorStep.STAYS),
        (799_999, False, FloorStep.FELL),
        (799_999, True, FloorStep.STAYS),
        (815_999, True, FloorStep.STAYS),
        (816_000, True, FloorStep.RECOVERED),
        (900_000, False, FloorStep.STAYS),
    ],
)
def test_the_floor_is_told_once_until_well_above(nav, told, step):
    assert floor_step(nav, 800_000, is_told=told) is step


def test_no_floor_tells_nothing():
    assert floor_step(1, 0, is_told=False) is FloorStep.STAYS
    assert floor_step(1, 0, is_told=True) is FloorStep.RECOVERED

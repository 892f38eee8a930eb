from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountSnapshot, Position
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.performance import (
    CashFlow,
    Valuation,
    growth_of,
    price_return,
    return_of_doing_nothing,
    time_weighted_return,
    valuations,
)

START = datetime(2024, 3, 4, 15, 45, tzinfo=KST)
KODEX, TIGER = Symbol("069500"), Symbol("102110")


def day(number: int, hours: int = 0) -> datetime:
    return START + timedelta(days=number, hours=hours)


def test_a_deposit_is_no_return():
    # 1,000,000 → 1,010,000 (+1 %); 500,000 come; 1,510,000 → 1,540,200 (+2 %).
    values = valuations(
        [(day(0), 1_000_000), (day(1), 1_510_000), (day(2), 1_540_200)],
        [CashFlow(at=day(1, -3), won=500_000)],
    )
    assert values[1] == Valuation(at=day(1), nav_won=1_510_000, paid_in_won=500_000)
    assert time_weighted_return(values) == Fraction(101, 100) * Fraction(102, 100) - 1


def test_a_withdrawal_is_no_loss():
    values = valuations(
        [(day(0), 1_000_000), (day(1), 400_000)], [CashFlow(at=day(1), won=-600_000)]
    )
    assert time_weighted_return(values) == 0


def test_flows_outside_the_values_belong_elsewhere():
    flows = [CashFlow(at=day(0), won=7), CashFlow(at=day(1, 1), won=9)]
    assert [item.paid_in_won for item in valuations([(day(0), 10), (day(1), 10)], flows)] == [0, 0]
    assert valuations([], flows) == ()


def test_without_two_values_or_money_nothing_is_claimed():
    assert time_weighted_return(()) is None
    assert time_weighted_return((Valuation(at=day(0), nav_won=1),)) is None
    empty = (Valuation(at=day(0), nav_won=0), Valuation(at=day(1), nav_won=5))
    assert time_weighted_return(empty) is None


@given(
    st.lists(
        st.tuples(st.fractions(Fraction(1, 2), 2, max_denominator=50), st.integers(0, 1_000_000)),
        min_size=1,
        max_size=8,
    )
)
def test_the_return_is_that_of_the_money_whatever_is_paid_in(steps):
    nav, growth, values = 10**12 * 50**8, Fraction(1), []
    values.append(Valuation(at=day(0), nav_won=nav))
    for number, (rate, paid) in enumerate(steps, start=1):
        before = nav
        nav = int(nav * rate) + paid
        growth *= Fraction(nav - paid, before)
        values.append(Valuation(at=day(number), nav_won=nav, paid_in_won=paid))
    assert time_weighted_return(values) == growth - 1


def test_a_fund_that_is_only_held():
    assert price_return(10_000, 10_150) == Fraction(15, 1_000)


def account(cash: int, *held: tuple[Symbol, int, int]) -> AccountSnapshot:
    return AccountSnapshot(
        deposit_won=Won(cash),
        settled_d2_won=Won(cash),
        positions=tuple(
            Position(
                symbol=symbol,
                name="",
                quantity=quantity,
                sellable=quantity,
                average_cost_won=Decimal(1),
                price_won=Won(price),
            )
            for symbol, quantity, price in held
        ),
        taken_at=START,
    )


def test_doing_nothing_is_what_was_held_and_idle_cash():
    start = account(400_000, (KODEX, 10, 30_000), (TIGER, 10, 30_000))
    growth = {KODEX: Fraction(1, 10), TIGER: Fraction(-1, 20)}
    # 30,000 - 15,000 of 1,000,000.
    assert return_of_doing_nothing(start, growth) == Fraction(15, 1_000)
    assert return_of_doing_nothing(account(5), {}) == 0
    assert return_of_doing_nothing(start, {KODEX: Fraction(0)}) is None
    assert return_of_doing_nothing(account(0), {}) is None


def test_growth_goes_step_by_step_to_the_return_of_the_whole():
    values = valuations(
        [(day(0), 1_000_000), (day(1), 1_510_000), (day(2), 1_540_200)],
        [CashFlow(at=day(1, -3), won=500_000)],
    )
    growth = growth_of(values)
    assert growth == (Fraction(0), Fraction(1, 100), time_weighted_return(values))


def test_nothing_can_grow_from_nothing():
    assert growth_of(valuations([(day(0), 0), (day(1), 5)], [])) is None

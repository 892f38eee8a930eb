from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.costs import CostModel
from core.domain.instrument import Symbol, TaxType
from core.domain.krx import KST
from core.domain.orders import Side
from core.domain.outcomes import half_up
from core.domain.realised import (
    Execution,
    Opening,
    Sale,
    Slip,
    Split,
    best_first,
    mean_days_held,
    sales_of,
    slippage,
    win_rate,
)

KODEX, TIGER = Symbol("069500"), Symbol("102110")
START = datetime(2024, 3, 4, 10, tzinfo=KST)
FREE = CostModel(commission_rate=Decimal(0))
EXEMPT = dict.fromkeys((KODEX, TIGER), TaxType.EXEMPT)


def trade(
    name: str, side: Side, quantity: int, price: str | int, day: int, symbol: Symbol = KODEX
) -> Execution:
    return Execution(
        order_id=name,
        symbol=symbol,
        side=side,
        quantity=quantity,
        price_won=Decimal(price),
        at=START + timedelta(days=day),
    )


def buy(name: str, quantity: int, price: str | int, day: int, symbol: Symbol = KODEX) -> Execution:
    return trade(name, Side.BUY, quantity, price, day, symbol)


def sell(name: str, quantity: int, price: str | int, day: int, symbol: Symbol = KODEX) -> Execution:
    return trade(name, Side.SELL, quantity, price, day, symbol)


def sales(
    *executions: Execution, splits=(), openings=(), costs=FREE, taxes=None
) -> tuple[Sale, ...]:
    return sales_of(
        executions,
        openings=openings,
        splits=splits,
        costs=costs,
        tax_types=EXEMPT if taxes is None else taxes,
    )


def test_first_in_first_out_by_hand():
    # 10 at 100, 10 at 120; 15 sold at 130: 10·100 + 5·120 = 1,600 against 1,950.
    (one,) = sales(buy("a", 10, 100, 0), buy("b", 10, 120, 2), sell("c", 15, 130, 6))
    assert (one.proceeds_won, one.cost_won, one.gross_won, one.net_won) == (1_950, 1_600, 350, 350)
    assert one.matched == 15
    assert one.days_held == Fraction(10 * 6 + 5 * 4, 15)


def test_fees_of_both_trades_and_the_tax_come_off():
    costs = CostModel(commission_rate=Decimal("0.001"))
    first, second = sales(
        buy("a", 10, 10_000, 0),
        sell("b", 4, 11_000, 1),
        sell("c", 6, 9_000, 2),
        costs=costs,
        taxes={KODEX: TaxType.HOLDING_PERIOD},
    )
    # The purchase's 100 won of fee are shared by shares: 40 and 60.
    assert (first.fees_won, first.tax_won) == (40 + 44, 616)
    assert first.net_won == 4_000 - 84 - 616
    assert (second.fees_won, second.tax_won, second.net_won) == (60 + 54, 0, -6_000 - 114)
    # A fund that nobody knows is taxed.
    assert sales(buy("a", 1, 100, 0), sell("b", 1, 200, 1), taxes={})[0].tax_won == 15


def test_a_split_multiplies_the_shares_and_keeps_the_cost():
    split = Split(symbol=KODEX, session=date(2024, 3, 6), ratio=Fraction(5))
    late = Split(symbol=KODEX, session=date(2025, 1, 2), ratio=Fraction(2))
    (one,) = sales(buy("a", 2, 50_000, 0), sell("b", 10, 10_100, 3), splits=(late, split))
    assert (one.cost_won, one.proceeds_won, one.gross_won) == (100_000, 101_000, 1_000)
    # On the day itself the trades are in new shares already.
    (same,) = sales(buy("a", 2, 50_000, 0), sell("b", 10, 10_000, 2), splits=(split,))
    assert same.gross_won == 0


def test_what_was_there_before_goes_first_and_is_in_no_sum():
    (one,) = sales(
        buy("a", 10, 100, 0), sell("b", 8, 150, 1), openings=(Opening(symbol=KODEX, shares=5),)
    )
    assert one.matched == 3
    assert (one.proceeds_won, one.cost_won) == (450, 300)
    unknown, oversold = sales(
        sell("b", 5, 150, 1), sell("c", 2, 150, 2), openings=(Opening(symbol=KODEX, shares=5),)
    )
    assert not unknown.matched
    assert not oversold.matched
    assert (unknown.net_won, oversold.net_won) == (0, 0)
    assert win_rate((unknown, oversold)) is None
    assert mean_days_held((unknown,)) is None
    assert best_first((unknown,)) == ()


def test_rates_of_many_sales():
    found = sales(
        buy("a", 10, 100, 0),
        buy("t", 10, 100, 0, TIGER),
        sell("b", 5, 110, 2),
        sell("c", 5, 100, 4),
        sell("d", 5, 90, 6, TIGER),
    )
    # Neither won nor lost is not won.
    assert win_rate(found) == Fraction(1, 3)
    assert mean_days_held(found) == 4
    assert [item.order_id for item in best_first(found)] == ["b", "c", "d"]


def test_slippage_by_hand():
    assert slippage(()) is None
    found = slippage(
        (
            Slip(side=Side.BUY, quantity=10, proposed_won=10_000, average_won=Decimal("10005.5")),
            Slip(side=Side.SELL, quantity=10, proposed_won=10_000, average_won=Decimal(10_010)),
        )
    )
    assert found is not None
    # 55 won too much, 100 won more than asked for: 45 better, of 200,000.
    assert (found.won, found.bps, found.legs) == (-45, Fraction(-45 * 10_000, 200_000), 2)


TRADES = st.lists(
    st.tuples(st.booleans(), st.integers(1, 50), st.integers(1_000, 90_000), st.integers(0, 5)),
    max_size=25,
)


@given(TRADES)
def test_every_won_is_accounted_for(rows):
    """Cash in less cash out is realised profit less the cost of what is left, whatever the order."""
    executions, held, cash = [], 0, 0
    for number, (is_buy, asked, price, day) in enumerate(sorted(rows, key=lambda row: row[3])):
        quantity = asked if is_buy else min(asked, held)
        if quantity == 0:
            continue
        held += quantity if is_buy else -quantity
        cash += -quantity * price if is_buy else quantity * price
        side = Side.BUY if is_buy else Side.SELL
        executions.append(trade(f"{number:03}", side, quantity, price, day))
    found = sales(*executions)
    assert all(item.matched == item.quantity for item in found)
    # Sell the rest for nothing: all that was ever paid is matched then.
    rest = sales(*executions, *([sell("rest", held, "0.001", 9)] if held else []))
    assert sum(item.gross_won for item in rest) == cash + half_up(Fraction(held, 1_000))
    assert sum(item.gross_won for item in found) == sum(
        item.gross_won for item in rest if item.order_id != "rest"
    )


@given(TRADES, st.permutations(range(3)))
def test_the_order_of_arrival_does_not_matter(rows, places):
    executions = [
        trade(f"{n:03}", Side.BUY if is_buy else Side.SELL, quantity, price, day)
        for n, (is_buy, quantity, price, day) in enumerate(rows)
    ]
    parts = [executions[start::3] for start in range(3)]
    mixed = [item for place in places for item in parts[place]]
    assert sales(*mixed) == sales(*executions)


@pytest.mark.parametrize("ratio", [Fraction(10), Fraction(1, 5)])
def test_a_split_of_what_is_not_held_does_nothing(ratio):
    split = Split(symbol=TIGER, session=START.date(), ratio=ratio)
    assert sales(buy("a", 1, 100, 0), sell("b", 1, 100, 1), splits=(split,))[0].gross_won == 0

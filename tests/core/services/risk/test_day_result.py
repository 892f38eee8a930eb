from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from core.domain.account import AccountSnapshot, Position
from core.domain.costs import CostModel
from core.domain.instrument import TaxType
from core.domain.money import Won
from core.domain.orders import BrokerOrder, BrokerOrderRef, OrderType, Side
from core.services.risk.day_result import (
    Opening,
    OpeningLine,
    day_result,
    filled_rows,
    net_cash_won,
    net_shares,
)
from tests.fakes.desk_kit import KODEX, TIGER, at

FREE = CostModel(Decimal(0))
OPENING = Opening(
    cash_won=500_000,
    lines={KODEX: OpeningLine(shares=10, price_won=30_000, cost_won=Decimal(28_000))},
)


def exempt(symbol):
    return TaxType.EXEMPT


def taxed(symbol):
    return TaxType.HOLDING_PERIOD


def row(side=Side.BUY, filled=1, price=30_000, symbol=KODEX, **changes):
    made = BrokerOrder(
        ref=BrokerOrderRef(number="1"),
        original_number="",
        symbol=symbol,
        side=side,
        order_type=OrderType.LIMIT,
        ordered=max(filled, 1),
        price_won=price,
        filled=filled,
        remaining=0,
        cancelled=0,
        rejected=0,
        average_price_won=Decimal(price),
        placed_at=at(10),
    )
    return replace(made, **changes)


def account(cash, **shares):
    known = {"kodex": KODEX, "tiger": TIGER}
    return AccountSnapshot(
        deposit_won=Won(cash),
        settled_d2_won=Won(cash),
        positions=tuple(
            Position(
                symbol=known[name],
                name=name,
                quantity=quantity,
                sellable=quantity,
                average_cost_won=Decimal(price),
                price_won=Won(price),
            )
            for name, (quantity, price) in shares.items()
        ),
        taken_at=at(11),
    )


def result(now, *rows, opening=OPENING, costs=FREE, tax_of=exempt):
    return day_result(opening, now, rows, costs, tax_of)


def test_the_opening_is_cash_and_shares_at_the_previous_close():
    assert OPENING.nav_won == 800_000


def test_prices_that_fell_are_a_loss():
    found = result(account(500_000, kodex=(10, 29_000)))
    assert (found.trading_won, found.flow_won, found.nav_won) == (-10_000, 0, 790_000)


def test_a_deposit_a_withdrawal_or_a_dividend_is_no_result():
    for flow in (300_000, -300_000, 1_234):
        found = result(account(500_000 + flow, kodex=(10, 30_000)))
        assert (found.trading_won, found.flow_won) == (0, flow)


def test_a_withdrawal_hides_no_loss_and_a_deposit_heals_none():
    for flow in (500_000, -400_000):
        assert result(account(500_000 + flow, kodex=(10, 28_000))).trading_won == -20_000


def test_buying_costs_the_fee_and_moves_with_the_price():
    costs = CostModel(Decimal("0.001"))
    found = result(account(439_940, kodex=(12, 29_500)), row(filled=2), costs=costs)
    assert (found.trading_won, found.flow_won) == (-6_060, 0)


def test_what_was_sold_out_keeps_its_result():
    sold = row(Side.SELL, filled=10, price=29_000)
    found = result(account(790_000), sold)
    assert (found.trading_won, found.flow_won) == (-10_000, 0)


def test_the_gain_of_a_sale_is_taxed_as_its_upper_bound():
    sold = row(Side.SELL, filled=10, price=30_000)
    found = result(account(800_000), sold, tax_of=taxed)
    assert found.trading_won == -3_080  # 15.4 % of 10 × 2,000
    unknown = Opening(
        cash_won=0, lines={KODEX: OpeningLine(shares=10, price_won=30_000, cost_won=None)}
    )
    assert result(account(300_000), sold, opening=unknown, tax_of=taxed).trading_won == 0


def test_bought_and_sold_within_the_day():
    rows = (row(filled=3, symbol=TIGER), row(Side.SELL, filled=3, price=29_000, symbol=TIGER))
    found = result(account(497_000, kodex=(10, 30_000)), *rows)
    assert (found.trading_won, found.flow_won) == (-3_000, 0)


def test_shares_that_came_or_went_without_an_order_are_no_result():
    assert result(account(500_000, kodex=(15, 30_000))).trading_won == 0
    assert result(account(500_000)).trading_won == 0
    assert result(account(500_000, kodex=(10, 30_000), tiger=(5, 10_000))).trading_won == 0


def test_a_fill_between_the_two_reads_alarms_nobody():
    """The list was read before a sale filled, the account after: shares are gone, no order says so."""
    found = result(account(800_000, kodex=(0, 30_000)))
    assert (found.trading_won, found.flow_won) == (0, 300_000)


def test_rows_without_fills_and_cancel_rows_move_nothing():
    rows = (row(filled=0), row(filled=2, is_cancel_row=True), row(filled=1, average_price_won=None))
    assert filled_rows(rows) == (rows[2],)
    assert net_shares(rows) == {KODEX: 1}
    assert net_cash_won(rows, {}, FREE, exempt) == -30_000


def test_a_symbol_that_is_gone_is_valued_at_its_last_fill():
    sold = row(Side.SELL, filled=4, price=29_000, average_price_won=None)
    found = result(account(616_000), sold)
    # Four sold at 29,000; six left the account without an order.
    assert found.trading_won == -10_000


@given(
    some.integers(-500_000, 5_000_000),
    some.integers(0, 20),
    some.integers(1, 60_000),
    some.lists(
        some.tuples(some.sampled_from(Side), some.integers(0, 9), some.integers(1, 60_000)),
        max_size=5,
    ),
)
def test_cash_itself_never_enters_the_result(flow, held, price, fills):
    rows = tuple(row(side, filled, paid) for side, filled, paid in fills)
    before = result(account(500_000, kodex=(held, price)), *rows)
    after = result(account(500_000 + flow, kodex=(held, price)), *rows)
    assert after.trading_won == before.trading_won
    assert after.flow_won == before.flow_won + flow

from datetime import datetime

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.orders import BrokerOrder, BrokerOrderRef, OrderHistory, OrderType, Side
from core.domain.statements import open_orders_of

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=KST)


def order(number, remaining, *, is_cancel_row=False, filled=0):
    return BrokerOrder(
        ref=BrokerOrderRef(number=number, branch="00950"),
        original_number="",
        symbol=Symbol("069500"),
        side=Side.SELL,
        order_type=OrderType.LIMIT,
        ordered=5,
        price_won=35_000,
        filled=filled,
        remaining=remaining,
        cancelled=0,
        rejected=0,
        average_price_won=None,
        placed_at=NOW,
        is_cancel_row=is_cancel_row,
    )


def test_only_what_still_works_is_open():
    rows = (order("1", 0), order("2", 3, filled=2), order("3", 5, is_cancel_row=True))
    (found,) = open_orders_of(OrderHistory(day=NOW.date(), read_at=NOW, orders=rows))
    assert (found.ref.number, found.cancellable, found.filled, found.ordered) == ("2", 3, 2, 5)
    assert (found.side, found.price_won, found.placed_at) == (Side.SELL, 35_000, NOW)

"""An order that comes while the market trades meets at once what its minute still offers."""

from datetime import timedelta

from brokers.sim.exchange import Exchange
from brokers.sim.values import Placed, Refusal, Refused
from tests.brokers.sim.test_exchange import S, buy, exchange, sell
from tests.brokers.sim.worlds import DAY, at, market, tick


def test_a_buy_trades_at_once_at_the_ask_of_the_minute_it_comes_in():
    ex = exchange({0: tick(10_000, 9_995, 10_000), 61: tick(9_980, 9_975, 9_980)})
    assert buy(ex, at(10, 0, 30), 3, 10_005) == Placed(1, at(10, 0, 30))
    order = ex.orders(DAY)[0]
    assert (order.filled, order.remaining, order.reserved_won) == (3, 0, 0)
    assert ex.cash(at(10, 0, 30)).orderable == 1_000_000 - 30_000 - 4
    fills = ex.advance(at(10, 0, 30))
    assert [(f.quantity, f.price, f.at) for f in fills] == [(3, 10_000, at(10, 0, 30))]
    assert ex.advance(at(10, 2)) == []


def test_what_the_minute_does_not_give_waits_for_the_next_and_reserves_its_cash():
    ex = exchange({0: tick(10_000, 9_995, 10_000, 20), 61: tick(9_980, 9_975, 9_980, 20)})
    buy(ex, at(10, 0, 30), 3, 10_005)
    order = ex.orders(DAY)[0]
    assert (order.filled, order.remaining) == (2, 1)
    assert order.reserved_won == 10_005 + 1  # commission 4 on the whole, 3 of it paid
    assert ex.cash(at(10, 0, 59)).orderable == 1_000_000 - 20_000 - 3 - order.reserved_won
    fills = ex.advance(at(10, 1))
    assert [(f.quantity, f.price, f.at) for f in fills] == [
        (2, 10_000, at(10, 0, 30)),
        (1, 9_980, at(10, 1)),
    ]
    assert (order.remaining, order.reserved_won) == (0, 0)


def test_asking_again_in_the_same_minute_gets_only_what_is_left_of_it():
    ex = exchange({0: tick(10_000, 9_995, 10_000, 50)})
    ex.grant(S, 9, 9_000)
    buy(ex, at(10, 0, 1), 4, 10_000)
    buy(ex, at(10, 0, 1), 4, 10_000)  # the last share of this minute
    ex.cancel(at(10, 0, 2), 2)
    buy(ex, at(10, 0, 3), 4, 0, is_market=True)
    sell(ex, at(10, 0, 4), 4, 9_000)  # the other side has the same share of the minute
    fills = ex.advance(at(10, 0, 59))
    assert [(f.number, f.quantity) for f in fills] == [(1, 4), (2, 1)]
    fills = ex.advance(at(10, 1))
    assert [(f.number, f.quantity) for f in fills] == [(4, 4), (5, 1)]
    # What stood before took this whole minute as well.
    assert buy(ex, at(10, 1, 30), 1, 10_000) == Placed(6, at(10, 1, 30))
    assert ex.advance(at(10, 1, 59)) == []


def test_every_symbol_has_a_share_of_the_minute_of_its_own():
    prices = market()
    ex = Exchange(prices, opening_cash_won=1_000_000_000)
    index = (at(10) - at(9)) // timedelta(minutes=1)
    for number, symbol in enumerate(("069500", "229200"), 1):
        offered = prices.minute(symbol, DAY, index).volume // 10
        assert offered > 0
        ex.place(at(10), symbol, is_buy=True, quantity=offered + 1, price=0, is_market=True)
        assert [f.quantity for f in ex.executions(DAY) if f.number == number] == [offered]


def test_what_came_at_once_is_told_by_the_next_look_and_only_once():
    ex = exchange()
    buy(ex, at(10, 0, 30), 3, 10_000)
    assert ex.advance(at(10, 0, 30)) == ex.executions(DAY) != []
    assert ex.advance(at(10, 0, 31)) == []


def test_an_order_that_has_traded_whole_has_nothing_left_to_cancel():
    ex = exchange()
    buy(ex, at(10, 0, 30), 3, 10_000)
    assert ex.cancel(at(10, 0, 30), 1) == Refused(Refusal.NOTHING_LEFT)
    assert len(ex.orders(DAY)) == 1


def test_a_better_price_takes_nothing_back_from_who_came_first():
    ex = exchange({0: tick(10_000, 9_995, 10_000, 50)})
    buy(ex, at(10, 0, 1), 3, 10_000)
    buy(ex, at(10, 0, 2), 3, 10_010)
    buy(ex, at(10, 0, 3), 3, 0, is_market=True)
    fills = ex.advance(at(10, 0, 59))
    assert [(f.number, f.quantity) for f in fills] == [(1, 3), (2, 2)]
    # The next minute finds both standing: the market order goes first.
    assert [(f.number, f.quantity) for f in ex.advance(at(10, 1))] == [(3, 3), (2, 1)]


def test_an_order_after_the_opening_auction_meets_the_book_and_not_its_price():
    ex = exchange({0: tick(10_000, 9_995, 10_005)})
    ex.grant(S, 5, 9_000)
    buy(ex, at(8, 59, 59), 1, 10_000)
    assert [f.price for f in ex.advance(at(9))] == [10_000]
    buy(ex, at(9, 0, 0), 1, 10_000)  # below the ask
    buy(ex, at(9, 0, 30), 1, 10_010)
    sell(ex, at(9, 0, 30), 1, 9_000)
    fills = ex.advance(at(9, 0, 59))
    assert [(f.number, f.price) for f in fills] == [(3, 10_005), (4, 9_995)]


def test_the_opening_auction_leaves_the_rest_of_its_minute():
    ex = exchange({0: tick(10_000, 9_995, 10_000, 50)})
    buy(ex, at(8, 40), 3, 10_000)
    buy(ex, at(9, 0, 20), 3, 10_000)
    fills = ex.advance(at(9, 0, 59))
    assert [(f.number, f.quantity, f.at) for f in fills] == [(1, 3, at(9)), (2, 2, at(9, 0, 20))]

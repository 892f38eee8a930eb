from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokers.sim.exchange import Exchange
from brokers.sim.values import Lasting, MinutePrice, Placed, Refusal, Refused
from tests.brokers.sim.worlds import DAY, Scripted, at, market, tick

S = "069500"
FLAT = {0: tick(10_000, 9_995, 10_000), 390: tick(10_100, 0, 0, 1_000)}


def exchange(
    minutes: dict[int, MinutePrice] | None = None, cash: int = 1_000_000, **terms: Any
) -> Exchange:
    return Exchange(Scripted(minutes or FLAT), opening_cash_won=cash, **terms)


def buy(
    ex: Exchange, now: datetime, quantity: int, price: int, *, is_market: bool = False
) -> Placed | Refused:
    return ex.place(now, S, is_buy=True, quantity=quantity, price=price, is_market=is_market)


def sell(ex: Exchange, now: datetime, quantity: int, price: int) -> Placed | Refused:
    return ex.place(now, S, is_buy=False, quantity=quantity, price=price)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (at(8, 29, 59), Refusal.MARKET_CLOSED),
        (at(15, 30), Refusal.MARKET_CLOSED),
        (at(10, day=date(2026, 11, 21)), Refusal.NOT_A_SESSION),
        (at(10, day=date(2026, 11, 19)), Refusal.NOT_A_SESSION),
    ],
)
def test_orders_outside_the_session_are_refused(now, reason):
    ex = exchange()
    assert buy(ex, now, 1, 10_000) == Refused(reason)
    assert ex.cancel(now, 1) == Refused(reason)


@pytest.mark.parametrize("now", [at(8, 30), at(9), at(15, 29, 59)])
def test_orders_within_are_taken(now):
    assert buy(exchange(), now, 1, 10_000) == Placed(1, now)


@pytest.mark.parametrize(
    ("quantity", "price", "reason"),
    [
        (0, 10_000, Refusal.BAD_QUANTITY),
        (-1, 10_000, Refusal.BAD_QUANTITY),
        (10**9, 10_000, Refusal.BAD_QUANTITY),
        (1, 10_001, Refusal.OFF_TICK),
        (1, 0, Refusal.OFF_TICK),
        (1, -5, Refusal.OFF_TICK),
        (1, 13_005, Refusal.OUTSIDE_BAND),
        (1, 6_995, Refusal.OUTSIDE_BAND),
        (100, 10_000, Refusal.NOT_ENOUGH_CASH),  # 1,000,000 and no won for the commission
    ],
)
def test_terms_that_the_exchange_refuses(quantity, price, reason):
    ex = exchange()
    assert buy(ex, at(10), quantity, price) == Refused(reason)
    assert ex.orders(DAY) == []


@pytest.mark.parametrize("price", [7_000, 13_000])
def test_the_limits_themselves_are_legal(price):
    assert isinstance(buy(exchange(), at(10), 1, price), Placed)


def test_unknown_symbols():
    ex = exchange()
    answer = ex.place(at(10), "000000", is_buy=True, quantity=1, price=10_000)
    assert answer == Refused(Refusal.UNKNOWN_SYMBOL)
    assert ex.market(at(10), "000000") is None
    assert ex.buying_power(at(10), "000000", 10_000, is_market=False) == (1_000_000, 0)


def test_a_buy_below_the_ask_waits():
    ex = exchange({0: tick(10_000, 9_995, 10_000), 70: tick(9_990, 9_985, 9_990)})
    buy(ex, at(10), 1, 9_995)
    assert ex.advance(at(10, 9)) == []
    assert [f.price for f in ex.advance(at(10, 10))] == [9_990]


def test_a_sell_fills_at_the_bid():
    ex = exchange()
    ex.grant(S, 5, 9_000)
    sell(ex, at(10), 5, 9_000)
    assert [(f.price, f.at) for f in ex.advance(at(10))] == [(9_995, at(10))]
    assert ex.holdings(at(10))[0].quantity == 0


def test_a_sell_above_the_bid_waits():
    ex = exchange({0: tick(10_000, 9_995, 10_000), 70: tick(10_010, 10_005, 10_010)})
    ex.grant(S, 5, 9_000)
    sell(ex, at(10), 5, 10_000)
    assert ex.advance(at(10, 9)) == []
    assert [(f.price, f.at) for f in ex.advance(at(10, 10))] == [(10_005, at(10, 10))]


def test_a_minute_gives_a_tenth_of_its_volume():
    ex = exchange({0: tick(10_000, 9_995, 10_000, 250)})
    buy(ex, at(10), 60, 10_000)
    fills = ex.advance(at(10, 3))
    assert [(f.quantity, f.at) for f in fills] == [
        (25, at(10)),
        (25, at(10, 1)),
        (10, at(10, 2)),
    ]
    order = ex.orders(DAY)[0]
    assert (order.filled, order.remaining, order.reserved_won) == (60, 0, 0)


def test_a_thin_minute_gives_one_share():
    ex = exchange({0: tick(10_000, 9_995, 10_000, 3)})
    buy(ex, at(10), 3, 10_000)
    assert [f.quantity for f in ex.advance(at(10, 1))] == [1, 1]


def test_standing_orders_share_a_minute_by_market_price_and_time():
    ex = exchange({0: tick(10_000, 9_995, 0), 61: tick(10_000, 9_995, 10_000, 50)})
    buy(ex, at(10), 3, 10_000)
    buy(ex, at(10), 3, 10_010)
    buy(ex, at(10), 3, 0, is_market=True)
    fills = ex.advance(at(10, 2))
    assert [(f.number, f.quantity) for f in fills] == [(3, 3), (2, 2), (2, 1), (1, 3)]


def test_an_empty_book_gives_nothing():
    ex = exchange({0: tick(10_000, 10_000, 0)})  # 상한가: nobody sells
    buy(ex, at(10), 1, 13_000)
    buy(ex, at(10), 1, 0, is_market=True)
    assert ex.advance(at(15)) == []


def test_the_opening_auction_meets_at_the_opening_price():
    ex = exchange({0: tick(10_050, 10_050, 10_055), 1: tick(10_050, 10_050, 10_055)})
    buy(ex, at(8, 40), 2, 10_050)
    buy(ex, at(8, 41), 2, 10_045)
    assert ex.advance(at(8, 59, 59)) == []
    assert [(f.number, f.price, f.at) for f in ex.advance(at(9))] == [(1, 10_050, at(9))]


def test_the_closing_auction_collects_and_meets_at_the_close():
    ex = exchange()
    buy(ex, at(15, 20), 2, 10_100)
    buy(ex, at(15, 25), 2, 10_095)
    assert ex.advance(at(15, 29, 59)) == []
    assert [(f.number, f.price, f.at) for f in ex.advance(at(15, 30))] == [(1, 10_100, at(15, 30))]
    assert [(o.filled, o.cancelled) for o in ex.orders(DAY)] == [(2, 0), (0, 2)]


def test_what_is_unfilled_ends_with_the_day_and_numbers_begin_again():
    ex = exchange()
    buy(ex, at(10), 1, 9_000)
    tomorrow = at(9, day=date(2026, 11, 23))
    assert buy(ex, tomorrow, 1, 9_000) == Placed(1, tomorrow)
    assert ex.orders(DAY)[0].cancelled == 1
    assert ex.cash(tomorrow).orderable == 1_000_000 - 9_000 - 1


def test_a_cancel_gets_a_row_of_its_own():
    ex = exchange({0: tick(10_000, 9_995, 10_000, 20)})
    buy(ex, at(10), 5, 10_000)
    assert ex.cancel(at(10, 1), 1) == Placed(2, at(10, 1))
    order, row = ex.orders(DAY)
    assert (order.filled, order.cancelled, order.remaining) == (4, 1, 0)
    assert (row.original, row.quantity, row.filled, row.remaining) == (1, 1, 0, 0)
    assert ex.advance(at(15)) == ex.executions(DAY)
    assert ex.cancel(at(15), 1) == Refused(Refusal.NOTHING_LEFT)
    assert ex.cancel(at(15), 2) == Refused(Refusal.UNKNOWN_ORDER)
    assert ex.cancel(at(15), 3) == Refused(Refusal.UNKNOWN_ORDER)


def test_amended_shares_go_on_at_the_end_of_the_queue():
    ex = exchange({0: tick(10_000, 9_995, 0), 60: tick(10_000, 9_995, 10_000, 20)})
    buy(ex, at(9, 30), 2, 9_900)
    buy(ex, at(9, 31), 2, 10_000)
    assert ex.amend(at(9, 32), 1, price=10_000) == Placed(3, at(9, 32))
    assert [(f.number, f.quantity) for f in ex.advance(at(10))] == [(2, 2)]
    first, _, amended = ex.orders(DAY)
    assert (first.cancelled, first.remaining, first.is_cancel) == (2, 0, False)
    assert (amended.original, amended.amends, amended.is_cancel) == (1, True, False)
    assert ex.amend(at(10), 9, price=10_000) == Refused(Refusal.UNKNOWN_ORDER)
    assert ex.amend(at(16), 3, price=10_000) == Refused(Refusal.MARKET_CLOSED)
    assert Exchange.restore(Scripted(FLAT), ex.dump()).orders(DAY) == ex.orders(DAY)


def test_an_amendment_that_cannot_be_paid_changes_nothing():
    ex = exchange({0: tick(10_000, 9_995, 0)}, cash=20_100)
    buy(ex, at(10), 2, 10_000)
    before = ex.cash(at(10))
    assert ex.amend(at(10, 1), 1, price=12_000) == Refused(Refusal.NOT_ENOUGH_CASH)
    assert (ex.orders(DAY)[0].remaining, ex.cash(at(10, 1))) == (2, before)


@pytest.mark.parametrize(
    ("lasting", "quantity", "filled"),
    [
        (Lasting.DAY, 9, 2),
        (Lasting.AT_ONCE, 9, 2),
        (Lasting.WHOLE, 9, 0),
        (Lasting.WHOLE, 2, 2),
    ],
)
def test_what_does_not_trade_as_it_comes(lasting, quantity, filled):
    ex = exchange({0: tick(10_000, 9_995, 10_000, 20)})
    before = ex.cash(at(10)).orderable
    ex.place(at(10), S, is_buy=True, quantity=quantity, price=10_000, lasting=lasting)
    [order] = ex.orders(DAY)
    waits = lasting is Lasting.DAY
    assert (order.filled, order.remaining) == (filled, quantity - filled if waits else 0)
    if not waits:
        fee = 3 if filled else 0
        assert ex.cash(at(10)).orderable == before - filled * 10_000 - fee


def test_a_conditional_order_takes_any_price_of_the_closing_print():
    ex = exchange()
    held = ex.cash(at(10)).orderable
    ex.place(at(10), S, is_buy=True, quantity=1, price=9_000, lasting=Lasting.TO_THE_CLOSE)
    assert held - ex.cash(at(10)).orderable == 13_001
    assert [(f.price, f.at) for f in ex.advance(at(15, 31))] == [(10_100, at(15, 30))]
    nothing = replace(tick(10_000, 0, 0, 0), cumulative_volume=0)
    silent = exchange({0: tick(10_000, 9_995, 10_000), 390: nothing})
    silent.place(at(10), S, is_buy=True, quantity=1, price=9_000, lasting=Lasting.TO_THE_CLOSE)
    assert silent.advance(at(15, 31)) == []


def test_the_band_of_a_leveraged_fund_is_as_many_times_as_wide():
    plain, double = exchange(), exchange(multiples={S: -2})
    for ex, lower, upper in ((plain, 7_000, 13_000), (double, 4_000, 16_000)):
        view = ex.market(at(10), S)
        assert view is not None
        assert (view.lower_limit, view.upper_limit) == (lower, upper)
        assert buy(ex, at(10), 1, upper + 5) == Refused(Refusal.OUTSIDE_BAND)
        assert isinstance(buy(ex, at(10), 1, upper), Placed)
    again = Exchange.restore(Scripted(FLAT), double.dump()).market(at(10), S)
    assert again is not None
    assert again.upper_limit == 16_000
    old = {key: value for key, value in double.dump().items() if key != "multiples"}
    assert Exchange.restore(Scripted(FLAT), old).market(at(10), S) != again


def test_fees_of_partial_fills_add_up_to_the_fee_of_the_whole():
    ex = exchange({0: tick(10_000, 9_995, 10_000, 10)})
    buy(ex, at(10), 10, 10_000)
    fills = ex.advance(at(10, 30))
    assert len(fills) == 10
    assert sum(fill.fee for fill in fills) == 15  # 100,000 at 0.015 %
    assert ex.cash(at(10, 30)).d2 == 1_000_000 - 100_000 - 15


def test_cash_settles_on_the_second_session_after():
    ex = exchange()
    ex.grant(S, 10, 10_000)
    sell(ex, at(10), 10, 9_000)
    after = ex.cash(at(11))
    assert (after.deposit, after.d1, after.d2) == (1_000_000, 1_000_000, 1_099_936)
    assert (after.orderable, after.sells_today, after.fees_today) == (1_099_936, 99_950, 14)
    monday = ex.cash(at(11, day=date(2026, 11, 23)))
    assert (monday.deposit, monday.d1, monday.sells_today) == (1_000_000, 1_099_936, 0)
    saturday = exchange()
    assert saturday.cash(at(11, day=date(2026, 11, 21))).deposit == 1_000_000
    tuesday = ex.cash(at(11, day=date(2026, 11, 24)))
    assert (tuesday.deposit, tuesday.d2) == (1_099_936, 1_099_936)


def test_an_old_trade_has_settled_even_beyond_the_known_sessions():
    ex = exchange()
    buy(ex, at(10), 1, 10_000)
    ex.advance(at(11))
    assert ex.cash(at(11, day=date(2027, 3, 2))).deposit == 989_999


def test_a_gain_is_taxed_at_sale_only_where_it_is():
    minutes = {0: tick(12_000, 11_995, 12_000), 100: tick(9_000, 8_995, 9_000)}
    free, taxed = exchange(minutes), exchange(minutes, taxed=frozenset({S}))
    for ex in (free, taxed):
        ex.grant(S, 20, 10_000)
        sell(ex, at(10), 10, 11_000)
        ex.advance(at(10, 5))
    assert free.cash(at(10, 5)).taxes_today == 0
    assert taxed.cash(at(10, 5)).taxes_today == 3_072  # 1,995 x 10 x 15.4 %
    assert free.cash(at(10, 5)).d2 - taxed.cash(at(10, 5)).d2 == 3_072
    # The loss that follows gives nothing back.
    sell(taxed, at(11), 10, 8_000)
    assert taxed.cash(at(12)).taxes_today == 3_072


def test_the_average_cost_follows_buys_and_ignores_sells():
    ex = exchange({0: tick(10_000, 9_995, 10_000)}, cash=10_000_000)
    ex.grant(S, 2, 9_995)
    buy(ex, at(10), 1, 10_000)
    sell(ex, at(10, 5), 2, 9_000)
    holding = ex.holdings(at(10, 10))[0]
    assert (holding.quantity, holding.average_cost) == (1, Decimal("9996.6667"))
    assert (holding.bought_today, holding.sold_today) == (1, 2)


def test_a_symbol_sold_out_stays_in_the_list_until_the_day_ends():
    ex = exchange()
    ex.grant(S, 1, 9_995)
    sell(ex, at(10), 1, 9_000)
    assert [(h.quantity, h.sold_today) for h in ex.holdings(at(11))] == [(0, 1)]
    assert ex.holdings(at(8, day=date(2026, 11, 23))) == []


def test_open_sells_hold_shares_back():
    ex = exchange()
    ex.grant(S, 3, 9_000)
    assert isinstance(sell(ex, at(10), 2, 12_000), Placed)
    assert ex.holdings(at(10))[0].sellable == 1
    assert sell(ex, at(10), 2, 12_000) == Refused(Refusal.NOT_ENOUGH_SHARES)
    ex.cancel(at(10), 1)
    assert ex.holdings(at(10))[0].sellable == 3


def test_buying_power_is_exactly_what_an_order_may_ask():
    for cash in (1_000_000, 999_999, 10_001, 10_000, 130_019, 0):
        ex = exchange({0: tick(10_000, 9_995, 0)}, cash=cash)  # nobody sells: every order waits
        for price, is_market in ((10_000, False), (9_995, False), (0, True)):
            won, quantity = ex.buying_power(at(10), S, price, is_market=is_market)
            assert won == cash
            more = buy(ex, at(10), quantity + 1, price, is_market=is_market)
            assert more == Refused(Refusal.NOT_ENOUGH_CASH)
            if quantity:
                placed = buy(ex, at(10), quantity, price, is_market=is_market)
                assert isinstance(placed, Placed)
                ex.cancel(at(10), placed.number)


def test_the_market_before_within_and_after_the_session():
    ex = Exchange(market(), opening_cash_won=0)
    base = market().daily_bars(S, date(2026, 11, 19), date(2026, 11, 19), adjusted=False)[0].close
    close = market().daily_bars(S, DAY, DAY, adjusted=False)[0].close
    before, within, after, saturday = (
        ex.market(now, S)
        for now in (at(8, 50), at(10), at(18), at(12, day=DAY + timedelta(days=1)))
    )
    assert before
    assert (before.minute.last, before.minute.ask, before.is_open) == (base, 0, False)
    assert within
    assert within.is_open
    assert within.minute.ask
    assert within.base == base
    assert after
    assert (after.minute.last, after.minute.ask, after.is_open) == (close, 0, False)
    assert saturday
    assert (saturday.minute.last, saturday.base) == (close, close)


def test_time_never_runs_backwards():
    ex = exchange()
    ex.advance(at(11))
    answer = buy(ex, at(10), 1, 10_000)
    assert answer == Placed(1, at(11))


def test_bad_construction_and_naive_time():
    with pytest.raises(ValueError, match="cash"):
        exchange(cash=-1)
    with pytest.raises(ValueError, match="percent"):
        exchange(fills_per_minute_percent=0)
    with pytest.raises(ValueError, match="aware"):
        exchange().advance(at(10).replace(tzinfo=None))
    with pytest.raises(ValueError, match="deposit"):
        exchange().deposit(-1)
    with pytest.raises(ValueError, match="grant"):
        exchange().grant("000000", 1, 1)


def test_a_deposit_is_settled_at_once():
    ex = exchange(cash=0)
    ex.deposit(5_000)
    assert ex.cash(at(10)).deposit == ex.cash(at(10)).orderable == 5_000


def test_history_older_than_a_quarter_is_forgotten():
    ex = exchange()
    buy(ex, at(10), 1, 10_000)
    ex.advance(at(10, day=DAY + timedelta(days=100)))
    assert len(ex.orders(DAY)) == 1
    ex.advance(at(10, day=DAY + timedelta(days=101)))
    assert (ex.orders(DAY), ex.executions(DAY)) == ([], [])

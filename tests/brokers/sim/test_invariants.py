"""Whatever is asked of the exchange, its books add up, and asking in between changes nothing."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.sim.exchange import Exchange
from brokers.sim.prices_synthetic import SyntheticMarket
from brokers.sim.values import Placed, Refusal, Refused
from tests.brokers.sim.worlds import NAMES, at, market

pytestmark = pytest.mark.untraced

MARKET = market()
START = at(8, 45)
PERCENT = 1  # of these markets' volume: 7 to 20 shares in most minutes, so that orders share them

actions = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "market buy", "market sell", "cancel", "wait"]),
        st.sampled_from([*NAMES]),
        st.integers(-2, 60),  # shares, or the number to cancel
        st.integers(-12, 12),  # ticks from the last price
        st.integers(0, 3_000),  # seconds until the next
    ),
    max_size=40,
)


def start(prices: SyntheticMarket = MARKET) -> Exchange:
    exchange = Exchange(
        prices,
        opening_cash_won=1_000_000,
        commission_rate=Decimal("0.00015"),
        fills_per_minute_percent=PERCENT,
        taxed=frozenset({"229200"}),
    )
    exchange.grant("069500", 20, 20_000)
    return exchange


def act(exchange: Exchange, now, action) -> Placed | Refused | None:
    verb, symbol, number, ticks, _ = action
    if verb == "wait":
        exchange.advance(now)
        return None
    if verb == "cancel":
        return exchange.cancel(now, number)
    view = exchange.market(now, symbol)
    assert view
    return exchange.place(
        now,
        symbol,
        is_buy=verb.endswith("buy"),
        quantity=number,
        price=view.minute.last + ticks * 5,
        is_market=verb.startswith("market"),
    )


def check(exchange: Exchange, now) -> None:
    cash = exchange.cash(now)
    assert 0 <= cash.orderable <= cash.d2
    assert cash.deposit >= 0
    assert cash.d1 >= 0
    for holding in exchange.holdings(now):
        assert 0 <= holding.sellable <= holding.quantity
    fills = exchange.executions(now.date())
    for order in exchange.orders(now.date()):
        own = [fill for fill in fills if fill.number == order.number]
        assert order.filled == sum(fill.quantity for fill in own)
        assert order.amount == sum(fill.quantity * fill.price for fill in own)
        assert order.remaining >= 0
        assert order.filled + order.cancelled + order.remaining == order.quantity
        for fill in own:
            better = fill.price <= order.price if order.is_buy else fill.price >= order.price
            assert better or order.is_market
    assert cash.fees_today == sum(fill.fee for fill in fills)
    assert fills == sorted(fills, key=lambda fill: fill.at)
    check_shares(exchange, now.date())


def check_shares(exchange: Exchange, day: date) -> None:
    """No minute gave more of a symbol than its share of the volume."""
    symbols = {order.number: order.symbol for order in exchange.orders(day)}
    given: Counter[tuple[str, int]] = Counter()
    for fill in exchange.executions(day):
        index = (fill.at - at(9, day=day)) // timedelta(minutes=1)
        given[symbols[fill.number], index] += fill.quantity
    for (symbol, index), quantity in given.items():
        assert quantity <= offered_by(symbol, day, index)


def offered_by(symbol: str, day: date, index: int) -> int:
    return max(1, MARKET.minute(symbol, day, index).volume * PERCENT // 100)


def check_arrival(exchange: Exchange, now: datetime) -> None:
    """The newest order has all that its minute offered it, at the best price of the book."""
    order = exchange.orders(now.date())[-1]
    view = exchange.market(now, order.symbol)
    assert view
    best = view.minute.ask if order.is_buy else view.minute.bid
    own = [f for f in exchange.executions(now.date()) if f.number == order.number]
    assert [(f.price, f.at) for f in own] == [(best, now)] * len(own)
    meets = order.is_market or (best <= order.price if order.is_buy else best >= order.price)
    if not (best and meets and view.is_open):
        assert not own
    elif order.remaining:
        index = (now - at(9, day=now.date())) // timedelta(minutes=1)
        began = now.replace(second=0)
        rows = {o.number for o in exchange.orders(now.date()) if o.symbol == order.symbol}
        fills = [f for f in exchange.executions(now.date()) if f.at >= began and f.number in rows]
        given = sum(fill.quantity for fill in fills)
        assert given == offered_by(order.symbol, now.date(), index)
    waits = order.is_buy and order.remaining
    assert (order.reserved_won > 0) == bool(waits)


@settings(max_examples=60, deadline=None)
@given(actions)
def test_the_books_add_up_after_anything(plan):
    exchange, now = start(), START
    for action in plan:
        answer = act(exchange, now, action)
        assert not (isinstance(answer, Refused) and answer.reason is Refusal.UNKNOWN_SYMBOL)
        check(exchange, now)
        if isinstance(answer, Placed) and action[0] != "cancel":
            check_arrival(exchange, now)
        now += timedelta(seconds=action[4])
    check(exchange, now + timedelta(days=5))


@settings(max_examples=25, deadline=None)
@given(actions, st.integers(1, 600))
def test_how_often_one_asks_changes_nothing(plan, step):
    calm, curious = start(), start(market())
    now, answers = START, []
    for action in plan:
        answers.append(act(calm, now, action))
        now += timedelta(seconds=action[4])
    probe, seen, again = START, [], []
    for action in plan:
        again.append(act(curious, probe, action))
        until = probe + timedelta(seconds=action[4])
        while probe + timedelta(seconds=step) < until:
            probe += timedelta(seconds=step)
            seen += curious.advance(probe)
            curious.holdings(probe)
        probe = until
    assert again == answers
    end = START + timedelta(days=3)
    seen += curious.advance(end)
    calm.advance(end)
    for offset in range(3):
        day = (START + timedelta(days=offset)).date()
        assert curious.executions(day) == calm.executions(day)
        assert curious.orders(day) == calm.orders(day)
    assert curious.cash(end) == calm.cash(end)


@settings(max_examples=25, deadline=None)
@given(actions, st.integers(0, 39))
def test_a_restart_at_any_moment_changes_nothing(plan, cut):
    steady, restarted, now = start(), start(), START
    for place, action in enumerate(plan):
        assert act(steady, now, action) == act(restarted, now, action)
        if place == cut:
            text = json.dumps(restarted.dump())
            restarted = Exchange.restore(market(), json.loads(text))
            assert json.dumps(restarted.dump()) == text
        now += timedelta(seconds=action[4])
    end = now + timedelta(days=1)
    assert steady.advance(end) == restarted.advance(end)
    assert steady.dump() == restarted.dump()


@pytest.mark.parametrize("symbol", [*NAMES])
def test_two_runs_of_a_day_give_the_same_fills(symbol):
    runs = []
    for _ in range(2):
        exchange = Exchange(market(), opening_cash_won=1_000_000)
        view = exchange.market(at(9, 5), symbol)
        assert view
        exchange.place(at(9, 5), symbol, is_buy=True, quantity=15, price=view.minute.last)
        runs.append(exchange.advance(at(15, 30)))
    assert runs[0] == runs[1]
    assert runs[0]

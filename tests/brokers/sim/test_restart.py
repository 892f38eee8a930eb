"""What is written down comes back the same, or not at all."""

import json
from datetime import date

import pytest

from brokers.sim.exchange import Exchange
from core.errors import InvariantBroken
from tests.brokers.sim.test_exchange import FLAT, S, buy, exchange, sell
from tests.brokers.sim.worlds import Scripted, at, tick


def test_a_restored_exchange_goes_on_as_if_nothing_happened():
    first = exchange({0: tick(10_000, 9_995, 10_000, 20)}, taxed=frozenset({S}))
    first.grant(S, 5, 9_000)
    buy(first, at(10), 9, 10_000)
    sell(first, at(10), 3, 9_990)
    first.cash(at(10, 2))
    state = json.loads(json.dumps(first.dump()))
    second = Exchange.restore(Scripted({0: tick(10_000, 9_995, 10_000, 20)}), state)
    assert second.dump() == first.dump()
    for now in (at(10, 4), at(15, 30), at(9, day=date(2026, 11, 24))):
        assert second.advance(now) == first.advance(now)
        assert second.dump() == first.dump()


def test_a_restart_within_a_minute_keeps_what_was_taken_of_it():
    minutes = {0: tick(10_000, 9_995, 10_000, 50)}
    first = exchange(minutes)
    buy(first, at(10, 0, 10), 4, 10_000)
    second = Exchange.restore(Scripted(minutes), json.loads(json.dumps(first.dump())))
    for ex in (first, second):
        buy(ex, at(10, 0, 20), 4, 10_000)
        assert [(f.number, f.quantity) for f in ex.advance(at(10, 0, 59))] == [(1, 4), (2, 1)]
    assert second.dump() == first.dump()


@pytest.mark.parametrize("state", [{}, {"version": 1}, {"taxed": 3, "commission_rate": "x"}])
def test_a_broken_state_is_refused(state):
    with pytest.raises(ValueError, match="not the state"):
        Exchange.restore(Scripted(FLAT), state)


def test_a_state_whose_sums_are_wrong_stops_the_market():
    ex = exchange()
    buy(ex, at(8, 40), 9, 10_000)
    state = {**ex.dump(), "settled": 1_000}
    with pytest.raises(InvariantBroken, match="cash"):
        Exchange.restore(Scripted(FLAT), state).advance(at(9))
    seller = exchange()
    seller.grant(S, 5, 9_000)
    sell(seller, at(8, 40), 5, 9_000)
    with pytest.raises(InvariantBroken, match="shares"):
        Exchange.restore(Scripted(FLAT), {**seller.dump(), "lots": {}}).advance(at(9))


def test_an_order_that_outlives_its_session_stops_the_market():
    ex = exchange()
    buy(ex, at(10), 1, 9_000)
    ex.advance(at(16))
    state = json.loads(json.dumps(ex.dump()))
    state["orders"][0]["cancelled"] = 0
    with pytest.raises(InvariantBroken, match="outlived"):
        Exchange.restore(Scripted(FLAT), state).advance(at(9, day=date(2026, 11, 23)))


def test_a_reservation_beyond_the_cash_stops_the_market():
    ex = exchange()
    ex.grant(S, 1, 9_000)
    buy(ex, at(8, 40), 9, 9_000)
    poor = Exchange.restore(Scripted(FLAT), {**ex.dump(), "settled": 1_000})
    with pytest.raises(InvariantBroken, match="reserved"):
        sell(poor, at(8, 40), 1, 12_000)
    # The same when a fill, not an order, brings it to light.
    buy(ex, at(8, 40), 1, 10_000)
    poor = Exchange.restore(Scripted(FLAT), {**ex.dump(), "settled": 20_000})
    with pytest.raises(InvariantBroken, match="add up"):
        poor.advance(at(9))

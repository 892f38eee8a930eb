"""The check of our own books: each rule broken by hand in a real ledger, and what people hear."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from core.domain.breakers import Breaker
from core.domain.modes import TradingState
from core.domain.orders import OrderState
from core.services.safety.self_check import FOUND, Books, Rule, broken_rules, read_books
from storage.schema import attempts, orders, reservations
from tests.core.services.safety.test_watch import journal, kit, told, trips, watching
from tests.fakes.desk_kit import DAY, KO, buy, sell

__all__ = ["kit"]  # the fixture


async def found(kit):
    async with kit.ledger.transaction() as tx:
        return [(item.rule, item.order_id) for item in broken_rules(await read_books(tx, DAY))]


async def write(kit, statement):
    async with kit.ledger.transaction() as tx:
        await tx._sql.run(statement)


async def test_a_day_of_orders_breaks_no_rule(kit):
    bought = await kit.sent(buy(2))
    kit.broker.fill(bought.ref.number, 1, 35_000)
    await kit.poll()
    assert await found(kit) == []
    kit.broker.fill(bought.ref.number, 2, 35_000)
    await kit.sent(sell(3))
    await kit.poll()
    await kit.approved(buy(1))
    assert await found(kit) == []
    kit.clock.move(24 * 3600)
    assert await found(kit) == [], "what lives on from yesterday was armed yesterday"


def mine(order):
    return orders.c.order_id == order.order_id


BREAKS = {
    Rule.ARMED: lambda order: delete(attempts).where(attempts.c.order_id == order.order_id),
    Rule.INSIDE_ENVELOPE: lambda order: (
        update(orders).where(mine(order)).values(request_quantity=4, quantity_max=3)
    ),
    Rule.NOT_OVERFILLED: lambda order: update(orders).where(mine(order)).values(filled=4),
    Rule.FILLS_ADD_UP: lambda order: update(orders).where(mine(order)).values(filled=1),
    Rule.HELD_BACK: lambda order: delete(reservations).where(
        reservations.c.order_id == order.order_id
    ),
    Rule.GIVEN_BACK: lambda order: (
        update(orders).where(mine(order)).values(state=OrderState.CANCELLED)
    ),
    Rule.NOT_ARMED: lambda order: (
        update(orders).where(mine(order)).values(state=OrderState.BLOCKED)
    ),
}
BESIDE = {
    # More than is held back, more than the fills, ended: what follows from the same hand.
    Rule.INSIDE_ENVELOPE: [Rule.HELD_BACK],
    Rule.NOT_OVERFILLED: [Rule.FILLS_ADD_UP],
    Rule.NOT_ARMED: [Rule.GIVEN_BACK],
}


@pytest.mark.parametrize("rule", BREAKS, ids=lambda rule: rule.value)
async def test_each_rule_is_looked_after(kit, rule):
    order = await kit.sent(buy(3))
    assert await found(kit) == []
    await write(kit, BREAKS[rule](order))
    rules = [rule, *BESIDE.get(rule, [])]
    assert sorted(await found(kit), key=str) == sorted(
        [(one, "T0000001-1") for one in rules], key=str
    )
    for one in rules:
        assert "T0000001-1" in KO.say(f"safety.rule_{one.value}", order="T0000001-1")


async def test_too_little_held_back_is_found_for_buys_and_for_sales(kit):
    bought, sold = await kit.sent(buy(3)), await kit.sent(sell(3))
    held = reservations.c.order_id
    await write(kit, update(reservations).where(held == bought.order_id).values(won=3 * 35_000 - 1))
    assert await found(kit) == [(Rule.HELD_BACK, bought.order_id)]
    await write(kit, update(reservations).where(held == sold.order_id).values(shares=2))
    assert await found(kit) == [
        (Rule.HELD_BACK, bought.order_id),
        (Rule.HELD_BACK, sold.order_id),
    ]


async def test_two_attempts_of_one_order_are_found_where_the_table_would_take_them(kit):
    order = await kit.sent(buy(3))
    async with kit.ledger.transaction() as tx:
        books = await read_books(tx, DAY)
    twice = replace(books, armed=[*books.armed, *books.armed])
    assert (Rule.ONE_ATTEMPT, order.order_id) in [
        (item.rule, item.order_id) for item in broken_rules(twice)
    ]


async def test_an_order_without_terms_is_outside(kit):
    await kit.sent(buy(3))
    async with kit.ledger.transaction() as tx:
        books = await read_books(tx, DAY)
    ((order, attempt),) = books.armed
    bare = replace(order, request=None)
    found = broken_rules(
        Books(
            armed=[(bare, attempt)],
            live=[bare],
            held=books.held,
            fills=(),
            armed_before=frozenset(),
        )
    )
    assert [item.rule for item in found] == [Rule.INSIDE_ENVELOPE]


async def test_a_broken_rule_halts_until_an_owner_has_looked_and_is_then_no_news(kit):
    order = await kit.sent(buy(3))
    watch = watching(kit)
    await watch.look()
    assert await trips(kit) == {}
    await write(kit, BREAKS[Rule.HELD_BACK](order))
    await watch.look()
    await watch.look()
    trip = (await trips(kit))[Breaker.INVARIANT]
    assert (trip.effect, trip.until) == (TradingState.HALTED, None)
    assert await told(kit) == [("안전장치가 모든 주문을 멈췄습니다", trip.reason)]
    assert "T0000001-1: 진행 중인데 묶어 둔 금액이나 수량이 모자랍니다" in trip.reason
    assert [line["rules"] for line in await journal(kit, "switch.tripped")] == [
        ["held_back:T0000001-1"]
    ]
    await kit.switch.release(Breaker.INVARIANT, actor="11", reason="봤습니다")
    await watching(kit).look()
    assert await trips(kit) == {}, "the same finding does not stop trading again"
    await write(kit, BREAKS[Rule.FILLS_ADD_UP](order))
    await watch.look()
    assert Breaker.INVARIANT in await trips(kit), "another one does"


@pytest.mark.parametrize("stored", ["", "{", '{"a": 1}'])
async def test_what_was_answered_and_cannot_be_read_answers_for_nothing(kit, stored):
    order = await kit.sent(buy(3))
    await write(kit, BREAKS[Rule.HELD_BACK](order))
    async with kit.ledger.transaction() as tx:
        await tx.put_setting(FOUND, stored)
    await watching(kit).look()
    assert Breaker.INVARIANT in await trips(kit)
    async with kit.ledger.transaction() as tx:
        assert json.loads(await tx.setting(FOUND)) == ["held_back:T0000001-1"]

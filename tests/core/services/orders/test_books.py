"""Positions and cash against the broker's; EXTERNAL orders; the comparison that changes nothing."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.books import AdjustmentKind, Difference
from core.domain.money import Won
from core.domain.orders import OrderRequest, OrderState, OrderType, Side
from core.domain.risk import Rule
from core.errors import BrokerUnavailable, StorageError
from core.ports.broker import WatchedBroker
from core.ports.ledger import BooksReading
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import (
    DAY,
    KO,
    KODEX,
    OWNER,
    STRANGER,
    TIGER,
    WIDE,
    at,
    buy,
    proposal,
    sell,
)
from tests.fakes.scripted_broker import Answer

LATER = DAY + timedelta(days=1)


def by_hand(symbol=KODEX, side=Side.BUY, quantity=7, price=34_000):
    return OrderRequest(symbol=symbol, side=side, quantity=quantity, price_won=price)


async def shares(kit):
    async with kit.ledger.transaction() as tx:
        return dict(await tx.book_shares())


async def holds(kit):
    async with kit.ledger.transaction() as tx:
        return {hold.symbol: hold.reason for hold in await tx.symbol_holds()}


async def externals(kit):
    async with kit.ledger.transaction() as tx:
        return {item.row.ref.number: item.row.filled for item in await tx.externals_on(DAY)}


async def titles(kit):
    await kit.desk._alarms.deliver()
    return [title for title, _ in kit.surface.alerts]


def says(key):
    return KO.say(f"orders.alert_{key}_title")


async def merge(kit):
    await kit.desk._tracker.merge(await kit.broker.order_history(DAY))


async def test_the_first_start_takes_what_is_held_for_the_beginning(kit):
    await kit.desk._recovery.run()
    assert await shares(kit) == {TIGER: 5}
    async with kit.ledger.transaction() as tx:
        (opening,) = await tx.adjustments()
    assert (opening.kind, opening.shares) == (AdjustmentKind.OPENING, 5)
    kit.broker.holdings[KODEX] = 1
    kit.again()
    await kit.desk._recovery.run()
    assert await shares(kit) == {TIGER: 5}
    assert await holds(kit) == {KODEX: "장부 0주, 증권사 1주"}


async def test_a_difference_seen_twice_holds_the_symbol_until_it_agrees_again(kit):
    await kit.desk._positions.check()
    kit.broker.holdings[TIGER] = 3
    before = kit.clock.now()
    assert await kit.desk._positions.check() == (Difference(symbol=TIGER, ours=5, theirs=3),)
    assert (kit.clock.now() - before).total_seconds() == 30
    assert await kit.desk._positions.check() == (Difference(symbol=TIGER, ours=5, theirs=3),)
    assert (kit.clock.now() - before).total_seconds() == 30  # what is held is not waited for
    denied = await kit.desk.propose(proposal(sell(1)))
    assert [(item.rule, item.because) for item in denied.violations] == [
        (Rule.SYMBOL_HELD, "장부 5주, 증권사 3주")
    ]
    kit.broker.holdings[TIGER] = 5
    assert await kit.desk._positions.check() == ()
    assert await holds(kit) == {}
    assert await titles(kit) == [says("symbol_held"), says("symbol_released")]


async def test_a_difference_that_passes_holds_nothing(kit):
    await kit.desk._positions.check()
    kit.broker.holdings[TIGER] = 3

    async def settle(call):
        if call == "account" and kit.clock.now() > at(10):
            kit.broker.holdings[TIGER] = 5

    kit.broker.hook = settle
    assert await kit.desk._positions.check() == ()
    assert await holds(kit) == {}


async def test_what_is_being_traded_is_not_compared(kit):
    await kit.desk._positions.check()
    order = await kit.sent(sell(2))
    kit.broker.fill(order.ref.number, 1)
    kit.broker.holdings[TIGER] = 4
    assert await kit.desk._positions.check() == ()
    await kit.poll()
    kit.broker.fill(order.ref.number, 2)
    kit.broker.holdings[TIGER] = 3
    await kit.poll()
    assert await kit.desk._positions.check() == ()
    assert await shares(kit) == {TIGER: 3}


async def held_difference(kit):
    await kit.desk._positions.check()
    kit.broker.holdings[TIGER] = 3
    await kit.desk._positions.check()


async def test_an_owner_takes_the_brokers_number(kit):
    await held_difference(kit)
    click = kit.click("-")
    outcome = await kit.desk.accept_difference(click, TIGER)
    assert outcome is ClickOutcome.DIFFERENCE_ACCEPTED
    assert (await shares(kit), await holds(kit)) == ({TIGER: 3}, {})
    async with kit.ledger.transaction() as tx:
        accepted = (await tx.adjustments())[-1]
    assert (accepted.kind, accepted.shares, accepted.actor) == (
        AdjustmentKind.ACCEPTED,
        -2,
        str(OWNER),
    )
    outcome = await kit.desk.accept_difference(click, TIGER)
    assert outcome is ClickOutcome.NO_DIFFERENCE


async def test_nobody_else_and_nothing_unread_changes_the_books(kit):
    await held_difference(kit)
    stranger = kit.click("-", user=STRANGER)
    assert await kit.desk.accept_difference(stranger, TIGER) is ClickOutcome.NOT_ALLOWED
    kit.broker.broken = {"account"}
    outcome = await kit.desk.accept_difference(kit.click("-"), TIGER)
    assert outcome is ClickOutcome.ACCOUNT_UNREADABLE
    assert await shares(kit) == {TIGER: 5}


async def test_cash_that_no_trade_explains_is_said_and_blocks_nothing(kit):
    await kit.desk._positions.check()
    order = await kit.sent(buy(2, 35_000))
    kit.broker.fill(order.ref.number, 2)
    kit.broker.holdings[KODEX] = 2
    kit.broker.cash_won -= 70_010
    await kit.poll()
    await kit.desk._positions.check()
    assert await titles(kit) == []
    sold = kit.broker.list_order(by_hand(TIGER, Side.SELL, 1, 30_000))
    kit.broker.fill(sold.ref.number, 1)
    kit.broker.holdings[TIGER] = 4
    kit.broker.cash_won += 29_996 + 50_000
    await merge(kit)
    await kit.desk._positions.check()
    assert await titles(kit) == [says("external"), says("cash_moved")]
    assert "+50,000원" in kit.surface.alerts[-1][1]
    await kit.desk._positions.check()
    assert len(await titles(kit)) == 2
    kit.clock.set(at(10, day=DAY + timedelta(days=20)))
    kit.broker.cash_won += 50_000
    await kit.desk._positions.check()
    assert len(await titles(kit)) == 2  # nobody read what happened in between


async def test_an_order_by_hand_is_imported_counted_and_told_once(kit):
    kit.limits = replace(WIDE, day_count=2, day_amount_won=Won(300_000))
    kit.again()
    await kit.desk._positions.check()
    row = kit.broker.list_order(by_hand())
    cancel = kit.broker.list_order(by_hand(quantity=1))
    kit.broker.change(cancel.ref.number, is_cancel_row=True)
    await merge(kit)
    kit.broker.fill(row.ref.number, 3, 34_000)
    await merge(kit)
    kit.broker.fill(row.ref.number, 2)
    await merge(kit)
    assert await titles(kit) == [says("external")]
    kit.again()
    await merge(kit)
    assert await externals(kit) == {row.ref.number: 3}
    assert await shares(kit) == {TIGER: 5, KODEX: 3}
    assert await titles(kit) == [says("external")]
    subject = f"external:{DAY.isoformat()}:{row.ref.number}"
    assert await kit.kinds(subject) == ["external.seen"]
    async with kit.ledger.transaction() as tx:
        day = await kit.desk._presenter._facts.day(tx)
    assert (day.count, day.minute_count, day.amount_won) == (1, 1, 7 * 34_000)
    denied = await kit.desk.preview(proposal(buy(4, 35_000)))
    assert [(item.rule, item.value) for item in denied.violations] == [
        (Rule.DAY_AMOUNT, 7 * 34_000 + 4 * 35_000)
    ]


async def test_a_market_order_by_hand_counts_at_what_it_cost(kit):
    row = kit.broker.list_order(by_hand())
    kit.broker.change(
        row.ref.number,
        order_type=OrderType.MARKET,
        price_won=0,
        filled=7,
        remaining=0,
        average_price_won=Decimal("34000.5"),
    )
    sold = kit.broker.list_order(by_hand(TIGER, Side.SELL))
    await merge(kit)
    async with kit.ledger.transaction() as tx:
        day = await kit.desk._presenter._facts.day(tx)
    assert (day.count, day.amount_won) == (2, 7 * 34_001)
    assert sold.ref.number in await externals(kit)


async def test_what_may_be_ours_is_not_imported_and_not_counted_twice(kit):
    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    kit.broker.fill("0000000001", 2)
    await merge(kit)
    assert await externals(kit) == {}
    await merge(kit)
    assert (await kit.order(order.order_id)).state is OrderState.FILLED
    assert await externals(kit) == {}
    assert await shares(kit) == {KODEX: 2}


async def test_a_number_taken_for_external_and_adopted_after_all_counts_once(kit):
    from core.services.orders.values import Adopt

    kit.broker.answers.append(Answer.SILENT_AND_TAKEN)
    order = await kit.sent(buy(2, 35_000))
    kit.broker.fill("0000000001", 2)
    kit.broker.change("0000000001", placed_at=at(10, 3))  # outside the window
    await merge(kit)
    assert await externals(kit) == {"0000000001": 2}
    decision = Adopt(number="1", typed=order.order_id)
    outcome = await kit.desk.resolve(kit.click(order.ticket_id), order.order_id, decision)
    assert outcome is ClickOutcome.RESOLVED_ADOPTED
    assert (await externals(kit), await shares(kit)) == ({}, {KODEX: 2})


async def test_the_comparison_names_what_differs_and_writes_nothing(kit):
    await kit.desk._positions.check()
    working = await kit.sent(buy(2, 35_000))
    ghost_answer = Answer.SILENT_AND_LOST
    kit.broker.answers.append(ghost_answer)
    ghost = await kit.sent(sell(1, 31_000))
    kit.broker.answers.append(Answer.NOT_SENT)
    await kit.sent(buy(1, 30_000, TIGER))
    kit.broker.fill(working.ref.number, 2)
    stranger = kit.broker.list_order(by_hand())
    kit.broker.holdings[KODEX] = 2
    found = await kit.desk.reconcile()
    assert (found.orders_ours, found.orders_theirs, found.unread) == (3, 2, ())
    assert {(item.order_id, item.ours, item.theirs) for item in found.orders} == {
        (working.order_id, "WORKING 0", "FILLED 2"),
        (ghost.order_id, "UNKNOWN 0", ""),
        ("", "", "WORKING 0"),
    }
    assert {item.number for item in found.orders} >= {stranger.ref.number}
    assert found.positions == (Difference(symbol=KODEX, ours=0, theirs=2),)
    assert found.live == {KODEX, TIGER}
    assert found.cash.difference_won == 0
    assert not found.agrees
    kit.broker.change(stranger.ref.number, is_cancel_row=True)
    await kit.poll()
    again = await kit.desk.reconcile()
    assert [item.order_id for item in again.orders] == [ghost.order_id]
    lines = len(await kit.journal(working.order_id))
    assert len(await kit.journal(working.order_id)) == lines
    assert await externals(kit) == {}


async def test_the_comparison_claims_nothing_about_what_was_not_read(kit):
    kit.broker.broken = {"order_history", "account"}
    found = await kit.desk.reconcile()
    assert found.unread == ("orders", "account")
    assert (found.orders, found.positions, found.cash, found.agrees) == ((), (), None, False)
    kit.broker.broken = set()
    kit.broker.holdings.clear()
    assert (await kit.desk.reconcile()).agrees


async def test_what_compares_cannot_write(kit):
    names = {name for port in (WatchedBroker, BooksReading) for name in dir(port)}
    assert not {name for name in names if name.startswith(("place", "cancel", "save", "put"))}
    async with kit.context.books.reading() as tx:
        with pytest.raises(StorageError):
            await tx.put_setting("x", "y")
    assert "place_order" not in inspect.getsource(type(kit.desk.reconcile.__self__))


async def test_after_the_close_positions_are_compared(kit):
    await kit.desk._positions.check()
    kit.broker.holdings[TIGER] = 4
    kit.clock.set(at(15, 45))
    assert await kit.desk.close_out(DAY) == ()
    assert list(await holds(kit)) == [TIGER]
    kit.broker.broken = {"account"}
    with pytest.raises(BrokerUnavailable):
        await kit.desk.close_out(DAY)


async def test_the_books_are_compared_every_hour_and_a_failure_is_told(kit):
    checks, done = [], asyncio.Event()

    async def check():
        checks.append(kit.clock.now())
        if len(checks) <= 3:
            raise BrokerUnavailable("no answer")
        if len(checks) == 5:
            done.set()

    kit.desk._positions.check = check
    watching = asyncio.create_task(kit.desk._watch_books())
    await done.wait()
    watching.cancel()
    assert checks[1] - checks[0] == timedelta(hours=1)
    assert await titles(kit) == ["되풀이되는 오류", "다시 정상입니다"]

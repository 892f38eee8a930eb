"""The watch on a real ledger and a real desk: what trips, what ends, and what people hear."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete

from core.domain.breakers import Breaker, BreakerLimits
from core.domain.modes import TradingState
from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, OrderState, Side
from core.domain.tickets import TicketState
from core.errors import StorageError
from core.runtime.call_record import CallRecord
from core.services.risk.day_result import Opening, OpeningLine
from core.services.safety.opening import as_text, from_text
from core.services.safety.watch import Watch, WatchContext
from storage.ledger import SqlLedger
from storage.opening import open_database
from storage.schema import approvals
from tests.fakes.desk_kit import (
    DAY,
    KODEX,
    TIGER,
    Kit,
    RecordingSurface,
    at,
    buy,
    proposal,
    rules,
    sell,
)
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_broker import ScriptedBroker

NEXT = date(2026, 11, 17)


@pytest.fixture
async def kit(database_file, tmp_path):
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    clock = HandClock(at(10))
    broker = ScriptedBroker(
        clock, prices={KODEX: 35_000, TIGER: 30_000}, holdings={TIGER: 20}, cash_won=400_000
    )
    made = Kit(
        ledger=SqlLedger(database),
        clock=clock,
        broker=broker,
        surface=RecordingSurface(),
        halt_file=tmp_path / "HALT",
    )
    yield made
    await database.close()


def watching(kit, calls=None, **limits):
    context = kit.context
    return Watch(
        WatchContext(
            broker=kit.broker,
            calls=calls or CallRecord(),
            ledger=kit.ledger,
            outbox=kit.outbox,
            market=context.market,
            clock=kit.clock,
            calendar=context.calendar,
            phrases=context.phrases,
            costs=context.costs,
            limits=replace(BreakerLimits(), **limits),
            rest=context.fill_bell.wait_until,
        )
    )


async def trips(kit):
    async with kit.ledger.transaction() as tx:
        return {trip.breaker: trip for trip in await tx.trips()}


async def told(kit):
    async with kit.ledger.transaction() as tx:
        return [(item.title, item.text) for item in await tx.undelivered()]


async def journal(kit, kind):
    async with kit.ledger.transaction() as tx:
        return [line.facts for line in await tx.journal_of("trading") if line.kind == kind]


async def state(kit):
    return (await kit.switch.reasons()).state


async def test_a_quiet_day_trips_nothing(kit):
    assert await watching(kit).look() is False
    assert await trips(kit) == {}
    assert await told(kit) == []


async def test_two_percent_lost_leaves_only_sells_until_the_next_session(kit):
    watch = watching(kit)
    await watch.look()
    kit.broker.prices[TIGER] = 29_000  # 20 × 1,000 of 1,000,000
    await watch.look()
    trip = (await trips(kit))[Breaker.DAY_LOSS]
    assert (trip.effect, trip.until) == (TradingState.REDUCE_ONLY, NEXT)
    assert "20,000원" in trip.reason
    assert await state(kit) is TradingState.REDUCE_ONLY
    (alarm,) = await told(kit)
    assert alarm == ("안전장치가 매수를 멈췄습니다", trip.reason)
    assert (await journal(kit, "switch.tripped"))[0]["trading_won"] == -20_000
    denied = await kit.desk.propose(proposal(buy(1)))
    assert [(item.rule.value, item.because) for item in denied.violations] == [
        ("reduce_only", trip.reason)
    ]
    assert (await kit.ticket(sell(1))).state is TicketState.PRESENTED


async def test_an_approved_buy_is_not_sent_after_the_loss(kit):
    ticket = await kit.approved(buy(1))
    watch = watching(kit)
    await watch.look()
    kit.broker.prices[TIGER] = 29_000
    await watch.look()
    await kit.run()
    assert kit.broker.posts == []
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.BLOCKED


async def test_it_is_told_once_and_ends_with_the_next_session(kit):
    watch = watching(kit)
    await watch.look()
    kit.broker.prices[TIGER] = 29_000
    await watch.look()
    await watch.look()
    assert len(await told(kit)) == 1
    kit.clock.set(at(8, day=NEXT))
    await watch.look()
    assert await trips(kit) == {}
    assert await state(kit) is TradingState.ACTIVE
    assert [title for title, _ in await told(kit)][-1] == "안전장치가 풀렸습니다"
    assert await journal(kit, "switch.ended") == [{"breaker": "day_loss"}]


async def test_the_opening_outlives_a_restart(kit):
    await watching(kit).look()
    kit.broker.prices[TIGER] = 29_000
    kit.again()
    await watching(kit).look()
    assert Breaker.DAY_LOSS in await trips(kit)


async def test_a_withdrawal_is_no_loss_and_is_written_down_once(kit):
    watch = watching(kit)
    await watch.look()
    kit.broker.cash_won -= 300_000
    await watch.look()
    await watch.look()
    assert Breaker.DAY_LOSS not in await trips(kit)
    assert [line["flow_won"] for line in await journal(kit, "safety.cash_flow")] == [-300_000]


async def test_the_loss_of_what_others_traded_counts(kit):
    watch = watching(kit)
    await watch.look()
    by_hand = kit.broker.list_order(_request(TIGER, 20, 29_000))
    kit.broker.fill(by_hand.ref.number, 20, 29_000)
    kit.broker.holdings.clear()
    kit.broker.cash_won += 20 * 29_000
    await watch.look()
    assert Breaker.DAY_LOSS in await trips(kit)


def _request(symbol, quantity, price):
    return OrderRequest(
        symbol=symbol, side=Side.SELL, quantity=Shares(quantity), price_won=Won(price)
    )


@pytest.mark.parametrize("broken", ["account", "order_history", "quote"])
async def test_what_cannot_be_read_is_not_judged(kit, broken):
    kit.broker.broken = {broken}
    await watching(kit).look()
    kit.broker.broken.clear()
    assert await trips(kit) == {}


async def test_outside_the_session_nothing_is_asked(kit):
    early = at(8, day=date(2026, 11, 23))
    for moment in (at(16), at(10, day=date(2026, 11, 21)), early, at(10, day=date(2040, 1, 2))):
        kit.clock.set(moment)
        await watching(kit).look()
    assert kit.broker.history_reads == []


async def _round_trip(kit, sold_at):
    bought = await kit.sent(buy(1, 35_000))
    kit.broker.fill(bought.ref.number, 1, 35_000)
    kit.broker.holdings[KODEX] = 1
    await kit.poll()
    kit.broker.prices[KODEX] = sold_at
    done = await kit.sent(sell(1, sold_at, symbol=KODEX))
    kit.broker.fill(done.ref.number, 1, sold_at)
    del kit.broker.holdings[KODEX]
    await kit.poll()
    kit.broker.prices[KODEX] = 35_000
    kit.clock.move(660)


async def test_three_losing_sales_wait_for_an_owner(kit):
    watch = watching(kit)
    for number in range(3):
        await watch.look()
        assert await trips(kit) == {}, number
        await _round_trip(kit, 34_900)
    await watch.look()
    trip = (await trips(kit))[Breaker.LOSING_STREAK]
    assert (trip.effect, trip.until) == (TradingState.REDUCE_ONLY, None)
    kit.clock.set(at(8, day=NEXT))
    await watch.look()
    assert Breaker.LOSING_STREAK in await trips(kit)
    await kit.switch.release(Breaker.LOSING_STREAK, actor="11", reason="봤습니다")
    kit.clock.set(at(10, day=NEXT))
    await watch.look()
    assert await trips(kit) == {}
    await watching(kit).look()
    assert await trips(kit) == {}, "a restart must not count released sales again"
    await _round_trip(kit, 34_900)
    await watch.look()
    assert await trips(kit) == {}


async def test_a_gain_ends_the_streak(kit):
    for price in (34_900, 34_900, 35_500, 34_900):
        await _round_trip(kit, price)
    await watching(kit).look()
    assert Breaker.LOSING_STREAK not in await trips(kit)


async def test_sales_of_what_others_bought_are_judged_by_the_brokers_mean_cost(kit):
    kit.broker.prices[TIGER] = 30_000
    for _ in range(3):
        done = await kit.sent(sell(1, 30_000))
        kit.broker.fill(done.ref.number, 1, 28_500)  # the mean cost is 29,000
        kit.broker.holdings[TIGER] -= 1
        await kit.poll()
        kit.clock.move(660)
    await watching(kit).look()
    assert Breaker.LOSING_STREAK in await trips(kit)


async def test_broker_errors_halt_until_the_broker_answers_again(kit):
    calls = CallRecord()
    watch = watching(kit, calls)
    for _ in range(5):
        calls.failed("BrokerUnavailable")
    assert await watch.look() is False
    calls.failed("BrokerUnavailable")
    assert await watch.look() is True
    trip = (await trips(kit))[Breaker.BROKER_ERRORS]
    assert (trip.effect, trip.until) == (TradingState.HALTED, None)
    assert await state(kit) is TradingState.HALTED
    denied = await kit.desk.propose(proposal(sell(1)))
    assert rules(denied.violations) == ["halted"]
    for _ in range(45):
        calls.answered()
    assert await watch.look() is False
    assert await trips(kit) == {}
    assert [title for title, _ in await told(kit)] == [
        "안전장치가 모든 주문을 멈췄습니다",
        "안전장치가 풀렸습니다",
    ]


async def test_a_restart_does_not_forget_that_the_broker_failed(kit):
    calls = CallRecord()
    for _ in range(6):
        calls.failed("BrokerUnavailable")
    await watching(kit, calls).look()
    fresh = CallRecord()
    watch = watching(kit, fresh)
    kit.clock.set(at(20))
    reads = len(kit.broker.history_reads)
    assert await watch.look() is True
    assert len(kit.broker.history_reads) == reads + 1, "it asks, also after the close"
    for _ in range(10):
        fresh.answered()
    assert await watch.look() is False
    assert await trips(kit) == {}


async def test_an_order_without_an_approval_halts_everything(kit):
    order = await kit.sent(buy(1))
    watch = watching(kit)
    await watch.look()
    assert await trips(kit) == {}
    async with kit.ledger.transaction() as tx:
        await tx._sql.run(_forget_approval(order.ticket_id))
    await watch.look()
    trip = (await trips(kit))[Breaker.LAST_HOP]
    assert (trip.effect, trip.until) == (TradingState.HALTED, None)


def _forget_approval(ticket_id):
    return delete(approvals).where(approvals.c.ticket_id == ticket_id)


async def test_the_floor_is_told_once_and_stops_nothing(kit):
    watch = watching(kit, nav_floor_won=Won(990_000))
    await watch.look()
    assert await told(kit) == []
    kit.broker.cash_won = 380_000
    await watch.look()
    await watching(kit, nav_floor_won=Won(990_000)).look()
    kit.broker.cash_won = 400_000
    await watch.look()
    assert [title for title, _ in await told(kit)] == ["순자산이 알림선 아래로 내려갔습니다"]
    kit.broker.cash_won = 410_000
    await watch.look()
    assert [title for title, _ in await told(kit)][1:] == ["순자산이 알림선 위로 올라왔습니다"]
    assert await trips(kit) == {}


async def test_a_fill_wakes_the_watch_and_a_defect_does_not_end_it(kit):
    looked = asyncio.Event()
    watch = watching(kit)
    seen = 0

    async def look():
        nonlocal seen
        seen += 1
        looked.set()
        raise KeyError("a defect")

    watch.look = look
    running = asyncio.ensure_future(watch.run())
    for expected in (1, 2, 3):
        await looked.wait()
        looked.clear()
        assert seen == expected
        kit.context.fill_bell.ring()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_an_opening_is_read_as_it_was_written():
    opening = Opening(
        cash_won=5,
        lines={
            KODEX: OpeningLine(shares=3, price_won=7, cost_won=Decimal("6.5")),
            TIGER: OpeningLine(shares=1, price_won=9, cost_won=None),
        },
    )
    text = as_text(DAY, opening)
    assert from_text(DAY, text) == opening
    assert from_text(NEXT, text) is None
    assert from_text(DAY, None) is None
    for bad in ("", "[]", "{}", text.replace("7", '"x"'), text.replace(KODEX, "nonsense")):
        with pytest.raises(StorageError):
            from_text(DAY, bad)


def server_ahead(kit, seconds):
    """Let the broker's answers carry a Date so far from our clock; None carries none."""
    read = type(kit.broker).order_history

    async def history(day):
        found = await read(kit.broker, day)
        ahead = None if seconds is None else timedelta(seconds=seconds)
        return replace(found, server_ahead=ahead)

    kit.broker.order_history = history


@pytest.mark.parametrize("seconds", [31, -31])
async def test_a_clock_far_from_the_brokers_halts_until_it_is_right(kit, seconds):
    watch = watching(kit)
    server_ahead(kit, seconds)
    assert await watch.look() is False
    assert await trips(kit) == {}, "one read proves nothing"
    assert await watch.look() is True
    trip = (await trips(kit))[Breaker.CLOCK_SKEW]
    assert (trip.effect, trip.until) == (TradingState.HALTED, None)
    assert await told(kit) == [("안전장치가 모든 주문을 멈췄습니다", trip.reason)]
    assert "31초" in trip.reason
    assert (await journal(kit, "switch.tripped"))[0]["ahead_seconds"] == seconds
    denied = await kit.desk.propose(proposal(buy(1)))
    assert rules(denied.violations) == ["halted"]
    # Better is not yet right, silence proves nothing, and a wrong clock asks at any hour.
    kit.clock.set(at(20))
    for ahead in (6, None):
        server_ahead(kit, ahead)
        assert await watching(kit).look() is True
    server_ahead(kit, 5)
    assert await watch.look() is False
    assert await trips(kit) == {}
    assert [title for title, _ in await told(kit)][1:] == ["안전장치가 풀렸습니다"]
    assert await journal(kit, "switch.ended") == [{"breaker": "clock_skew"}]


async def test_two_far_reads_with_a_good_one_between_trip_nothing(kit):
    watch = watching(kit)
    for seconds in (40, 30, 40, None, 30, 40):
        server_ahead(kit, seconds)
        await watch.look()
    assert await trips(kit) == {}

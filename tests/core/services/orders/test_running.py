from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.domain.modes import TradingState
from core.domain.orders import OrderState
from core.domain.tickets import TicketKind, TicketState
from core.errors import BrokerUnavailable, InvariantBroken, StaleState, StorageError
from core.ports.ledger import Ledger
from core.runtime.supervisor import TaskSupervisor
from core.services.orders.alarms import Streak
from core.services.orders.context import Bell
from core.services.orders.transitions import Step, move, pass_on, with_state
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import CHANNEL, DAY, KODEX, THREAD, TIGER, at, buy, proposal, sell
from tests.fakes.scripted_broker import Answer, Broken

BASKET = TicketKind.BASKET


@dataclass
class ShakyLedger:
    """A ledger that fails as often as it is told to."""

    inner: Ledger
    failures: int = 0

    @asynccontextmanager
    async def transaction(self):
        if self.failures:
            self.failures -= 1
            raise StorageError("disk I/O error")
        async with self.inner.transaction() as tx:
            yield tx


async def until(condition, clock=None):
    async with asyncio.timeout(60):
        while not await condition():  # what nobody announces
            if clock is not None:
                clock.move(1)
            await asyncio.sleep(0.002)


async def test_a_bell_rings_once_and_is_not_forgotten():
    bell = Bell()
    bell.ring()
    bell.ring()
    await bell.wait()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await bell.wait()


async def test_buys_wait_for_sells_a_bounded_time(kit):
    ticket = await kit.approved(buy(1), sell(2), kind=BASKET)
    await kit.run()
    assert [post.side.value for post in kit.broker.posts] == ["sell", "buy"]
    assert kit.clock.now() == at(10, 2)
    assert (await kit.stored(ticket)).state is TicketState.APPROVED


async def test_buys_follow_as_soon_as_the_sells_ended(kit):
    await kit.approved(buy(1), sell(2), kind=BASKET)

    async def fill(call):
        if call == "place_order done" and len(kit.broker.posts) == 1:
            kit.broker.fill("0000000001", 2)

    kit.broker.hook = fill
    sleep = kit.clock.sleep

    async def polled(seconds):
        await kit.desk._tracker.poll()
        await sleep(seconds)

    kit.clock.sleep = polled
    await kit.run()
    assert len(kit.broker.posts) == 2
    assert kit.clock.now() == at(10, 0, 2)


async def test_a_created_order_whose_time_is_over_expires_with_its_ticket(kit):
    ticket = await kit.approved(sell(1), buy(1), kind=BASKET)
    kit.clock.set(at(15, 0, 1))
    await kit.run()
    assert {order.state for order in await kit.orders()} == {OrderState.EXPIRED}
    stored = await kit.stored(ticket)
    assert stored.state is TicketState.EXPIRED
    assert "승인한 시간이 지나" in stored.state_reason
    assert kit.broker.posts == []


async def test_a_basket_of_which_one_leg_was_sent_stays_approved(kit):
    ticket = await kit.approved(sell(1), buy(1), kind=BASKET)
    kit.broker.prices[TIGER] = 25_000
    await kit.run()
    assert [order.state for order in await kit.orders()] == [
        OrderState.BLOCKED,
        OrderState.WORKING,
    ]
    assert (await kit.stored(ticket)).state is TicketState.APPROVED


async def test_one_defect_does_not_stop_the_others(kit):
    broken = await kit.approved(buy(1))
    fine = await kit.approved(sell(1))
    kit.broker.answers.append(Answer.BREAK)
    assert await kit.run() == kit.clock.now() + timedelta(seconds=5)
    assert (await kit.order(f"{broken.ticket_id}-1")).state is OrderState.UNKNOWN
    assert (await kit.order(f"{fine.ticket_id}-1")).state is OrderState.WORKING
    await kit.desk._alarms.deliver()
    assert Broken.__name__ in kit.surface.alerts[0][1]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (InvariantBroken("impossible"), TradingState.HALTED),
        (StaleState("somebody was first"), TradingState.ACTIVE),
    ],
)
async def test_a_broken_rule_halts_and_a_lost_race_is_tried_again(kit, error, state):
    await kit.approved(buy(1))
    executor = kit.desk._runner._executor

    class Failing:
        async def execute(self, ticket, order):
            raise error

    kit.desk._runner._executor = Failing()
    assert await kit.run() == kit.clock.now() + timedelta(seconds=5)
    assert await kit.switch.state() is state
    await kit.desk._alarms.deliver()
    told = [title for title, _ in kit.surface.alerts]
    assert told == (["모든 매매를 정지했습니다"] if state is TradingState.HALTED else [])
    kit.desk._runner._executor = executor
    await kit.run()
    assert len(kit.broker.posts) == (1 if state is TradingState.ACTIVE else 0)


async def test_a_halt_that_cannot_be_stored_is_not_claimed_and_stops_nobody_else(kit):
    first = await kit.approved(buy(1))
    await kit.approved(sell(1))
    executor = kit.desk._runner._executor
    execute = executor.execute
    shaky = ShakyLedger(kit.ledger)
    kit.switch._ledger = shaky

    async def failing(ticket, order):
        if ticket.ticket_id == first.ticket_id:
            shaky.failures = 1
            raise InvariantBroken("impossible")
        return await execute(ticket, order)

    executor.execute = failing
    await kit.run()
    assert len(kit.broker.posts) == 1
    await kit.desk._alarms.deliver()
    assert [title for title, _ in kit.surface.alerts] == ["제안을 처리하다 오류가 났습니다"]


async def test_an_answer_that_could_not_be_stored_is_doubt_and_never_a_second_post(kit):
    shaky = ShakyLedger(kit.ledger)
    raw, kit.ledger = kit.ledger, shaky
    kit.again()
    ticket = await kit.approved(buy(1))

    async def fail(call):
        if call == "place_order done":
            shaky.failures = 1

    kit.broker.hook = fail
    await kit.run()
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.SUBMITTING
    kit.broker.hook = None
    await kit.run()
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.UNKNOWN
    await kit.poll(2)
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.WORKING
    assert len(kit.broker.posts) == 1
    assert raw is shaky.inner


async def test_orders_without_a_ticket_are_left_alone(kit, database):
    await kit.approved(buy(1))
    waiting = await kit.desk._runner._waiting()
    assert len(waiting) == 1

    class NoTickets:
        async def orders_in(self, states):
            return waiting[0].orders

        async def ticket(self, ticket_id):
            return None

    class Empty:
        @asynccontextmanager
        async def reading(self):
            yield NoTickets()

    kit.desk._runner._context = replace(kit.context, books=Empty())
    assert await kit.desk._runner._waiting() == []


async def test_stopping_takes_nothing_new(kit):
    await kit.approved(buy(1))
    await kit.desk.stop()
    await kit.run()
    assert kit.broker.posts == []
    await kit.desk._runner.run()  # ends at once


async def test_stopping_does_not_wait_for_ever(kit, monkeypatch, capsys):
    monkeypatch.setattr("core.services.orders.desk.STOP_SECONDS", 0.01)
    await kit.desk._runner._busy.acquire()
    await kit.desk.stop()
    assert "still on its way" in capsys.readouterr().out


async def test_settling_ends_when_the_desk_stops(kit):
    await kit.sent(sell(2))
    (waiting,) = await kit.tickets()
    kit.desk._runner._stopping = True
    await kit.desk._runner._let_sells_settle(waiting)
    assert kit.clock.now() == at(10)


async def test_a_bell_wakes_a_runner_that_waits_for_a_time(kit):
    kit.clock._skips = False
    bell = kit.context.execution_bell
    waiter = asyncio.create_task(bell.wait_until(kit.clock, at(12)))
    await asyncio.sleep(0)
    kit.context.execution_bell.ring()
    async with asyncio.timeout(30):
        await waiter


async def test_the_whole_desk_runs_by_itself_and_survives_faults(kit):
    shaky = ShakyLedger(kit.ledger)
    kit.ledger = shaky
    kit.again()
    await kit.lease.hold(kit.ledger, kit.clock)
    supervisor = TaskSupervisor()
    kit.broker.broken = {"order_history"}
    starting = asyncio.create_task(kit.desk.start(supervisor))
    await until(lambda: _true(kit.surface.alerts))
    kit.clock._skips = False  # from here on the test moves the clock
    kit.broker.broken = set()
    await until(lambda: _true(starting.done()), kit.clock)
    await starting
    assert set(supervisor.names()) == {
        "alarms",
        "books",
        "deadlines",
        "publisher",
        "runner",
        "tracker",
    }
    await asyncio.sleep(0.01)
    shaky.failures = 12
    for bell in (
        kit.context.execution_bell,
        kit.context.tracking_bell,
        kit.context.publishing_bell,
    ):
        bell.ring()
    await until(lambda: _true(shaky.failures == 0), kit.clock)
    made = await kit.desk.propose(proposal(buy(1), thread=THREAD))
    assert await kit.desk.approve(kit.click(made)) is ClickOutcome.APPROVED
    await until(lambda: _true(kit.broker.rows))  # moving the clock would make the quote old
    kit.broker.broken = {"order_history"}
    reads = len(kit.broker.history_reads)
    await until(lambda: _true(len(kit.broker.history_reads) > reads), kit.clock)
    kit.broker.broken = set()
    kit.broker.fill("0000000001", 1)
    await until(lambda: _shows(kit, OrderState.FILLED), kit.clock)
    await until(lambda: _true(not kit.desk._tracker._context.tracking_bell._event.is_set()))
    await kit.desk.stop()
    await supervisor.aclose()
    assert len(kit.broker.posts) == 1


async def _true(value):
    return bool(value)


async def _shows(kit, state):
    return any(order.state is state for view in kit.surface.shown.values() for order in view.orders)


async def test_recovery_doubts_what_was_interrupted_and_reads_before_trading(kit):
    order = await kit.sent(buy(1))
    await kit.force(replace(order, state=OrderState.SUBMITTING, ref=None), OrderState.WORKING)
    kit.again()
    kit.broker.history_reads.clear()
    await kit.desk._recovery.run()
    found = await kit.order(order.order_id)
    assert found.state in {OrderState.UNKNOWN, OrderState.WORKING}
    assert kit.broker.history_reads == [DAY, DAY]
    assert "order.unknown" in await kit.kinds(order.order_id)
    await kit.desk._recovery.run()
    assert len(kit.broker.posts) == 1


async def test_recovery_reads_todays_list_even_with_nothing_open(kit):
    await kit.desk._recovery.run()
    assert kit.broker.history_reads == [DAY]
    kit.clock.set(at(10, day=DAY + timedelta(days=5)))  # Saturday
    await kit.desk._recovery.run()
    assert kit.broker.history_reads == [DAY]


async def test_publishing_retries_and_shows_the_newest(kit):
    ticket = await kit.ticket(buy(1))
    kit.surface.failures = 1
    assert await kit.publish() is False
    await kit.desk.approve(kit.click(ticket))
    assert await kit.publish() is True
    (view,) = kit.surface.shown.values()
    assert view.ticket.state is TicketState.APPROVED
    await kit.run()
    assert await kit.publish() is True
    (view,) = kit.surface.shown.values()
    assert view.orders[0].state is OrderState.WORKING
    assert await kit.publish() is True
    assert len(kit.surface.history) == 2


async def test_a_message_that_cannot_be_drawn_does_not_silence_the_others(kit):
    first, second = await kit.ticket(buy(1)), await kit.ticket(sell(1))
    kit.surface.defect_on = first.ticket_id
    assert await kit.publish() is False
    assert [view.ticket.ticket_id for view in kit.surface.shown.values()] == [second.ticket_id]
    assert await kit.desk.view("T9999999") is None


async def test_a_ticket_that_vanished_is_not_shown(kit):
    await kit.ticket(buy(1))

    async def nothing(ticket_id):
        return None

    kit.desk._publisher.view = nothing
    assert await kit.publish() is True
    assert kit.surface.shown == {}


async def test_what_is_live_in_a_channel(kit):
    assert await kit.desk.has_live(CHANNEL) is False
    ticket = await kit.ticket(buy(1))
    await kit.publish()
    assert await kit.desk.has_live(CHANNEL) is True
    assert await kit.desk.has_live(THREAD) is False
    await kit.desk.approve(kit.click(ticket, message=500))
    assert await kit.desk.has_live(CHANNEL) is True
    await kit.run()
    assert [item.order_id for item in await kit.desk.open_orders()] == [f"{ticket.ticket_id}-1"]
    kit.broker.fill("0000000001", 1)
    await kit.poll()
    assert await kit.desk.has_live(CHANNEL) is False
    assert await kit.desk.open_orders() == ()
    (today,) = await kit.desk.orders_today()
    assert (await kit.desk.ticket_of(today.order_id)).ticket.ticket_id == ticket.ticket_id


async def test_what_was_not_sent_yet_is_dropped_by_cancel(kit):
    ticket = await kit.approved(buy(1), sell(1))
    assert await kit.desk.request_cancel(kit.click(ticket)) is ClickOutcome.CANCEL_REQUESTED
    assert {order.state for order in await kit.orders()} == {OrderState.BLOCKED}
    await kit.run()
    assert kit.broker.posts == []


async def test_a_cancel_that_meets_the_send_cancels_what_was_sent(kit):
    ticket = await kit.approved(buy(1))
    created = await kit.order(f"{ticket.ticket_id}-1")
    await kit.run()
    assert await kit.desk._canceller.drop(created, actor="11", reason="late") is False
    assert await kit.desk.request_cancel(kit.click(ticket)) is ClickOutcome.CANCEL_REQUESTED
    assert kit.broker.cancels == ["0000000001"]


async def test_only_legal_moves_are_stored_and_nobody_is_overwritten(kit, database):
    order = await kit.sent(buy(5))
    step = Step(at=kit.clock.now(), actor="test", facts={})
    async with kit.ledger.transaction() as tx:
        with pytest.raises(InvariantBroken):
            await move(tx, order, with_state(order, OrderState.CREATED), step)
        with pytest.raises(InvariantBroken):
            await pass_on(tx, order, with_state(order, OrderState.GATED), step)
        with pytest.raises(StaleState):
            await move(tx, replace(order, filled=1), order, step)
        with pytest.raises(StaleState):
            await move(tx, replace(order, order_id="X-1"), order, step)
    async with database.transaction() as sql:
        await sql.run(text("SELECT 1"))
    assert (await kit.order(order.order_id)).state is OrderState.WORKING


async def test_alarms_survive_a_database_that_does_not_answer(kit):
    shaky = ShakyLedger(kit.ledger, failures=1)
    kit.ledger = shaky
    kit.again()
    await kit.desk._alarms.look_safely()
    assert shaky.failures == 0
    assert kit.surface.alerts == []


async def test_the_tracker_polls_while_something_lives_and_then_waits(kit):
    order = await kit.sent(buy(1))
    kit.clock._skips = False
    loop = asyncio.create_task(kit.desk._track())
    before = len(kit.broker.history_reads)
    await until(lambda: _true(len(kit.broker.history_reads) > before + 2), kit.clock)
    kit.broker.fill(order.ref.number, 1)
    await until(lambda: _ended(kit, order), kit.clock)
    await asyncio.sleep(0.02)
    reads = len(kit.broker.history_reads)
    await asyncio.sleep(0.02)
    assert len(kit.broker.history_reads) == reads
    kit.context.tracking_bell.ring()
    await kit.sent(sell(1))
    await until(lambda: _true(len(kit.broker.history_reads) > reads + 2), kit.clock)
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop


async def _ended(kit, order):
    return (await kit.order(order.order_id)).state is OrderState.FILLED


async def test_deadline_loop_goes_on_after_a_fault(kit):
    shaky = ShakyLedger(kit.ledger, failures=1)
    kit.ledger = shaky
    kit.again()
    ticket_kit = kit
    loop = asyncio.create_task(kit.desk._watch_deadlines())
    await until(lambda: _true(ticket_kit.clock.now() > at(10, 0, 30)))
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop
    assert KODEX in kit.broker.prices


async def ran(loop, condition, clock=None):
    """Run `loop` until `condition` holds, and end it."""
    task = asyncio.create_task(loop)
    await until(condition, clock)
    assert not task.done()
    await ended(task)


async def ended(task):
    """Cancel a task and wait until it has let go of the database."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def told(kit, title):
    return lambda: _true(title in [item for item, _ in kit.surface.alerts])


TROUBLE, FINE = "되풀이되는 오류", "다시 정상입니다"


class Flaky:
    """Fails `times` times with what no port should raise, then passes on."""

    def __init__(self, call, times):
        self.call, self.left = call, times

    async def __call__(self, *values):
        await asyncio.sleep(0)
        if self.left:
            self.left -= 1
            raise KeyError("a row that cannot be read")
        return await self.call(*values)


@pytest.mark.parametrize(
    ("part", "call", "loop"),
    [
        ("_tracker", "poll", "_track"),
        ("_deadlines", "expire_tickets", "_watch_deadlines"),
        ("_deadlines", "cancel_overdue_orders", "_watch_deadlines"),
        ("_reminder", "look", "_watch_deadlines"),
        ("_publisher", "publish_due", "_publisher.run"),
        ("_runner", "run_due", "_runner.run"),
    ],
)
async def test_loops_survive_anything_and_say_so_once_and_when_it_works(kit, part, call, loop):
    owner = getattr(kit.desk, part)
    setattr(owner, call, Flaky(getattr(owner, call), 7))
    target = kit.desk
    for name in loop.split("."):
        target = getattr(target, name)
    if part == "_runner":
        kit.context.execution_bell.ring()
    alarms = asyncio.create_task(kit.desk._alarms.run())
    await ran(target(), told(kit, FINE))
    await ended(alarms)
    assert [title for title, _ in kit.surface.alerts] == [TROUBLE, FINE]
    assert "KeyError" in kit.surface.alerts[0][1]


async def test_a_short_failure_is_not_told_and_a_long_one_is(kit):
    streak = Streak(kit.context, kit.desk._alarms, "tracking")
    for _ in range(2):
        await streak.failed(BrokerUnavailable("1"))
        await streak.failed(BrokerUnavailable("2"))
        await streak.worked()
    await kit.desk._alarms.deliver()
    assert kit.surface.alerts == []
    await streak.failed(BrokerUnavailable("1"))
    kit.clock.move(60)
    await streak.failed(BrokerUnavailable("2"))
    await kit.desk._alarms.deliver()
    assert [title for title, _ in kit.surface.alerts] == [TROUBLE]


async def test_recovery_survives_what_nobody_expected(kit):
    kit.desk._alarms.look = Flaky(kit.desk._alarms.look, 2)
    await kit.desk._recovery.run()
    assert kit.clock.now() == at(10, 0, 10)
    assert kit.broker.history_reads == [DAY]


async def test_one_hanging_message_does_not_hold_up_the_others(kit):
    hanging = await kit.ticket(buy(1))
    others = [await kit.ticket(sell(1)) for _ in range(6)]
    show, free = kit.surface.show_ticket, asyncio.Event()

    async def slow(view):
        if view.ticket.ticket_id == hanging.ticket_id:
            await free.wait()
        return await show(view)

    kit.surface.show_ticket = slow
    publishing = asyncio.create_task(kit.publish())
    await until(lambda: _true(len(kit.surface.shown) == len(others)))
    assert not publishing.done()
    free.set()
    assert await publishing is True
    assert len(kit.surface.shown) == 7


async def test_a_fault_that_nobody_expected_of_a_ticket_is_tried_again(kit, monkeypatch):
    made = await kit.approved(buy(1))
    executor = kit.desk._runner._executor

    async def unanswered(ticket, order):
        raise BrokerUnavailable("silence")

    with monkeypatch.context() as patched:
        patched.setattr(executor, "execute", unanswered)
        again = await kit.run()
    assert again is not None
    assert kit.broker.posts == []
    await kit.run()
    assert (await kit.order(f"{made.ticket_id}-1")).state is OrderState.WORKING


async def test_a_message_whose_place_cannot_be_stored_is_not_sent_twice(kit):
    shaky = kit.ledger = ShakyLedger(kit.ledger)
    kit.again()
    ticket = await kit.ticket(buy(1))
    shaky.failures = 1
    assert await kit.publish() is False
    assert await kit.publish() is True
    (message,) = kit.surface.shown
    assert (await kit.stored(ticket)).message_id == message

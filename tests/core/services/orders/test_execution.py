from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from core.domain.modes import SETTING_TRADING_STATE, TradingState
from core.domain.orders import OrderState, OrderType
from core.domain.tickets import TicketKind, TicketState
from core.services.orders.arming import Armed, LastHopBroken
from core.services.orders.execution import Executor
from core.services.orders.results import Postponed, Sent, Stopped
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import DAY, KO, KODEX, TIGER, WIDE, at, buy, sell
from tests.fakes.scripted_broker import Answer, Broken


def reason(key, **values):
    return KO.say(f"orders.reason_{key}", **values)


@pytest.mark.parametrize(
    ("answer", "state", "words", "listed"),
    [
        (Answer.ACCEPT, OrderState.WORKING, "", 1),
        (Answer.REJECT, OrderState.REJECTED, "주문가능금액", 0),
        (Answer.NOT_SENT, OrderState.NOT_SENT, "증권사에 연결되지 않았습니다", 0),
        (Answer.SILENT_AND_LOST, OrderState.UNKNOWN, "timed out", 0),
        (Answer.SILENT_AND_TAKEN, OrderState.UNKNOWN, "timed out", 1),
        (Answer.RAISE, OrderState.UNKNOWN, "an adapter that raises", 1),
        (Answer.BREAK, OrderState.UNKNOWN, "no answer was read", 0),
    ],
)
async def test_every_answer_has_its_state_and_no_second_post(kit, answer, state, words, listed):
    kit.broker.answers.append(answer)
    order = await kit.sent(buy())
    assert order.state is state
    assert words in order.reason
    # People read why in their language; what was met is in the journal.
    if state is OrderState.NOT_SENT:
        facts = (await kit.journal(order.order_id))[-1].facts
        assert (facts["why"], facts["cause"]) == ("connection refused", "no_connection")
    assert len(kit.broker.rows) == listed
    for _ in range(3):
        kit.again()
        await kit.run()
    assert len(kit.broker.posts) == 1
    kinds = await kit.kinds(order.order_id)
    assert kinds == ["order.gated", "order.submitting", f"order.{state.value.lower()}"]
    (record,) = await kit.records()
    assert (record.order_id, record.status) == (order.order_id, state.value)
    assert record.order_number == ("0000000001" if answer is Answer.ACCEPT else "")


async def test_a_machine_that_stood_still_after_the_arm_sends_nothing(kit):
    ticket = await kit.approved(buy(1))
    executor = kit.desk._runner._executor
    arm = executor._armer.arm

    async def armed_then_still(*facts):
        armed = await arm(*facts)
        kit.clock.move(26)
        return armed

    executor._armer.arm = armed_then_still
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.state is OrderState.NOT_SENT
    assert "컴퓨터가 멈춰" in order.reason
    # What did not leave is used up: the arm allows no other post.
    with pytest.raises(LastHopBroken):
        await executor._post(Armed(order, order.request))
    assert kit.broker.posts == []


async def test_what_is_sent_is_one_tick_better_than_nothing_and_inside(kit):
    order = await kit.sent(buy(3))
    assert kit.broker.posts == [order.request]
    assert (order.request.price_won, order.request.quantity) == (35_005, 3)
    async with kit.ledger.transaction() as tx:
        attempt = await tx.attempt_of(order.order_id)
    assert attempt.signature == "069500:buy:3:35005"
    assert attempt.session == DAY


async def test_less_cash_than_approved_sends_less(kit):
    ticket = await kit.approved(buy(10, 35_000))
    kit.broker.cash_won = 100_000
    await kit.run()
    assert kit.broker.posts[0].quantity == 2
    assert (await kit.stored(ticket)).state is TicketState.APPROVED
    # The message can say why: the rules stand with the gating, and only where something was cut.
    view = await kit.desk.view(ticket.ticket_id)
    assert view.reduced_by == {f"{ticket.ticket_id}-1": ("position_weight", "cash")}
    whole = await kit.sent(sell(1))
    assert (await kit.desk.view(whole.ticket_id)).reduced_by == {}


async def test_no_cash_at_all_is_said(kit):
    ticket = await kit.approved(buy(1))
    kit.broker.cash_won = 0
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.state is OrderState.BLOCKED
    assert "주문 가능 금액" in order.reason
    assert kit.broker.posts == []


FAULTS = {
    "quote": "waiting_facts",
    "account": "waiting_facts",
    "buying_power": "waiting_facts",
    "order_history": "waiting_list",
}


@pytest.mark.parametrize("call", FAULTS)
async def test_what_cannot_be_read_waits_is_told_once_and_is_sent_when_it_can(kit, call):
    ticket = await kit.approved(buy(1))
    order_id = f"{ticket.ticket_id}-1"
    await kit.publish()
    kit.broker.broken = {call}
    for _ in range(3):
        assert await kit.run() == kit.clock.now() + timedelta(seconds=5)
        kit.clock.move(5)
    order = await kit.order(order_id)
    assert (order.state, order.reason) == (OrderState.CREATED, reason(FAULTS[call]))
    assert (await kit.kinds(order_id)) == ["order.waiting"]
    assert kit.broker.posts == []
    await kit.publish()
    assert kit.surface.history[-1].orders[0].reason == order.reason
    await kit.desk._alarms.deliver()
    ((_, words),) = kit.surface.alerts
    assert "보내지 못하고 기다립니다: " + order.reason in words
    kit.broker.broken = set()
    assert await kit.run() is None
    order = await kit.order(order_id)
    assert (order.state, order.reason) == (OrderState.WORKING, "")


async def test_what_waits_expires_in_its_time(kit):
    ticket = await kit.approved(buy(1), kind=TicketKind.BASKET)
    kit.broker.broken = {"quote"}
    await kit.run()
    kit.broker.broken = set()
    kit.clock.set(at(15, 0, 1))
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert (order.state, order.reason) == (OrderState.EXPIRED, reason("too_late"))
    assert kit.broker.posts == []


async def test_a_sell_that_cannot_be_read_waits_too(kit):
    ticket = await kit.approved(sell(1))
    kit.broker.broken = {"sellable"}
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert (order.state, order.reason) == (OrderState.CREATED, reason("waiting_facts"))


@pytest.mark.parametrize("price", [35_000, 36_500])
async def test_an_old_quote_is_waited_out_and_proves_nothing(kit, price):
    ticket = await kit.approved(buy(1))
    kit.broker.prices[KODEX] = price
    kit.broker.quote_age_seconds = 6
    assert await kit.run() == kit.clock.now() + timedelta(seconds=5)
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert (order.state, order.reason) == (OrderState.CREATED, reason("waiting_quote"))
    assert len(await kit.tickets()) == 1


async def test_an_unread_leg_does_not_hold_up_the_others_for_long(kit):
    kit.broker.holdings[KODEX] = 5
    ticket = await kit.approved(
        sell(1), sell(1, symbol=KODEX), buy(1, 35_000), kind=TicketKind.BASKET
    )

    executor = kit.desk._runner._executor
    execute = executor.execute

    async def faulty(on, order):
        kit.broker.broken = {"sellable"} if order.leg == 1 else set()
        return await execute(on, order)

    executor.execute = faulty
    assert await kit.run() == kit.clock.now() + timedelta(seconds=5)
    assert [post.symbol for post in kit.broker.posts] == [KODEX]
    kit.clock.move(121)
    await kit.run()
    assert [post.side.value for post in kit.broker.posts] == ["sell", "buy"]
    first = await kit.order(f"{ticket.ticket_id}-1")
    assert first.state is OrderState.CREATED


async def test_too_late_and_closed_days_block(kit):
    late = await kit.approved(buy(1))
    kit.clock.set(at(15, 15))
    await kit.run()
    assert (await kit.order(f"{late.ticket_id}-1")).reason == reason("too_late")
    assert kit.broker.posts == []


@pytest.mark.parametrize("day", [date(2026, 11, 21), date(2041, 1, 3)])
async def test_without_a_session_nothing_is_sent(kit, database, day):
    ticket = await kit.approved(buy(1))
    order = await kit.order(f"{ticket.ticket_id}-1")
    kit.clock.set(at(10, day=day))
    # Nobody is promised an hour on a day without one.
    assert (await kit.desk.view(ticket.ticket_id)).sends_at is None
    result = await kit.desk._runner._executor.execute(ticket, order)
    assert result == Stopped(await kit.order(order.order_id))
    assert result.order.reason == reason("session_closed")


async def test_queued_until_the_window_and_executed_there(kit, clock):
    clock._now = at(8, 55)
    ticket = await kit.approved(buy(1))
    assert await kit.run() == at(9, 5)
    assert (await kit.desk.view(ticket.ticket_id)).sends_at == at(9, 5)
    kit.again()
    clock.set(at(9, 4, 59))
    assert await kit.run() == at(9, 5)
    clock.set(at(9, 5))
    assert (await kit.desk.view(ticket.ticket_id)).sends_at is None
    assert await kit.run() is None
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.WORKING


@pytest.mark.parametrize(
    ("day", "opens"), [(date(2026, 11, 19), at(10, 5)), (date(2027, 1, 4), at(10, 5))]
)
async def test_days_with_other_hours(kit, clock, day, opens):
    clock._now = at(9, 58, day=day)
    ticket = await kit.ticket(buy(1))
    assert await kit.desk.approve(kit.click(ticket)) is ClickOutcome.APPROVED_QUEUED
    assert await kit.run() == opens.replace(year=day.year, month=day.month, day=day.day)


async def test_the_pace_is_kept_by_waiting(kit):
    kit.limits = replace(WIDE, minute_count=1)
    kit.again()
    await kit.sent(buy(1))
    await kit.approved(buy(1, 34_900))
    assert await kit.run() == kit.clock.now() + timedelta(seconds=5)
    assert len(kit.broker.posts) == 1
    assert (await kit.orders())[-1].reason == "1분 한도로 잠시 기다립니다."
    await kit.desk._alarms.deliver()
    assert kit.surface.alerts == []
    kit.clock.move(60)
    assert await kit.run() is None
    assert len(kit.broker.posts) == 2


async def test_outside_the_envelope_a_new_ticket_is_offered(kit):
    old = await kit.approved(buy(3))
    kit.broker.prices[KODEX] = 36_500
    await kit.run()
    stored = await kit.stored(old)
    assert (stored.state, stored.state_reason) == (
        TicketState.INVALIDATED,
        KO.say("orders.ticket_outside"),
    )
    new = (await kit.tickets())[-1]
    assert (new.state, new.legs[0].quantity) == (TicketState.PRESENTED, 3)
    assert new.legs[0].envelope.limit_won == 37_595
    assert kit.broker.posts == []
    blocked = await kit.order(f"{old.ticket_id}-1")
    assert blocked.state is OrderState.BLOCKED
    assert "36,500" in blocked.reason
    assert "안에서 살 수 없어" in blocked.reason
    assert (await kit.journal(old.ticket_id))[-1].facts["by"] == new.ticket_id


class Gone(BaseException):
    """The process dies here."""


async def test_a_crash_while_offering_anew_loses_neither_the_order_nor_the_offer(kit):
    old = await kit.approved(buy(3))
    kit.broker.prices[KODEX] = 36_500
    replacing = kit.desk._runner._replace

    async def dies(*values):
        await replacing(*values)
        raise Gone

    kit.desk._runner._replace = dies
    with pytest.raises(Gone):
        await kit.run()
    assert (await kit.order(f"{old.ticket_id}-1")).state is OrderState.CREATED
    assert len(await kit.tickets()) == 1
    kit.again()
    await kit.run()
    assert (await kit.order(f"{old.ticket_id}-1")).state is OrderState.BLOCKED
    assert [item.state for item in await kit.tickets()] == [
        TicketState.INVALIDATED,
        TicketState.PRESENTED,
    ]


async def test_a_new_proposal_that_cannot_be_judged_is_made_later(kit):
    old = await kit.approved(buy(3))
    kit.broker.prices[KODEX] = 36_500
    propose = kit.desk._runner._presenter.propose

    async def unread(*values, **more):
        kit.broker.broken = {"account"}
        return await propose(*values, **more)

    kit.desk._runner._presenter.propose = unread
    assert await kit.run() == kit.clock.now() + timedelta(seconds=5)
    assert (await kit.order(f"{old.ticket_id}-1")).state is OrderState.CREATED
    assert len(await kit.tickets()) == 1


async def test_what_was_dropped_meanwhile_is_not_offered_again(kit):
    old = await kit.approved(buy(3))
    kit.broker.prices[KODEX] = 36_500
    propose = kit.desk._runner._presenter.propose

    async def late(*values, **more):
        await kit.desk.request_cancel(kit.click(old))
        return await propose(*values, **more)

    kit.desk._runner._presenter.propose = late
    await kit.run()
    assert len(await kit.tickets()) == 1


async def test_no_promise_of_a_proposal_that_was_refused(kit):
    old = await kit.approved(buy(10))
    kit.broker.prices[KODEX] = 45_000
    await kit.run()
    stored = await kit.stored(old)
    assert stored.state is TicketState.INVALIDATED
    assert "새 제안도 드릴 수 없습니다" in stored.state_reason
    assert "400,000원" in stored.state_reason


async def between_gate_and_arm(kit, ticket, act):
    executor = kit.desk._runner._executor
    check = executor._gate.check

    async def checked(*values):
        verdict = await check(*values)
        result = act()
        if result is not None:
            await result
        return verdict

    executor._gate.check = checked
    try:
        await kit.run()
    finally:
        executor._gate.check = check
    return await kit.order(f"{ticket.ticket_id}-1")


async def test_a_quote_that_grew_old_is_not_traded_on(kit):
    ticket = await kit.approved(sell(1))
    kit.broker.quote_age_seconds = 5
    order = await between_gate_and_arm(kit, ticket, lambda: kit.clock.move(1))
    assert (order.state, order.reason) == (OrderState.GATED, reason("waiting_quote"))
    assert len(await kit.tickets()) == 1
    assert kit.broker.posts == []
    kit.broker.quote_age_seconds = 0
    assert await kit.run() is None
    order = await kit.order(order.order_id)
    assert (order.state, order.reason) == (OrderState.WORKING, "")


@pytest.mark.parametrize(
    ("state", "expected"),
    [(TradingState.HALTED, "halted"), (TradingState.REDUCE_ONLY, "reduce_only")],
)
async def test_a_switch_between_gate_and_arm_holds(kit, state, expected):
    ticket = await kit.approved(buy(1))

    def act():
        return kit.switch.set_state(state, actor="11", reason="now")

    order = await between_gate_and_arm(kit, ticket, act)
    assert (order.state, order.reason) == (OrderState.BLOCKED, reason(expected))
    assert kit.broker.posts == []


async def test_a_switch_nobody_can_read_is_a_halt(kit):
    ticket = await kit.approved(buy(1))

    async def act():
        async with kit.ledger.transaction() as tx:
            await tx.put_setting(SETTING_TRADING_STATE, "OPEN")

    order = await between_gate_and_arm(kit, ticket, act)
    assert order.reason == reason("halted")


async def test_a_day_stopped_between_gate_and_arm_holds(kit):
    ticket = await kit.approved(buy(1))
    order = await between_gate_and_arm(
        kit, ticket, lambda: kit.switch.stop_for_day(DAY, "자료 없음")
    )
    assert order.reason == reason("day_stopped", detail="자료 없음")


async def test_reduce_only_lets_sells_through(kit):
    await kit.switch.set_state(TradingState.REDUCE_ONLY, actor="11", reason="careful")
    assert (await kit.sent(sell(1))).state is OrderState.WORKING


async def test_terms_changed_after_the_approval_are_not_sent(kit, database):
    ticket = await kit.approved(buy(1))

    async def act():
        async with database.transaction() as sql:
            await sql.run(text("UPDATE ticket_legs SET limit_won = 99000"))

    order = await between_gate_and_arm(kit, ticket, act)
    assert order.reason == reason("not_approved")
    assert kit.broker.posts == []


async def test_an_order_outside_the_envelope_is_not_armed(kit):
    ticket = await kit.approved(buy(1))
    gate = kit.desk._runner._executor._gate
    check = gate.check

    async def generous(*values):
        ready = await check(*values)
        return replace(ready, request=replace(ready.request, quantity=2))

    gate.check = generous
    await kit.run()
    order = await kit.order(f"{ticket.ticket_id}-1")
    assert order.reason == reason("outside_envelope")


async def test_an_order_that_was_attempted_is_not_attempted_again(kit):
    order = await kit.sent(buy(1))
    ticket = await kit.stored(order.ticket_id)
    await kit.force(replace(order, state=OrderState.CREATED, ref=None), OrderState.WORKING)
    await kit.run()
    again = await kit.order(order.order_id)
    assert (again.state, again.reason) == (OrderState.BLOCKED, reason("already_sent"))
    assert len(kit.broker.posts) == 1
    assert ticket.state is TicketState.APPROVED


async def test_doubt_freezes_symbol_and_side_only(kit):
    first = await kit.approved(buy(1))
    second = await kit.approved(buy(2))
    other = await kit.approved(sell(1))
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    await kit.run()
    assert (await kit.order(f"{first.ticket_id}-1")).state is OrderState.UNKNOWN
    blocked = await kit.order(f"{second.ticket_id}-1")
    assert blocked.state is OrderState.BLOCKED
    assert "결과를 확인하지 못한" in blocked.reason
    assert (await kit.order(f"{other.ticket_id}-1")).state is OrderState.WORKING


async def test_doubt_that_arises_between_gate_and_arm_freezes_too(kit):
    first = await kit.approved(buy(1))

    async def act():
        async with kit.ledger.transaction() as tx:
            order = replace(
                await tx.order(f"{first.ticket_id}-1"), order_id="OLD-1", ticket_id=other.ticket_id
            )
            await tx.insert_order(replace(order, leg=9, state=OrderState.OPERATOR_HOLD))

    other = await kit.ticket(sell(1))
    order = await between_gate_and_arm(kit, first, act)
    assert order.reason == reason("in_doubt")


async def test_two_runners_send_once_and_judge_limits_again(kit):
    kit.limits = replace(WIDE, day_count=1)
    kit.again()
    first, second = await kit.approved(buy(1)), await kit.approved(sell(1))
    orders = [await kit.order(f"{item.ticket_id}-1") for item in (first, second)]
    one, two = kit.desk, type(kit.desk)(kit.context, kit.surface, kit.outbox)
    executor: Executor = one._runner._executor
    rival: Executor = two._runner._executor
    results = []

    async def rivalry(call):
        if call == "quote":
            kit.broker.hook = None
            results.append(await rival.execute(first, orders[0]))
            results.append(await rival.execute(first, orders[0]))

    kit.broker.hook = rivalry
    results.append(await executor.execute(second, orders[1]))
    assert [type(item) for item in results] == [Sent, Stopped, Postponed]
    assert len(kit.broker.posts) == 1
    await one._runner.run_due()
    assert "하루 주문 한도" in (await kit.order(orders[1].order_id)).reason
    assert len(kit.broker.posts) == 1


async def test_a_rival_that_armed_first_stops_us(kit):
    ticket = await kit.approved(buy(1))
    order = await kit.order(f"{ticket.ticket_id}-1")
    executor = kit.desk._runner._executor

    async def rival(call):
        if call == "quote":
            kit.broker.hook = None
            await kit.force(replace(order, state=OrderState.SUBMITTING), OrderState.CREATED)

    kit.broker.hook = rival
    result = await executor.execute(ticket, order)
    assert isinstance(result, Stopped)
    assert result.order.state is OrderState.SUBMITTING
    kit.broker.broken = {"order_history"}
    assert (await executor.execute(ticket, order)).order.state is OrderState.SUBMITTING
    assert kit.broker.posts == []


@pytest.mark.parametrize(
    ("answer", "doubted", "state", "kind"),
    [
        (Answer.ACCEPT, OrderState.UNKNOWN, OrderState.WORKING, "order.working"),
        (Answer.REJECT, OrderState.UNKNOWN, OrderState.UNKNOWN, "incident.order"),
        (Answer.ACCEPT, OrderState.VOID, OrderState.VOID, "incident.order"),
    ],
)
async def test_an_answer_that_comes_after_the_doubt_is_kept(kit, answer, doubted, state, kind):
    kit.broker.answers.append(answer)

    async def doubt(call):
        if call == "place_order done":
            (order,) = await kit.orders()
            await kit.force(replace(order, state=doubted), OrderState.SUBMITTING)

    kit.broker.hook = doubt
    order = await kit.sent(buy(1))
    assert order.state is state
    assert (await kit.kinds(order.order_id))[-1] == kind


async def test_a_defect_in_the_adapter_is_raised_after_it_was_noted(kit):
    ticket = await kit.approved(buy(1))
    order = await kit.order(f"{ticket.ticket_id}-1")
    kit.broker.answers.append(Answer.BREAK)
    with pytest.raises(Broken):
        await kit.desk._runner._executor.execute(ticket, order)
    assert (await kit.order(order.order_id)).state is OrderState.UNKNOWN


async def test_market_buys_fill_the_day_limit_at_what_they_may_cost(kit):
    order = await kit.sent(buy(8, order_type=OrderType.MARKET))
    kit.broker.fill(order.ref.number, 8, 35_000)
    await kit.poll()
    async with kit.ledger.transaction() as tx:
        day = await kit.desk._presenter._facts.day(tx)
        assert day.amount_won == 8 * 45_500
        # A market order that no gate has seen yet has reserved nothing.
        other = replace(order, order_id="X-1", request=None)
        from core.services.orders.facts import price_at_most

        assert await price_at_most(tx, other) == 0
    assert TIGER in kit.broker.holdings

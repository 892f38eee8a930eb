from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from core.domain.instrument import Symbol
from core.domain.modes import Mode, TradingState
from core.domain.orders import OrderState, Side
from core.domain.risk import Denied, Rule
from core.domain.tickets import TicketKind
from core.services.orders.flattening import CancelFate, Flattened
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import KODEX, STRANGER, TIGER, at, buy, rules, sell
from tests.fakes.scripted_broker import Answer

SAMSUNG = Symbol("005930")


def press(kit, **changes):
    return kit.click("everything", **changes)


async def test_everything_held_goes_on_one_ticket_like_any_other(kit):
    kit.broker.holdings[SAMSUNG] = 2
    kit.broker.prices[SAMSUNG] = 70_000
    made = await kit.desk.flattener.flatten(press(kit))
    assert isinstance(made, Flattened)
    assert made.is_new
    assert made.left_out == ()
    assert made.ticket.kind is TicketKind.EXIT
    terms = [(leg.envelope.symbol, leg.envelope.side, leg.quantity) for leg in made.ticket.legs]
    assert terms == [(TIGER, Side.SELL, 5), (SAMSUNG, Side.SELL, 2)]
    # A stock is named, because no list of ours knows it.
    assert [leg.reason for leg in made.ticket.legs] == [
        "",
        f"ETF 목록 밖의 보유 종목입니다: {SAMSUNG}",
    ]
    assert kit.broker.posts == []
    await kit.desk.approve(kit.click(made.ticket))
    await kit.run()
    assert [(post.symbol, post.quantity) for post in kit.broker.posts] == [(TIGER, 5), (SAMSUNG, 2)]
    assert await kit.kinds("everything") == ["orders.flatten"]


async def test_two_presses_make_one_ticket(kit):
    first, second = await asyncio.gather(
        kit.desk.flattener.flatten(press(kit)), kit.desk.flattener.flatten(press(kit))
    )
    assert {first.is_new, second.is_new} == {True, False}
    assert first.ticket.ticket_id == second.ticket.ticket_id
    assert len(await kit.tickets()) == 1
    # What was bought since is offered on a ticket of its own.
    kit.broker.holdings[KODEX] = 1
    third = await kit.desk.flattener.flatten(press(kit))
    assert [leg.envelope.symbol for leg in third.ticket.legs] == [KODEX]
    # An expired one is not taken for an offer.
    kit.clock.set(at(11))
    later = await kit.desk.flattener.flatten(press(kit))
    assert later.is_new
    assert len(later.ticket.legs) == 2


async def test_what_may_not_be_sold_is_left_out_and_named(kit):
    kit.broker.holdings[KODEX] = 3

    async def halted_tiger(symbol):
        quote = await real(symbol)
        return replace(quote, is_halted=symbol == TIGER)

    real, kit.broker.quote = kit.broker.quote, halted_tiger
    made = await kit.desk.flattener.flatten(press(kit))
    assert [leg.envelope.symbol for leg in made.ticket.legs] == [KODEX]
    assert [(item.rule, item.symbol) for item in made.left_out] == [(Rule.INSTRUMENT_HALTED, TIGER)]


async def test_nothing_held_halted_closed_observing_and_strangers_are_refused(kit):
    flatten = kit.desk.flattener.flatten
    assert await flatten(press(kit, user=STRANGER)) is ClickOutcome.NOT_ALLOWED
    assert await kit.kinds("everything") == ["ticket.press_refused"]
    await kit.switch.set_state(TradingState.HALTED, actor="11", reason="test")
    halted = await flatten(press(kit))
    assert isinstance(halted, Denied)
    assert set(rules(halted.violations)) == {"halted"}
    # Reduce only is what a sale is.
    await kit.switch.set_state(TradingState.REDUCE_ONLY, actor="11", reason="test")
    assert isinstance(await flatten(press(kit)), Flattened)
    await kit.switch.set_state(TradingState.ACTIVE, actor="11", reason="test")
    kit.clock.set(at(15, 20))
    closed = await flatten(press(kit))
    assert rules(closed.violations) == ["session_closed"]
    kit.broker.holdings.clear()
    assert await flatten(press(kit)) is ClickOutcome.NOTHING_HELD
    kit.broker.mode = Mode.OBSERVE
    assert await flatten(press(kit)) is ClickOutcome.OBSERVE_ONLY


async def test_a_refusal_between_look_and_offer_is_passed_on(kit, monkeypatch):
    async def refuse(proposal):
        return Denied(violations=())

    monkeypatch.setattr(kit.desk._presenter, "propose", refuse)
    assert await kit.desk.flattener.flatten(press(kit)) == Denied(violations=())


async def test_exposure_tells_what_can_be_sold_what_is_stuck_and_what_still_buys(kit):
    order = await kit.sent(buy(2))
    kit.broker.holdings[KODEX] = 1
    account = kit.broker.account

    async def locked():
        found = await account()
        first, *others = found.positions
        return replace(found, positions=(replace(first, sellable=0), *others))

    kit.broker.account = locked
    seen = await kit.desk.flattener.exposure()
    assert [position.symbol for position in seen.sellable] == [KODEX]
    assert [position.symbol for position in seen.stuck] == [TIGER]
    assert [item.order_id for item in seen.open_buys] == [order.order_id]


@pytest.mark.parametrize(
    ("answer", "fate", "state"),
    [
        (Answer.ACCEPT, CancelFate.REQUESTED, OrderState.CANCEL_PENDING),
        (Answer.SILENT_AND_LOST, CancelFate.REQUESTED, OrderState.CANCEL_PENDING),
        (Answer.REJECT, CancelFate.NOT_TAKEN, OrderState.WORKING),
        (Answer.NOT_SENT, CancelFate.NOT_TAKEN, OrderState.WORKING),
    ],
)
async def test_a_cancel_of_all_says_what_came_of_each_even_when_halted(kit, answer, fate, state):
    working = await kit.sent(buy(1))
    await kit.switch.set_state(TradingState.HALTED, actor="11", reason="test")
    kit.broker.cancel_answers.append(answer)
    (result,) = await kit.desk.flattener.cancel_open(press(kit))
    assert (result.order.order_id, result.fate, result.order.state) == (
        working.order_id,
        fate,
        state,
    )
    assert await kit.kinds("everything") == ["orders.cancel_all"]


async def test_whoever_writes_the_halt_file_needs_no_permission_to_cancel(kit):
    working = await kit.sent(buy(1))
    (result,) = await kit.desk.flattener.cancel_all("HALT", "파일로 정지")
    assert (result.order.order_id, result.fate) == (working.order_id, CancelFate.REQUESTED)
    assert kit.broker.cancels == [working.ref.number]


async def test_unsent_unproven_and_filled_orders_are_told_apart(kit):
    kit.broker.answers.append(Answer.SILENT_AND_LOST)
    doubtful = await kit.sent(buy(1))
    waiting = await kit.approved(buy(1, symbol=TIGER))
    results = await kit.desk.flattener.cancel_open(press(kit))
    fates = {item.order.order_id: item.fate for item in results}
    assert fates == {
        doubtful.order_id: CancelFate.IN_DOUBT,
        f"{waiting.ticket_id}-1": CancelFate.DROPPED,
    }
    assert kit.broker.cancels == []
    assert await kit.desk.flattener.cancel_open(press(kit), {Side.SELL}) == ()
    refused = await kit.desk.flattener.cancel_open(press(kit, user=STRANGER))
    assert refused is ClickOutcome.NOT_ALLOWED


async def test_an_order_that_ended_meanwhile_is_not_called_cancelled(kit):
    working = await kit.sent(buy(1))
    kit.broker.fill(working.ref.number, 1)

    async def filled_first(call):
        if call == "cancel_order":
            kit.broker.hook = None
            await kit.poll()

    kit.broker.cancel_answers.append(Answer.REJECT)
    kit.broker.hook = filled_first
    (result,) = await kit.desk.flattener.cancel_open(press(kit))
    assert result.fate is CancelFate.ENDED
    assert result.order.state is OrderState.FILLED


async def test_half_that_waits_does_not_stand_in_for_everything(kit):
    await kit.ticket(sell(2), kind=TicketKind.EXIT)
    made = await kit.desk.flattener.flatten(press(kit))
    assert isinstance(made, Flattened)
    assert made.is_new
    assert [leg.quantity for leg in made.ticket.legs] == [5]

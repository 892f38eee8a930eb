"""Legs taken out and put back: another ticket each time, and only the shown one can be approved."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.money import Shares
from core.domain.orders import OrderRequest, OrderType, Side
from core.domain.risk import Denied
from core.domain.shown import Outlook
from core.domain.tickets import TicketKind, TicketState
from core.services.orders.beside import outlook
from core.services.orders.redrawing import READING_TIME
from core.services.orders.values import ClickOutcome
from tests.core.services.orders.test_standing_races import Interrupted
from tests.fakes.desk_kit import (
    CHANNEL,
    KODEX,
    KOSDAQ,
    OWNER,
    STRANGER,
    TIGER,
    Kit,
    buy,
    proposal,
    sell,
)

KIND = TicketKind.BASKET


async def basket(kit: Kit, *legs):
    """A basket on the screen, and its message."""
    made = await kit.ticket(*(legs or (sell(5), buy(3), buy(2, symbol=KOSDAQ))), kind=KIND)
    assert await kit.publish()
    return await kit.stored(made)


def pressed(kit: Kit, ticket, **changes):
    return kit.click(ticket, message=ticket.message_id or 0, **changes)


async def read(kit, ticket):
    """The ticket on the screen, long enough to be read."""
    assert await kit.publish()
    kit.clock.set(kit.clock.now() + READING_TIME)
    return await kit.stored(ticket)


def legs_of(ticket):
    return [(leg.envelope.symbol, leg.quantity) for leg in ticket.legs]


async def test_a_leg_that_is_taken_out_is_not_approved(kit):
    old = await basket(kit)
    new = await kit.desk.toggle(pressed(kit, old), 2)
    assert legs_of(new) == [(TIGER, 5), (KOSDAQ, 2)]
    assert new.payload_hash == new.hashed() != old.payload_hash
    new = await read(kit, new)
    assert await kit.desk.approve(pressed(kit, new)) is ClickOutcome.APPROVED
    assert [item.envelope.symbol for item in await kit.orders()] == [TIGER, KOSDAQ]


async def test_the_new_ticket_takes_the_message_and_the_old_button_approves_nothing(kit):
    old = await basket(kit)
    new = await kit.desk.toggle(pressed(kit, old), 1)
    assert (new.channel_id, new.message_id) == (CHANNEL, old.message_id)
    assert await kit.publish()
    assert set(kit.surface.shown) == {old.message_id}
    assert kit.surface.shown[old.message_id].ticket.ticket_id == new.ticket_id
    assert await kit.desk.approve(pressed(kit, old)) is ClickOutcome.ALREADY_DECIDED
    assert await kit.orders() == ()
    left = await kit.stored(old)
    assert (left.state, left.message_id) == (TicketState.SUPERSEDED, None)
    assert (await kit.journal(old.ticket_id))[-1].facts["by"] == new.ticket_id


async def test_out_and_in_again_is_what_it_was_with_another_payload(kit):
    old = await basket(kit)
    out = await kit.desk.toggle(pressed(kit, old), 3)
    again = await kit.desk.toggle(pressed(kit, out), 3)
    assert legs_of(again) == legs_of(old)
    assert len({old.payload_hash, out.payload_hash, again.payload_hash}) == 3
    for stale in (old, out):
        assert await kit.desk.approve(pressed(kit, stale)) is ClickOutcome.ALREADY_DECIDED


async def test_without_the_sale_there_is_less_to_buy_with_and_with_it_again_as_much(kit):
    kit.broker.cash_won = 70_500
    old = await basket(kit, sell(5), buy(5))
    assert legs_of(old) == [(TIGER, 5), (KODEX, 5)]
    poorer = await kit.desk.toggle(pressed(kit, old), 1)
    assert legs_of(poorer) == [(KODEX, 2)]
    assert any("5 → 2" in note for note in poorer.notes)
    again = await kit.desk.toggle(pressed(kit, poorer), 1)
    assert legs_of(again) == legs_of(old)
    assert (await kit.desk.view(again.ticket_id)).changes == (
        "주인 님이 뺐습니다: 매도 TIGER 200 (매수 KODEX 200 5주 → 2주)",
        "주인 님이 다시 골랐습니다: 매도 TIGER 200 (매수 KODEX 200 2주 → 5주)",
    )


async def test_a_leg_that_falls_out_or_returns_by_itself_is_told(kit):
    kit.broker.cash_won = 71_000
    old = await basket(kit, buy(2), buy(2, symbol=KOSDAQ))
    assert legs_of(old) == [(KODEX, 2)]
    [view] = kit.surface.shown.values()
    assert [item.is_in for item in view.choices] == [True, True]
    freed = await kit.desk.toggle(pressed(kit, old), 1)
    assert legs_of(freed) == [(KOSDAQ, 2)]
    kit.broker.cash_won = 600_000
    both = await kit.desk.toggle(pressed(kit, freed), 1)
    assert (await kit.desk.view(both.ticket_id)).changes == (
        "주인 님이 뺐습니다: 매수 KODEX 200 (매수 KODEX 코스닥150 0주 → 2주)",
        "주인 님이 다시 골랐습니다: 매수 KODEX 200",
    )


@pytest.mark.parametrize("press", ["approve", "override", "approve_with_stop"])
async def test_right_after_the_terms_changed_nobody_approves_them(kit, press):
    kit.approvers |= {STRANGER}
    kit.again()
    old = await basket(kit)
    new = await kit.desk.toggle(pressed(kit, old), 2)
    assert await kit.publish()
    kit.clock.set(kit.clock.now() + READING_TIME - timedelta(milliseconds=1))
    for user in (OWNER, STRANGER):
        outcome = await getattr(kit.desk, press)(pressed(kit, new, user=user))
        assert outcome is ClickOutcome.JUST_CHANGED
    assert await kit.orders() == ()
    assert (await kit.stored(new)).state is TicketState.PRESENTED
    kit.clock.set(kit.clock.now() + timedelta(milliseconds=1))
    outcome = await getattr(kit.desk, press)(pressed(kit, new))
    assert outcome is (ClickOutcome.APPROVED if press == "approve" else ClickOutcome.ERROR)


async def test_what_was_pressed_too_soon_and_came_late_is_too_soon(kit):
    old = await basket(kit)
    new = await kit.desk.toggle(pressed(kit, old), 2)
    assert await kit.publish()
    early = pressed(kit, new)
    kit.clock.set(kit.clock.now() + timedelta(minutes=1))
    assert await kit.desk.approve(early) is ClickOutcome.JUST_CHANGED


async def test_a_press_whose_clock_is_ahead_does_not_save_the_reading(kit):
    old = await basket(kit)
    new = await kit.desk.toggle(pressed(kit, old), 2)
    assert await kit.publish()
    ahead = pressed(kit, new, clicked_at=kit.clock.now() + timedelta(seconds=5))
    assert await kit.desk.approve(ahead) is ClickOutcome.JUST_CHANGED


async def test_the_time_to_read_runs_from_the_screen_and_not_from_the_press(kit):
    """The chat is away for a minute, and takes the message twice."""
    old = await basket(kit)
    kit.surface.failures = 1
    new = await kit.desk.toggle(pressed(kit, old), 2)
    assert not await kit.publish()
    kit.clock.set(kit.clock.now() + timedelta(minutes=1))
    assert await kit.desk.approve(pressed(kit, new)) is ClickOutcome.JUST_CHANGED
    assert await kit.publish()
    assert await kit.desk.approve(pressed(kit, new)) is ClickOutcome.JUST_CHANGED
    kit.again()
    assert await kit.desk.approve(pressed(kit, new)) is ClickOutcome.JUST_CHANGED
    kit.clock.set(kit.clock.now() + READING_TIME)
    await kit.desk._publisher._show(await kit.desk.view(new.ticket_id))
    assert await kit.desk.approve(pressed(kit, new)) is ClickOutcome.JUST_CHANGED
    kit.clock.set(kit.clock.now() + READING_TIME)
    assert await kit.desk.approve(pressed(kit, new)) is ClickOutcome.APPROVED


async def test_a_changed_ticket_is_declined_or_changed_again_at_once(kit):
    old = await basket(kit)
    new = await kit.desk.toggle(pressed(kit, old), 2)
    assert await kit.publish()
    newer = await kit.desk.toggle(pressed(kit, new), 3)
    assert legs_of(newer) == [(TIGER, 5)]
    assert await kit.desk.decline(pressed(kit, newer)) is ClickOutcome.DECLINED


async def test_a_ticket_with_a_message_of_its_own_is_approved_at_once(kit):
    old = await basket(kit)
    edited = await kit.desk.edit(pressed(kit, old), 2, 2, None)
    assert await kit.publish()
    edited = await kit.stored(edited)
    assert edited.message_id != old.message_id
    assert await kit.desk.approve(pressed(kit, edited)) is ClickOutcome.APPROVED


async def test_the_journal_keeps_when_a_changed_ticket_was_on_the_screen(kit):
    old = await basket(kit)
    new = await kit.desk.toggle(pressed(kit, old), 2)
    assert await kit.kinds(new.ticket_id) == ["ticket.presented"]
    assert await kit.publish()
    assert await kit.kinds(new.ticket_id) == ["ticket.presented", "ticket.redrawn"]
    await kit.desk.decline(pressed(kit, new))
    assert await kit.publish()
    assert (await kit.kinds(new.ticket_id)).count("ticket.redrawn") == 1
    assert "ticket.redrawn" not in await kit.kinds(old.ticket_id)


async def test_a_change_prolongs_no_ticket(kit):
    made = await kit.ticket(buy(1), buy(1, symbol=KOSDAQ))
    assert await kit.publish()
    old = await kit.stored(made)
    kit.clock.set(kit.clock.now() + timedelta(minutes=4))
    new = await kit.desk.toggle(pressed(kit, old), 1)
    assert new.expires_at == old.expires_at
    edited = await kit.desk.edit(pressed(kit, new), 1, 2, None)
    assert edited.expires_at == kit.clock.now() + timedelta(minutes=10)


async def test_the_last_leg_stays(kit):
    old = await basket(kit, buy(1), buy(1, symbol=KOSDAQ))
    one = await kit.desk.toggle(pressed(kit, old), 1)
    assert await kit.desk.toggle(pressed(kit, one), 2) is ClickOutcome.LAST_LEG
    assert (await kit.stored(one)).state is TicketState.PRESENTED


async def test_what_cannot_be_offered_changes_nothing(kit):
    old = await basket(kit)
    kit.broker.broken.add("quote")
    refused = await kit.desk.toggle(pressed(kit, old), 1)
    assert isinstance(refused, Denied)
    assert await kit.desk.approve(pressed(kit, old)) is ClickOutcome.APPROVED


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"user": STRANGER}, ClickOutcome.NOT_ALLOWED),
        ({"guild": 8}, ClickOutcome.NOT_ALLOWED),
    ],
)
async def test_who_may_not_approve_may_not_take_out(kit, changes, outcome):
    old = await basket(kit)
    assert await kit.desk.toggle(pressed(kit, old, **changes), 1) is outcome
    assert (await kit.stored(old)).state is TicketState.PRESENTED
    [line] = [item for item in await kit.journal(old.ticket_id) if "refused" in item.kind]
    assert line.facts["action"] == "toggle"


async def test_a_press_that_means_no_ticket_or_no_leg_changes_nothing(kit):
    old = await basket(kit)
    assert await kit.desk.toggle(kit.click("NOTTHERE"), 1) is ClickOutcome.UNKNOWN_TICKET
    assert await kit.desk.toggle(pressed(kit, old), 4) is ClickOutcome.ERROR
    elsewhere = replace(pressed(kit, old), message_id=1)
    assert await kit.desk.toggle(elsewhere, 1) is ClickOutcome.WRONG_MESSAGE
    kit.clock.set(old.expires_at.replace(minute=1))
    assert await kit.desk.toggle(pressed(kit, old), 1) is ClickOutcome.EXPIRED
    assert (await kit.stored(old)).state is TicketState.PRESENTED


async def test_a_lone_leg_and_two_that_look_alike_have_no_buttons(kit):
    for legs in ((buy(3),), (buy(1), buy(2))):
        old = await basket(kit, *legs)
        assert (await kit.desk.view(old.ticket_id)).choices == ()
        assert await kit.desk.toggle(pressed(kit, old), 1) is ClickOutcome.ERROR


async def test_two_people_at_once_make_one_ticket(kit):
    old = await basket(kit)
    made = await asyncio.gather(
        kit.desk.toggle(pressed(kit, old), 1), kit.desk.toggle(pressed(kit, old), 2)
    )
    assert ClickOutcome.ALREADY_DECIDED in made
    shown = [item for item in await kit.tickets() if item.state is TicketState.PRESENTED]
    assert len(shown) == 1
    assert shown[0].message_id == old.message_id


@pytest.mark.parametrize("before", [0, 1, 2])
async def test_approved_while_a_leg_is_taken_out_only_one_of_both_holds(kit, before):
    """The ✅ overtakes before each transaction of the other press."""
    old = await basket(kit)
    inner, wins = kit.ledger, []

    async def approve():
        wins.append(await approver.desk.approve(pressed(approver, old)))

    approver = Kit(inner, kit.clock, kit.broker, kit.surface, kit.halt_file, names=kit.names)
    approver.lease = kit.lease
    kit.ledger = Interrupted(inner, approve, before)
    kit.again()
    outcome = await kit.desk.toggle(pressed(kit, old), 1)
    assert wins == [ClickOutcome.APPROVED]
    assert outcome is ClickOutcome.ALREADY_DECIDED
    states = {item.ticket_id: item.state for item in await approver.tickets()}
    assert states == {old.ticket_id: TicketState.APPROVED}


async def test_after_a_restart_the_legs_are_still_there(kit):
    old = await basket(kit)
    out = await kit.desk.toggle(pressed(kit, old), 2)
    kit.again()
    assert await kit.publish()
    [view] = kit.surface.shown.values()
    assert [item.is_in for item in view.choices] == [True, False, True]
    back = await kit.desk.toggle(pressed(kit, out), 2)
    assert legs_of(back) == legs_of(old)


async def test_a_crash_between_the_press_and_the_message_shows_the_new_one(kit):
    old = await basket(kit)
    kit.surface.failures = 1
    new = await kit.desk.toggle(pressed(kit, old), 1)
    assert not await kit.publish()
    kit.again()
    assert await kit.publish()
    assert kit.surface.shown[old.message_id].ticket.ticket_id == new.ticket_id


async def test_an_edit_of_the_old_one_that_comes_late_is_put_right(kit):
    """A process that was replaced in an edit puts the old ticket over the new one."""
    old = await basket(kit)
    late = await kit.desk.view(old.ticket_id)
    new = await kit.desk.toggle(pressed(kit, old), 1)
    assert await kit.publish()
    await kit.desk._publisher._show(late)
    assert kit.surface.shown[old.message_id].ticket.ticket_id == old.ticket_id
    assert await kit.publish()
    assert kit.surface.shown[old.message_id].ticket.ticket_id == new.ticket_id
    assert (await kit.stored(old)).message_id is None


async def test_an_edit_of_the_old_one_without_an_answer_is_put_right(kit):
    old = await basket(kit)
    late = await kit.desk.view(old.ticket_id)
    new = await kit.desk.toggle(pressed(kit, old), 1)
    assert await kit.publish()
    shown = len(kit.surface.history)
    kit.surface.failures = 1
    with pytest.raises(Exception, match="503"):
        await kit.desk._publisher._show(late)
    assert await kit.publish()
    assert [view.ticket.ticket_id for view in kit.surface.history[shown:]] == [new.ticket_id]


async def test_pressed_before_its_message_was_noted_the_message_is_still_taken(kit):
    made = await kit.ticket(buy(1), buy(1, symbol=KOSDAQ), kind=KIND)
    view = await kit.desk.view(made.ticket_id)
    _, message = await kit.surface.show_ticket(view)
    new = await kit.desk.toggle(kit.click(made, message=message), 1)
    assert new.message_id == message
    assert await kit.publish()
    assert set(kit.surface.shown) == {message}


async def test_without_a_message_the_new_ticket_is_shown_anew(kit):
    made = await kit.ticket(buy(1), buy(1, symbol=KOSDAQ), kind=KIND)
    new = await kit.desk.toggle(kit.click(made), 1)
    assert new.message_id is None
    assert await kit.publish()
    assert len(kit.surface.shown) == 2


async def test_its_message_deleted_only_the_new_ticket_ends(kit):
    old = await basket(kit)
    new = await kit.desk.toggle(pressed(kit, old), 1)
    assert await kit.desk.gone(CHANNEL, old.message_id) == 1
    assert (await kit.stored(new)).state is TicketState.INVALIDATED
    assert (await kit.stored(old)).state is TicketState.SUPERSEDED


async def test_an_edit_says_who_changed_what_and_the_choice_keeps_it(kit):
    old = await basket(kit)
    new = await kit.desk.edit(pressed(kit, old), 2, 2, None)
    [change] = (await kit.desk.view(new.ticket_id)).changes
    assert change.startswith("주인 님이 고쳤습니다: KODEX 200 3주 × 35,0")
    assert "→ 2주" in change
    out = await kit.desk.toggle(pressed(kit, await shown_again(kit, new)), 1)
    view = await kit.desk.view(out.ticket_id)
    assert view.changes == (change, "주인 님이 뺐습니다: 매도 TIGER 200")
    assert legs_of(out) == [(KODEX, 2), (KOSDAQ, 2)]
    back = await kit.desk.toggle(pressed(kit, out), 1)
    assert legs_of(back) == [(TIGER, 5), (KODEX, 2), (KOSDAQ, 2)]
    view = await kit.desk.view(back.ticket_id)
    assert view.changes[2:] == ("주인 님이 다시 골랐습니다: 매도 TIGER 200",)


async def shown_again(kit, ticket):
    assert await kit.publish()
    return await kit.stored(ticket)


async def test_an_edited_market_order_is_told_as_one_and_edits_add_up(kit):
    old = await kit.ticket(buy(3, order_type=OrderType.MARKET))
    once = await kit.desk.edit(kit.click(old), 1, 2, None)
    twice = await kit.desk.edit(kit.click(once), 1, 1, None)
    assert (await kit.desk.view(twice.ticket_id)).changes == (
        "주인 님이 고쳤습니다: KODEX 200 3주 시장가 → 2주 시장가",
        "주인 님이 고쳤습니다: KODEX 200 2주 시장가 → 1주 시장가",
    )


async def test_what_a_basket_was_decided_on_stays_with_it(kit):
    await kit.lease.hold(kit.ledger, kit.clock)
    made = await kit.desk.propose(
        replace(proposal(sell(2), buy(2), kind=KIND), snapshot='{"momentum": 12}')
    )
    new = await kit.desk.toggle(kit.click(made), 1)
    records = {record.record_id: record for record in await kit.records()}
    assert '"momentum": 12' in records[f"{new.ticket_id}-1"].market


async def test_a_ticket_says_weight_and_stop_afterwards(kit):
    made = await basket(kit, sell(2), buy(4))
    view = await kit.desk.view(made.ticket_id)
    # 600,000 in cash and five shares at 30,000 each.
    nav = 750_000
    assert view.outlooks[1].weight_bps == 3 * made.legs[0].price_won * 10_000 // nav
    assert view.outlooks[2].weight_bps == 4 * made.legs[1].price_won * 10_000 // nav
    assert [view.outlooks[number].stop_won for number in (1, 2)] == [None, None]


async def test_without_an_account_nothing_is_said_of_afterwards(kit):
    quote = await kit.broker.quote(KODEX)
    request = OrderRequest(
        symbol=KODEX,
        side=Side.BUY,
        quantity=Shares(1),
        price_won=None,
        order_type=OrderType.MARKET,
    )
    assert outlook(request, quote, None, kit.context.policy) == Outlook()


async def test_the_stop_afterwards_is_that_of_what_is_held_then(kit):
    kit.stop_bps = 700
    kit.broker.costs[TIGER] = 28_000
    kit.again()
    made = await basket(kit, sell(2), buy(4))
    outlooks = (await kit.desk.view(made.ticket_id)).outlooks
    assert outlooks[1].stop_won == 26_040
    assert outlooks[2].stop_won == round(made.legs[1].price_won * 0.93)
    everything = await basket(kit, sell(5), buy(1))
    gone = (await kit.desk.view(everything.ticket_id)).outlooks[1]
    assert (gone.weight_bps, gone.stop_won) == (0, None)


async def test_a_thread_knows_its_tickets_with_those_that_were_replaced(kit):
    old = await basket(kit)
    new = await kit.desk.toggle(pressed(kit, old), 1)
    shown = await kit.desk.shown_in(CHANNEL)
    assert [view.ticket.ticket_id for view in shown] == [old.ticket_id, new.ticket_id]
    assert await kit.desk.shown_in(1) == ()

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from core.domain.modes import Mode, TradingState
from core.domain.orders import OrderState
from core.domain.tickets import TicketState
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import CHANNEL, GUILD, STRANGER, at, buy, rules, sell


async def test_a_press_approves_and_creates_one_order_per_leg(kit):
    ticket = await kit.ticket(buy(), sell())
    click = kit.click(ticket, interaction=42)
    assert await kit.desk.approve(click) is ClickOutcome.APPROVED
    view = await kit.desk.view(ticket.ticket_id)
    assert view.ticket.state is TicketState.APPROVED
    assert (view.approval.actor_id, view.approval.interaction_id) == (11, 42)
    assert view.approval.payload_hash == ticket.payload_hash
    assert [order.state for order in view.orders] == [OrderState.CREATED] * 2
    assert (await kit.kinds(ticket.ticket_id))[-1] == "ticket.approved"
    assert kit.broker.posts == []


@pytest.mark.parametrize("action", ["approve", "decline", "request_cancel"])
@pytest.mark.parametrize(("user", "guild"), [(STRANGER, GUILD), (11, 8), (11, None)])
async def test_a_stranger_or_another_guild_changes_nothing(kit, action, user, guild):
    ticket = await kit.ticket(buy())
    click = kit.click(ticket, user=user, guild=guild)
    assert await getattr(kit.desk, action)(click) is ClickOutcome.NOT_ALLOWED
    assert await kit.desk.edit(click, 1, 1, None) is ClickOutcome.NOT_ALLOWED
    assert (await kit.stored(ticket)).state is TicketState.PRESENTED
    assert (await kit.kinds(ticket.ticket_id)).count("ticket.press_refused") == 2
    assert await kit.orders() == ()


async def test_a_stranger_who_goes_on_is_written_down_ever_more_seldom(kit):
    ticket = await kit.ticket(buy())
    click = kit.click(ticket, user=STRANGER)
    for _ in range(250):
        assert await kit.desk.decline(click) is ClickOutcome.NOT_ALLOWED
    assert (await kit.kinds(ticket.ticket_id)).count("ticket.press_refused") == 50 + 2
    assert await kit.desk.decline(kit.click(ticket)) is ClickOutcome.DECLINED


async def test_the_last_instant_counts_and_the_next_does_not(kit):
    first, second, third = [await kit.ticket(buy(1)) for _ in range(3)]
    kit.clock.set(at(10, 10))
    assert await kit.desk.approve(kit.click(first)) is ClickOutcome.APPROVED
    kit.clock.move(0.001)
    early = kit.click(second, clicked_at=at(10, 9))
    assert await kit.desk.approve(early) is ClickOutcome.EXPIRED
    assert await kit.desk.decline(kit.click(second)) is ClickOutcome.EXPIRED
    assert await kit.desk.edit(kit.click(third), 1, 1, None) is ClickOutcome.EXPIRED
    await kit.desk._deadlines.expire_tickets()
    assert await kit.desk.approve(early) is ClickOutcome.EXPIRED


async def test_a_click_dated_after_the_expiry_is_late_even_if_our_clock_lags(kit):
    ticket = await kit.ticket(buy())
    click = kit.click(ticket, clicked_at=at(10, 10, 1))
    assert await kit.desk.approve(click) is ClickOutcome.EXPIRED


async def test_halted_observe_and_stopped(kit):
    ticket = await kit.ticket(buy())
    kit.halt_file.touch()
    assert await kit.desk.approve(kit.click(ticket)) is ClickOutcome.TRADING_HALTED
    await kit.switch.set_state(TradingState.ACTIVE, actor="11", reason="go on")
    await kit.switch.stop_for_day(date(2026, 11, 16), "step failed")
    assert await kit.desk.approve(kit.click(ticket)) is ClickOutcome.TRADING_HALTED
    kit.broker.mode = Mode.OBSERVE
    assert await kit.desk.approve(kit.click(ticket)) is ClickOutcome.OBSERVE_ONLY
    assert await kit.desk.decline(kit.click(ticket)) is ClickOutcome.DECLINED
    (record,) = await kit.records()
    assert record.status == "DECLINED"


async def test_what_was_shown_in_another_mode_is_not_approved_for_real_money(kit):
    kit.broker.mode = Mode.VTS
    ticket = await kit.ticket(buy())
    kit.broker.mode = Mode.REAL
    assert await kit.desk.approve(kit.click(ticket)) is ClickOutcome.OBSERVE_ONLY
    assert await kit.orders() == ()
    assert await kit.desk.decline(kit.click(ticket)) is ClickOutcome.DECLINED


async def test_only_the_named_channels_and_owners_count(kit):
    policy = replace(
        kit.context.policy, owner_ids=frozenset({77}), channel_ids=frozenset({CHANNEL + 1})
    )
    kit.desk._approver._context = replace(kit.context, policy=policy)
    ticket = await kit.ticket(buy())
    press = kit.click(ticket, user=77)
    assert await kit.desk.approve(press) is ClickOutcome.NOT_ALLOWED
    inside = replace(press, parent_id=CHANNEL + 1)
    assert await kit.desk.approve(inside) is ClickOutcome.APPROVED


async def test_unknown_ticket_and_wrong_message(kit):
    assert await kit.desk.approve(kit.click("T9999999")) is ClickOutcome.UNKNOWN_TICKET
    assert await kit.desk.decline(kit.click("T9999999")) is ClickOutcome.UNKNOWN_TICKET
    assert await kit.desk.request_cancel(kit.click("T9999999")) is ClickOutcome.UNKNOWN_TICKET
    assert await kit.desk.edit(kit.click("T9999999"), 1, 1, None) is ClickOutcome.UNKNOWN_TICKET
    ticket = await kit.ticket(buy())
    await kit.publish()
    message = (await kit.stored(ticket)).message_id
    assert await kit.desk.approve(kit.click(ticket, message=1)) is ClickOutcome.WRONG_MESSAGE
    assert await kit.desk.approve(kit.click(ticket, message=message)) is ClickOutcome.APPROVED


async def test_an_interaction_is_used_once_for_whatever_ticket(kit):
    first, second = await kit.ticket(buy(1)), await kit.ticket(sell(1))
    assert await kit.desk.approve(kit.click(first, interaction=5)) is ClickOutcome.APPROVED
    replayed = kit.click(second, interaction=5)
    assert await kit.desk.approve(replayed) is ClickOutcome.ALREADY_DECIDED
    assert (await kit.stored(second)).state is TicketState.PRESENTED
    kit.again()
    assert await kit.desk.approve(kit.click(first)) is ClickOutcome.ALREADY_DECIDED
    assert len(await kit.orders()) == 1


async def test_two_hundred_presses_make_one_order(kit):
    ticket = await kit.ticket(buy())
    presses = [kit.desk.approve(kit.click(ticket)) for _ in range(200)]
    outcomes = await asyncio.gather(*presses)
    assert outcomes.count(ClickOutcome.APPROVED) == 1
    assert outcomes.count(ClickOutcome.ALREADY_DECIDED) == 199
    await kit.run()
    assert len(kit.broker.posts) == len(await kit.orders()) == 1


@pytest.mark.parametrize("first", ["approve", "decline"])
async def test_yes_and_no_at_once_have_one_winner(kit, first):
    ticket = await kit.ticket(buy())
    second = "decline" if first == "approve" else "approve"
    won, lost = await asyncio.gather(
        getattr(kit.desk, first)(kit.click(ticket)), getattr(kit.desk, second)(kit.click(ticket))
    )
    assert {won, lost} & {ClickOutcome.APPROVED, ClickOutcome.DECLINED}
    assert ClickOutcome.ALREADY_DECIDED in {won, lost}
    state = (await kit.stored(ticket)).state
    assert (len(await kit.orders()) == 1) is (state is TicketState.APPROVED)


async def test_after_a_restart_the_button_still_works(kit):
    ticket = await kit.ticket(buy())
    await kit.publish()
    kit.again()
    message = (await kit.stored(ticket)).message_id
    assert await kit.desk.approve(kit.click(ticket, message=message)) is ClickOutcome.APPROVED


async def test_before_the_window_an_approval_is_queued(kit, clock):
    clock._now = at(8, 55)
    ticket = await kit.ticket(buy())
    assert await kit.desk.approve(kit.click(ticket)) is ClickOutcome.APPROVED_QUEUED


async def test_stored_terms_that_are_not_what_was_hashed_are_invalid(kit, database):
    ticket = await kit.ticket(buy())
    async with database.transaction() as sql:
        await sql.run(text("UPDATE ticket_legs SET quantity_max = 300"))
    assert await kit.desk.approve(kit.click(ticket)) is ClickOutcome.ERROR
    assert (await kit.stored(ticket)).state is TicketState.INVALIDATED
    assert await kit.orders() == ()


@pytest.mark.parametrize("press", ["approve", "decline"])
async def test_a_decision_made_meanwhile_wins(kit, press, monkeypatch):
    ticket = await kit.ticket(buy())
    problem = kit.desk._approver.problem
    # What the press read is overtaken before it writes (another process on PostgreSQL).
    monkeypatch.setattr(
        kit.desk._approver,
        "problem",
        lambda read, click: problem(replace(read, state=TicketState.PRESENTED), click),
    )
    await kit.desk.decline(kit.click(ticket))
    assert await getattr(kit.desk, press)(kit.click(ticket)) is ClickOutcome.ALREADY_DECIDED


async def test_an_edit_supersedes_only_when_the_new_ticket_stands(kit):
    old = await kit.ticket(buy(3), sell(1))
    denied = await kit.desk.edit(kit.click(old), 2, 400, None)
    assert "order_amount" in rules(denied.violations)
    assert (await kit.stored(old)).state is TicketState.PRESENTED
    assert await kit.desk.edit(kit.click(old), 0, 0, None) is ClickOutcome.ERROR
    new = await kit.desk.edit(kit.click(old), 2, 2, 34_900)
    assert [leg.quantity for leg in new.legs] == [1, 2]
    assert new.legs[1].envelope.limit_won == 34_900
    assert (await kit.stored(old)).state is TicketState.SUPERSEDED
    assert (await kit.kinds(old.ticket_id))[-1] == "ticket.superseded"
    statuses = {item.record_id: item.status for item in await kit.records()}
    assert statuses[f"{old.ticket_id}-1"] == "SUPERSEDED"
    assert await kit.desk.approve(kit.click(old)) is ClickOutcome.ALREADY_DECIDED
    assert await kit.desk.edit(kit.click(old), 1, 1, None) is ClickOutcome.ALREADY_DECIDED
    # The price that the person named for a leg stays named when another leg is edited.
    newer = await kit.desk.edit(kit.click(new), 1, 2, None)
    assert newer.legs[1].price_won == newer.legs[1].envelope.limit_won == 34_900
    assert await kit.desk.approve(kit.click(newer)) is ClickOutcome.APPROVED


async def test_an_edit_that_loses_to_a_press_leaves_no_second_ticket(kit):
    old = await kit.ticket(buy(3))

    async def press(call):
        if call == "quote":
            kit.broker.hook = None
            await kit.desk.approve(kit.click(old))

    kit.broker.hook = press
    assert await kit.desk.edit(kit.click(old), 1, 2, None) is ClickOutcome.ALREADY_DECIDED
    assert [item.state for item in await kit.tickets()] == [TicketState.APPROVED]

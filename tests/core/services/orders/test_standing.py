"""Stops approved in advance: offered with an entry, granted once, used once, revoked at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.books import Adjustment, AdjustmentKind
from core.domain.modes import Mode, TradingState
from core.domain.orders import OrderState, OrderType
from core.domain.standing import StandingGap, StandingState, standing_terms
from core.domain.tickets import TicketKind, TicketState, advance_id
from core.errors import StaleState
from core.services.orders.standing import offer_stops
from core.services.orders.values import ClickOutcome
from tests.contracts.ledger_values import approval
from tests.fakes.desk_kit import KODEX, OWNER, STRANGER, TIGER, buy, sell
from tests.fakes.standing_kit import FALLEN, bought, fall, reached, stops


@pytest.fixture
def kit(kit):
    kit.standing = standing_terms(30, -7)
    kit.again()
    return kit


async def test_nothing_is_offered_unless_it_is_switched_on(kit) -> None:
    kit.standing = None
    kit.again()
    ticket = await kit.ticket(buy())
    assert await stops(kit, ticket) == ()
    assert await kit.desk.approve_with_stop(kit.click(ticket)) is ClickOutcome.ERROR
    assert (await kit.stored(ticket)).state is TicketState.PRESENTED


async def test_it_is_offered_with_buys_alone_and_its_terms_are_fixed(kit) -> None:
    basket = await kit.ticket(sell(1), buy(2), kind=TicketKind.BASKET)
    [stop] = await stops(kit, basket)
    assert (stop.leg, stop.symbol, stop.quantity_max, stop.state) == (
        2,
        KODEX,
        2,
        StandingState.OFFERED,
    )
    assert (stop.stop_bps, stop.floor_bps) == (700, 1_400)
    assert stop.until == kit.clock.now().date() + timedelta(days=30)
    view = await kit.desk.view(basket.ticket_id)
    assert view.standing == (stop,)
    assert await stops(kit, await kit.ticket(sell(1))) == ()


async def test_nothing_is_offered_where_nothing_is_ordered(kit) -> None:
    ticket = await kit.ticket(buy())
    watched = replace(ticket, ticket_id="WATCHED1", mode=Mode.OBSERVE)
    async with kit.ledger.transaction() as tx:
        await tx.insert_ticket(watched)
        await offer_stops(tx, watched, kit.standing)
    assert await stops(kit, watched) == ()


async def test_the_usual_approval_grants_nothing(kit) -> None:
    ticket = await kit.approved(buy())
    [stop] = await stops(kit, ticket)
    assert stop.state is StandingState.OFFERED
    assert await kit.desk.standing_stops() == ()


async def test_the_press_that_approves_the_entry_grants_it_once(kit) -> None:
    ticket = await kit.ticket(buy())
    stranger = kit.click(ticket, user=STRANGER)
    assert await kit.desk.approve_with_stop(stranger) is ClickOutcome.NOT_ALLOWED
    click = kit.click(ticket)
    assert await kit.desk.approve_with_stop(click) is ClickOutcome.APPROVED
    assert await kit.desk.approve_with_stop(click) is ClickOutcome.ALREADY_DECIDED
    [stop] = await kit.desk.standing_stops()
    assert (stop.state, stop.actor_id, stop.actor_name) == (StandingState.GRANTED, OWNER, "주인")
    assert stop.granted_at == click.clicked_at
    assert (await kit.kinds(ticket.ticket_id))[-2:] == ["ticket.approved", "standing.granted"]
    assert (await kit.journal(ticket.ticket_id))[-2].facts["grants_stop"] is True


async def test_at_the_stop_it_approves_the_exit_once_and_the_usual_way_sells(kit) -> None:
    entry = await bought(kit)
    ticket, gap = await fall(kit)
    assert gap is None
    assert ticket.state is TicketState.APPROVED
    async with kit.ledger.transaction() as tx:
        given = await tx.approval_of(ticket.ticket_id)
        assert await tx.unapproved_attempts(kit.clock.now().date()) == 0
    [stop] = await stops(kit, entry)
    assert (stop.state, stop.used_by) == (StandingState.USED, ticket.ticket_id)
    assert (given.actor_id, given.clicked_at) == (OWNER, stop.granted_at)
    assert given.payload_hash == ticket.hashed()
    assert given.is_in_advance
    assert (await kit.kinds(entry.ticket_id))[-1] == "standing.used"
    assert (await kit.desk.view(ticket.ticket_id)).standing == (stop,)
    await kit.run()
    assert [(post.symbol, post.side.value, post.quantity) for post in kit.broker.posts[1:]] == [
        (KODEX, "sell", 3)
    ]
    # Once: the next exit waits for a press, over a restart too.
    kit.broker.end(kit.broker.rows[-1].ref.number)
    await kit.poll(2)
    kit.again()
    again, gap = await fall(kit)
    assert gap is StandingGap.NONE
    assert again.state is TicketState.PRESENTED


async def test_it_survives_a_restart(kit) -> None:
    await bought(kit)
    kit.again()
    ticket, gap = await fall(kit)
    assert gap is None
    assert ticket.state is TicketState.APPROVED


async def test_revoked_it_does_not_hold_any_more(kit) -> None:
    entry = await bought(kit)
    stranger = kit.click(entry, user=STRANGER)
    assert await kit.desk.revoke_stop(stranger) is ClickOutcome.NOT_ALLOWED
    assert await kit.desk.revoke_stop(kit.click(entry)) is ClickOutcome.STANDING_REVOKED
    assert await kit.desk.revoke_stop(kit.click(entry)) is ClickOutcome.NOTHING_STANDING
    assert await kit.desk.revoke_stop(kit.click("UNKNOWN1")) is ClickOutcome.NOTHING_STANDING
    assert (await kit.kinds(entry.ticket_id))[-1] == "standing.revoked"
    ticket, gap = await fall(kit)
    assert gap is StandingGap.NONE
    assert ticket.state is TicketState.PRESENTED
    await kit.run()
    assert len(kit.broker.posts) == 1


async def test_it_covers_what_was_bought_and_not_what_was_approved(kit) -> None:
    await bought(kit, quantity=3, filled=2)
    # One more was there before.
    kit.broker.holdings[KODEX] = 3
    assert (await fall(kit, reached(3)))[1] is StandingGap.QUANTITY
    assert (await fall(kit, reached(2)))[1] is None


async def test_a_ticket_that_sells_more_than_was_reached_is_not_covered(kit) -> None:
    await bought(kit)
    kit.broker.holdings[KODEX] = 4
    _, gap = await fall(kit, reached(3), leg=sell(4, symbol=KODEX))
    assert gap is StandingGap.QUANTITY


async def test_a_ticket_of_another_symbol_is_not_covered(kit) -> None:
    await bought(kit)
    _, gap = await fall(kit, reached(3), leg=sell(3, symbol=TIGER))
    assert gap is StandingGap.NONE


async def test_a_stop_of_another_symbol_neither_covers_nor_is_used(kit) -> None:
    other = await kit.ticket(buy(1, symbol=TIGER))
    await kit.desk.approve_with_stop(kit.click(other))
    entry = await bought(kit)
    assert (await fall(kit))[1] is None
    assert [item.state for item in await stops(kit, entry)] == [StandingState.USED]
    assert [item.state for item in await stops(kit, other)] == [StandingState.GRANTED]


async def test_its_bounds_in_price_hold(kit) -> None:
    await bought(kit)
    assert (await fall(kit, reached(price_won=32_551)))[1] is StandingGap.NOT_REACHED
    market = sell(3, symbol=KODEX, order_type=OrderType.MARKET)
    assert (await fall(kit, leg=market))[1] is StandingGap.BELOW_FLOOR


async def test_its_last_day_is_the_last(kit) -> None:
    await bought(kit)
    kit.clock.move(30 * 86_400)
    [stop] = await kit.desk.standing_stops()
    assert stop.until == kit.clock.now().date()
    kit.clock.move(86_400)
    assert await kit.desk.standing_stops() == ()
    assert (await fall(kit))[1] is StandingGap.OVER


@pytest.mark.parametrize("how", ["ours", "taken out"])
async def test_a_sale_of_any_share_ends_it(kit, how) -> None:
    await bought(kit)
    if how == "ours":
        order = await kit.sent(sell(1, symbol=KODEX))
        kit.broker.fill(order.ref.number, 1)
        kit.broker.holdings[KODEX] -= 1
        await kit.poll(2)
    else:
        gone = Adjustment(
            symbol=KODEX,
            shares=-1,
            kind=AdjustmentKind.ACCEPTED,
            at=kit.clock.now(),
            actor="11",
            reason="팔았음",
        )
        async with kit.ledger.transaction() as tx:
            await tx.adjust(gone)
    assert (await fall(kit, reached(2)))[1] is StandingGap.SOLD
    assert await kit.desk.standing_stops() == ()


async def test_halted_it_is_not_used_and_in_reduce_only_it_is(kit) -> None:
    await bought(kit)
    # Halted in the moment between the judgement of the proposal and its storing.
    made = (await fall(kit, reached(price_won=FALLEN + 1_000)))[0]
    await kit.switch.set_state(TradingState.HALTED, actor="11", reason="사람이 멈춤")
    async with kit.ledger.transaction() as tx:
        assert await kit.desk.approve_in_advance(tx, made, reached()) is StandingGap.HALTED
    await kit.switch.set_state(TradingState.REDUCE_ONLY, actor="11", reason="매수 멈춤")
    async with kit.ledger.transaction() as tx:
        assert await kit.desk.approve_in_advance(tx, made, reached()) is None


async def test_halted_after_it_was_used_nothing_is_sent(kit) -> None:
    await bought(kit)
    ticket, gap = await fall(kit)
    assert gap is None
    await kit.switch.set_state(TradingState.HALTED, actor="11", reason="사람이 멈춤")
    await kit.run()
    assert (await kit.order(f"{ticket.ticket_id}-1")).state is OrderState.BLOCKED
    assert len(kit.broker.posts) == 1


async def test_who_granted_it_must_still_be_an_approver(kit) -> None:
    await bought(kit)
    kit.approvers = frozenset({12})
    kit.again()
    assert (await fall(kit))[1] is StandingGap.NOT_ALLOWED


async def test_a_ticket_of_another_mode_is_not_approved_in_advance(kit) -> None:
    await bought(kit)
    made, _ = await fall(kit, reached(price_won=FALLEN + 1_000))
    for other in (Mode.VTS, Mode.OBSERVE):
        async with kit.ledger.transaction() as tx:
            wrong = replace(made, mode=other)
            assert await kit.desk.approve_in_advance(tx, wrong, reached()) is StandingGap.NONE
    kit.broker.mode = Mode.OBSERVE
    async with kit.ledger.transaction() as tx:
        watched = replace(made, mode=Mode.OBSERVE)
        assert await kit.desk.approve_in_advance(tx, watched, reached()) is StandingGap.NONE


async def test_a_ticket_that_somebody_approved_is_left_alone(kit) -> None:
    entry = await bought(kit)
    made, _ = await fall(kit, reached(price_won=FALLEN + 1_000))
    other = approval(made.ticket_id, advance_id(made.ticket_id))
    async with kit.ledger.transaction() as tx:
        await tx.insert_approval(other)
        with pytest.raises(StaleState):
            await kit.desk.approve_in_advance(tx, made, reached())
    [stop] = await stops(kit, entry)
    assert stop.state is StandingState.GRANTED


async def test_a_stop_whose_entry_is_gone_from_the_books_covers_nothing(kit) -> None:
    await bought(kit)
    ticket = await kit.ticket(buy())
    [offered] = await stops(kit, ticket)
    async with kit.ledger.transaction() as tx:
        await tx.move_standing_stop(
            replace(offered, state=StandingState.GRANTED, granted_at=kit.clock.now()),
            StandingState.OFFERED,
        )
    assert len(await kit.desk.standing_stops()) == 1
    assert (await fall(kit))[1] is None


async def test_an_entry_that_never_left_covers_nothing(kit) -> None:
    ticket = await kit.ticket(buy())
    await kit.desk.approve_with_stop(kit.click(ticket))
    kit.broker.holdings[KODEX] = 3
    assert (await fall(kit))[1] is StandingGap.QUANTITY

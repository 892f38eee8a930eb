"""What may happen between a stop approving an exit and the exit being sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from core.domain.orders import OrderState
from core.domain.standing import StandingGap, StandingState, standing_terms
from core.domain.tickets import TicketKind, TicketState
from core.ports.ledger import Ledger
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import KODEX, STRANGER, TIGER, buy
from tests.fakes.standing_kit import bought, fall, reached, sales, stops


@dataclass
class Interrupted:
    """A ledger of a process that another step of it overtakes, once, before a transaction."""

    inner: Ledger
    overtakes: Callable[[], Awaitable[object]]
    left: int

    @asynccontextmanager
    async def transaction(self):
        if self.left == 0:
            self.left = -1
            await self.overtakes()
        self.left -= 1
        async with self.inner.transaction() as tx:
            yield tx


@pytest.fixture
def kit(kit):
    kit.standing = standing_terms(30, -7)
    kit.again()
    return kit


async def exit_of(kit, ticket):
    return await kit.order(f"{ticket.ticket_id}-1")


async def test_two_falls_at_once_are_approved_by_it_once(kit) -> None:
    await bought(kit)
    fallen = await asyncio.gather(fall(kit), fall(kit))
    assert {gap for _, gap in fallen} == {None, StandingGap.NONE}
    await kit.run()
    assert sales(kit) == [3]


async def test_two_entries_approve_one_exit_for_what_both_bought(kit) -> None:
    entries = [await bought(kit, 1), await bought(kit, 2)]
    ticket, gap = await fall(kit, reached(3))
    assert gap is None
    for entry in entries:
        [stop] = await stops(kit, entry)
        assert (stop.state, stop.used_by) == (StandingState.USED, ticket.ticket_id)
    await kit.run()
    assert sales(kit) == [3]
    assert (await fall(kit, reached(3)))[1] is StandingGap.NONE


async def test_one_of_two_entries_that_is_revoked_leaves_too_little(kit) -> None:
    first, _ = await bought(kit, 1), await bought(kit, 2)
    assert await kit.desk.revoke_stop(kit.click(first)) is ClickOutcome.STANDING_REVOKED
    assert (await fall(kit, reached(3)))[1] is StandingGap.QUANTITY
    await kit.run()
    assert sales(kit) == []


async def test_a_restart_before_it_is_sent_sends_it_once(kit) -> None:
    await bought(kit)
    await fall(kit)
    kit.again()
    await kit.run()
    kit.again()
    await kit.run()
    assert sales(kit) == [3]


async def test_after_half_an_hour_without_a_process_nothing_is_sent(kit) -> None:
    await bought(kit)
    ticket, _ = await fall(kit)
    kit.clock.move(1_801)
    kit.again()
    await kit.run()
    assert (await exit_of(kit, ticket)).state is OrderState.EXPIRED
    assert sales(kit) == []


async def test_what_is_not_filled_by_then_is_cancelled(kit) -> None:
    await bought(kit)
    ticket, _ = await fall(kit)
    await kit.run()
    kit.clock.move(1_801)
    await kit.desk._deadlines.cancel_overdue_orders()
    assert (await exit_of(kit, ticket)).state is OrderState.CANCEL_PENDING
    assert sales(kit) == [3]


async def test_after_the_lease_is_lost_nothing_is_sent(kit) -> None:
    await bought(kit)
    ticket, _ = await fall(kit)
    async with kit.ledger.transaction() as tx:
        held = await tx.lease()
        await tx.put_lease(type(held)(epoch=2, holder="another", renewed_at=kit.clock.now()))
    await kit.run()
    assert (await exit_of(kit, ticket)).state is OrderState.CREATED
    assert sales(kit) == []


async def test_revoked_before_it_was_sent_it_is_not_sent(kit) -> None:
    entry = await bought(kit)
    ticket, _ = await fall(kit)
    assert await kit.desk.revoke_stop(kit.click(entry, user=STRANGER)) is ClickOutcome.NOT_ALLOWED
    assert (await exit_of(kit, ticket)).state is OrderState.CREATED
    assert await kit.desk.revoke_stop(kit.click(entry)) is ClickOutcome.STANDING_WITHDRAWN
    dropped = await exit_of(kit, ticket)
    assert dropped.state is OrderState.BLOCKED
    assert dropped.reason == "주인 님이 미리 한 손절 승인을 거두어, 보내기 전에 멈췄습니다."
    kit.again()
    await kit.run()
    assert sales(kit) == []
    # Used it was, and used it stays: the next fall asks.
    assert await kit.desk.revoke_stop(kit.click(entry)) is ClickOutcome.NOTHING_STANDING
    again, gap = await fall(kit)
    assert (again.state, gap) == (TicketState.PRESENTED, StandingGap.NONE)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("revoke_stop", ClickOutcome.STANDING_WITHDRAWN),
        ("request_cancel", ClickOutcome.CANCEL_REQUESTED),
    ],
)
async def test_its_exit_can_be_stopped_by_the_exits_own_number(kit, how, said) -> None:
    await bought(kit)
    ticket, _ = await fall(kit)
    assert await getattr(kit.desk, how)(kit.click(ticket)) is said
    await kit.run()
    assert sales(kit) == []


async def test_revoked_after_it_was_sent_it_says_so_and_touches_nothing(kit) -> None:
    entry = await bought(kit)
    ticket, _ = await fall(kit)
    await kit.run()
    assert await kit.desk.revoke_stop(kit.click(entry)) is ClickOutcome.NOTHING_STANDING
    assert (await exit_of(kit, ticket)).state is OrderState.WORKING
    assert sales(kit) == [3]


async def test_revoked_while_the_price_falls_nothing_is_sent(kit) -> None:
    entry = await bought(kit)
    outcome, (_, gap) = await asyncio.gather(kit.desk.revoke_stop(kit.click(entry)), fall(kit))
    withdrawn = outcome is ClickOutcome.STANDING_WITHDRAWN
    assert withdrawn or outcome is ClickOutcome.STANDING_REVOKED
    assert gap is (None if withdrawn else StandingGap.NONE)
    await kit.run()
    assert sales(kit) == []


async def test_what_is_sent_in_the_moment_of_revoking_is_not_called_stopped(kit) -> None:
    entry = await bought(kit)
    ticket, _ = await fall(kit)
    sender = kit.desk
    # Revoked, read what waits, and then the order is armed and sent before it could be dropped.
    kit.ledger = Interrupted(kit.ledger, sender._runner.run_due, left=2)
    kit.again()
    assert await kit.desk.revoke_stop(kit.click(entry)) is ClickOutcome.NOTHING_STANDING
    assert (await exit_of(kit, ticket)).state is OrderState.WORKING
    assert sales(kit) == [3]


async def test_revoked_while_it_is_sent_the_answer_is_true(kit) -> None:
    entry = await bought(kit)
    ticket, _ = await fall(kit)
    outcome, _ = await asyncio.gather(kit.desk.revoke_stop(kit.click(entry)), kit.run())
    await kit.run()
    if outcome is ClickOutcome.STANDING_WITHDRAWN:
        assert sales(kit) == []
        assert (await exit_of(kit, ticket)).state is OrderState.BLOCKED
    else:
        assert outcome is ClickOutcome.NOTHING_STANDING
        assert sales(kit) == [3]


async def test_revoking_a_basket_ends_what_is_used_and_what_is_not(kit) -> None:
    basket = await kit.ticket(buy(3), buy(1, symbol=TIGER), kind=TicketKind.BASKET)
    assert await kit.desk.approve_with_stop(kit.click(basket)) is ClickOutcome.APPROVED
    await kit.run()
    order = await kit.order(f"{basket.ticket_id}-1")
    kit.broker.fill(order.ref.number, 3)
    kit.broker.holdings[KODEX], kit.broker.costs[KODEX] = 3, 35_000
    await kit.poll(2)
    kit.clock.move(120)
    assert (await fall(kit))[1] is None
    assert await kit.desk.revoke_stop(kit.click(basket)) is ClickOutcome.STANDING_WITHDRAWN
    assert [item.state for item in await stops(kit, basket)] == [
        StandingState.USED,
        StandingState.REVOKED,
    ]
    await kit.run()
    assert sales(kit) == []


@pytest.mark.parametrize("left", [0, 1])
async def test_sold_by_hand_meanwhile_it_sells_no_more_than_is_there(kit, left) -> None:
    await bought(kit)
    ticket, gap = await fall(kit)
    assert gap is None
    kit.broker.holdings[KODEX] = left
    await kit.run()
    assert sales(kit) == ([left] if left else [])
    if not left:
        assert (await exit_of(kit, ticket)).state is OrderState.BLOCKED


async def test_a_partial_position_is_sold_whole_and_no_share_more(kit) -> None:
    await bought(kit, quantity=3, filled=2)
    ticket, gap = await fall(kit, reached(2))
    assert gap is None
    # The rest of the entry is filled before the exit is sent.
    kit.broker.holdings[KODEX] = 3
    await kit.run()
    assert sales(kit) == [2]
    assert ticket.legs[0].envelope.quantity_max == 2

"""A stop that was approved with its entry is ordered at its mark; everything else asks for a ✅."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.domain.standing import StandingState, standing_terms
from core.domain.tickets import TicketState
from core.services.orders.values import ClickOutcome
from tests.fakes.desk_kit import KODEX, TIGER, buy

COST = 35_000
STOP = 32_550


@pytest.fixture
async def watch(watch):
    """Three shares of KODEX, bought with 🛡️; nothing else is held."""
    kit = watch.kit
    kit.standing = standing_terms(30, -7)
    watch.again()
    kit.broker.holdings.pop(TIGER)
    entry = await kit.ticket(buy(3))
    assert await kit.desk.approve_with_stop(kit.click(entry)) is ClickOutcome.APPROVED
    await kit.run()
    order = await kit.order(f"{entry.ticket_id}-1")
    kit.broker.fill(order.ref.number, 3)
    kit.broker.holdings[KODEX] = 3
    kit.broker.costs[KODEX] = COST
    await kit.poll(2)
    watch.feed.put(KODEX, COST)
    await watch.later(minutes=2)
    return watch


async def entry_of(watch):
    async with watch.kit.ledger.transaction() as tx:
        [stop] = [
            item
            for ticket in await tx.tickets_in(list(TicketState))
            for item in await tx.standing_stops_of(ticket.ticket_id)
            if item.ticket_id == ticket.ticket_id
        ]
    return stop


async def alarm_of(watch):
    """Return what the one alarm about the stop says."""
    title = "KODEX 200(069500) 손절 기준에 닿았습니다"
    [text] = [text for said, text in await watch.told() if said == title]
    return text


async def test_at_the_stop_it_is_ordered_and_told_as_that(watch) -> None:
    await watch.price(STOP, KODEX)
    assert await watch.shown() == []
    text = await alarm_of(watch)
    assert "✅를 다시 묻지 않고 주문합니다" in text
    assert "체결되었" not in text
    await watch.kit.run()
    assert [post.side.value for post in watch.kit.broker.posts] == ["buy", "sell"]
    assert watch.kit.broker.posts[1].quantity == 3
    # Neither the next look nor a restart orders anything more.
    watch.again()
    await watch.later(minutes=11)
    await watch.kit.run()
    assert len(watch.kit.broker.posts) == 2
    assert (await entry_of(watch)).state is StandingState.USED


async def test_over_a_restart_it_still_holds(watch) -> None:
    watch.again()
    await watch.later(minutes=1)
    await watch.price(STOP, KODEX)
    await watch.kit.run()
    assert len(watch.kit.broker.posts) == 2


async def test_not_sold_it_is_not_used_again_and_asks(watch) -> None:
    """The order is cancelled at the exchange: what is left waits for a ✅ of its own."""
    await watch.price(STOP, KODEX)
    await watch.kit.run()
    watch.kit.broker.end(watch.kit.broker.rows[-1].ref.number)
    await watch.kit.poll(2)
    await watch.later(minutes=11)
    await watch.kit.run()
    [waits] = await watch.shown()
    assert waits.legs[0].envelope.symbol == KODEX
    assert len(watch.kit.broker.posts) == 2


async def test_revoked_it_asks(watch) -> None:
    stop = await entry_of(watch)
    outcome = await watch.kit.desk.revoke_stop(watch.kit.click(stop.ticket_id))
    assert outcome is ClickOutcome.STANDING_REVOKED
    await watch.price(STOP, KODEX)
    await watch.kit.run()
    assert len(await watch.shown()) == 1
    assert len(watch.kit.broker.posts) == 1
    text = await alarm_of(watch)
    assert text.endswith("누를 수 있습니다.")
    assert "✅를 누르기 전에는 팔지 않습니다" in text


async def test_more_shares_than_were_approved_ask_and_it_says_why(watch) -> None:
    watch.kit.broker.holdings[KODEX] = 4
    await watch.later(minutes=2)
    await watch.price(STOP, KODEX)
    await watch.kit.run()
    assert len(await watch.shown()) == 1
    assert len(watch.kit.broker.posts) == 1
    text = await alarm_of(watch)
    assert "가진 수량이 승인한 수량보다 많습니다" in text
    assert "✅를 누르기 전에는 팔지 않습니다" in text


async def test_shares_that_an_open_sale_holds_back_are_held_all_the_same(watch) -> None:
    """Two of five are on sale elsewhere: the three left are not the three approved."""
    watch.kit.broker.holdings[KODEX], watch.kit.broker.held_back[KODEX] = 5, 2
    await watch.later(minutes=2)
    await watch.price(STOP, KODEX)
    await watch.kit.run()
    [waits] = await watch.shown()
    assert waits.legs[0].envelope.quantity_max == 3
    assert len(watch.kit.broker.posts) == 1
    assert "가진 수량이 승인한 수량보다 많습니다" in await alarm_of(watch)


async def test_after_its_last_day_it_asks(watch) -> None:
    watch.kit.clock.set(watch.kit.clock.now() + timedelta(days=35))
    await watch.later(minutes=1)
    await watch.price(STOP, KODEX)
    [waits] = await watch.shown()
    assert waits.state is TicketState.PRESENTED
    assert "기한이 지났습니다" in await alarm_of(watch)


async def test_it_sells_stops_alone(watch) -> None:
    """Half at the profit mark, and protected gains, are asked for as always."""
    watch.remember(KODEX)
    await watch.tower.tend()
    await watch.price(40_250, KODEX)
    [half] = await watch.shown()
    assert half.legs[0].quantity == 1
    await watch.price(35_000, KODEX)
    [rest] = await watch.shown()
    assert rest.legs[0].quantity == 3
    await watch.kit.run()
    assert len(watch.kit.broker.posts) == 1

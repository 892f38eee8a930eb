"""What every ledger promises about stops approved in advance (`StandingBooks`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.books import Adjustment, AdjustmentKind
from core.domain.money import Shares
from core.domain.orders import Side
from core.domain.standing import StandingState, StandingStop
from core.errors import StaleState, StorageError
from tests.contracts.ledger_books_contract import external
from tests.contracts.ledger_values import DAY, KODEX, MORNING, TIGER, envelope, fill, order, ticket

MINUTE = timedelta(minutes=1)
STOP = StandingStop(
    ticket_id="4F9KQ2ZD",
    leg=2,
    symbol=KODEX,
    quantity_max=7,
    stop_bps=700,
    floor_bps=1_400,
    until=DAY + timedelta(days=30),
    state=StandingState.OFFERED,
)
GRANTED = replace(
    STOP,
    state=StandingState.GRANTED,
    actor_id=998_877_665_544_332_211,
    actor_name="주인",
    granted_at=MORNING,
)


class StandingContract:
    """Mix into a test class that has a `ledger` fixture."""

    async def test_a_stop_is_moved_by_compare_and_set_and_found_from_both_tickets(self, ledger):
        used = replace(GRANTED, state=StandingState.USED, used_by="5F9KQ2ZD")
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_standing_stop(STOP)
            assert await tx.standing_stops_of(STOP.ticket_id) == (STOP,)
            assert await tx.granted_stops() == ()
            await tx.move_standing_stop(GRANTED, StandingState.OFFERED)
        async with ledger.transaction() as tx:
            assert await tx.granted_stops() == (GRANTED,)
            with pytest.raises(StaleState):
                await tx.move_standing_stop(used, StandingState.OFFERED)
            await tx.move_standing_stop(used, StandingState.GRANTED)
            assert await tx.granted_stops() == ()
            assert await tx.standing_stops_of(STOP.ticket_id) == (used,)
            assert await tx.standing_stops_of("5F9KQ2ZD") == (used,)
            assert await tx.standing_stops_of("6F9KQ2ZD") == ()
        async with ledger.reading() as tx:
            assert await tx.standing_stops_of(STOP.ticket_id) == (used,)

    async def test_a_leg_has_one_stop_and_a_ticket(self, ledger):
        with pytest.raises(StorageError):
            async with ledger.transaction() as tx:
                await tx.insert_standing_stop(STOP)
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_standing_stop(STOP)
        with pytest.raises(StorageError):
            async with ledger.transaction() as tx:
                await tx.insert_standing_stop(STOP)

    async def test_our_sale_counts_from_its_fill_and_a_buy_does_not(self, ledger):
        selling = replace(order(), envelope=envelope(Side.SELL))
        buying = order(leg=2)
        bought = replace(fill(2, 2), order_id=buying.order_id)
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_order(selling)
            await tx.insert_order(buying)
            await tx.insert_fill(bought)
            assert not await tx.is_sold_since(KODEX, MORNING)
            await tx.insert_fill(fill(2, 2))
            assert await tx.is_sold_since(KODEX, MORNING)
            assert not await tx.is_sold_since(KODEX, MORNING + MINUTE)
            assert not await tx.is_sold_since(TIGER, MORNING)

    async def test_what_others_sold_counts_and_what_they_bought_does_not(self, ledger):
        seen = external(side=Side.SELL)
        async with ledger.transaction() as tx:
            await tx.save_external(external())
            waiting = replace(seen.row, filled=Shares(0))
            await tx.save_external(replace(seen, row=waiting))
            assert not await tx.is_sold_since(seen.row.symbol, seen.updated_at)
            await tx.save_external(seen)
            assert await tx.is_sold_since(seen.row.symbol, seen.updated_at)
            assert not await tx.is_sold_since(seen.row.symbol, seen.updated_at + MINUTE)

    async def test_shares_taken_out_of_the_books_count_and_those_put_in_do_not(self, ledger):
        put_in = Adjustment(
            symbol=KODEX,
            shares=3,
            kind=AdjustmentKind.ACCEPTED,
            at=MORNING,
            actor="11",
            reason="",
        )
        async with ledger.transaction() as tx:
            await tx.adjust(put_in)
            assert not await tx.is_sold_since(KODEX, MORNING)
            await tx.adjust(replace(put_in, shares=-1))
            assert await tx.is_sold_since(KODEX, MORNING)
            assert not await tx.is_sold_since(KODEX, MORNING + MINUTE)

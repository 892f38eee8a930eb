"""What a ledger promises about our books, the last hop, the breakers, the lease and the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.books import (
    Adjustment,
    AdjustmentKind,
    ArmedTerms,
    ExternalOrder,
    Reservation,
    SymbolHold,
)
from core.domain.breakers import Breaker, SwitchRows, Trip
from core.domain.lease import Lease
from core.domain.modes import (
    SETTING_STOPPED_DAY,
    SETTING_STOPPED_REASON,
    SETTING_TRADING_STATE,
    TradingState,
)
from core.domain.money import Shares
from core.domain.orders import (
    BrokerOrder,
    BrokerOrderRef,
    OrderRequest,
    OrderState,
    OrderType,
    Side,
)
from core.domain.outbox import OutboxMessage
from core.errors import StorageError
from tests.contracts.ledger_values import (
    DAY,
    KODEX,
    MORNING,
    TIGER,
    approval,
    attempt,
    fill,
    order,
    ticket,
)

FIRST, SECOND = "4F9KQ2ZD-1", "4F9KQ2ZD-2"
MINUTE = timedelta(minutes=1)
NEXT_DAY = DAY + timedelta(days=1)


def reservation(order_id: str = FIRST, won: int = 246_050) -> Reservation:
    return Reservation(
        order_id=order_id, symbol=KODEX, side=Side.BUY, won=won, shares=0, reserved_at=MORNING
    )


def external(number: str = "0000000009", *, side: Side = Side.BUY, filled: int = 2):
    return ExternalOrder(
        session=DAY,
        row=BrokerOrder(
            ref=BrokerOrderRef(number=number, branch="06010"),
            original_number="",
            symbol=KODEX,
            side=side,
            order_type=OrderType.LIMIT,
            ordered=5,
            price_won=35_100,
            filled=filled,
            remaining=5 - filled,
            cancelled=0,
            rejected=0,
            average_price_won=Decimal("35097.50"),
            placed_at=MORNING,
        ),
        first_seen_at=MORNING,
        updated_at=MORNING,
    )


def adjustment(shares: int = 3, kind: AdjustmentKind = AdjustmentKind.OPENING) -> Adjustment:
    return Adjustment(
        symbol=TIGER, shares=shares, kind=kind, at=MORNING, actor="desk", reason="첫 시작"
    )


def message(key: str = "doubt:A:0") -> OutboxMessage:
    return OutboxMessage(key=key, title="확인 필요", text="주문 1건", created_at=MORNING)


async def two_orders(tx) -> None:
    await tx.insert_ticket(ticket())
    await tx.insert_order(order())
    await tx.insert_order(order(leg=2))


def numbered(of, number: str = "0000117057"):
    return replace(of, state=OrderState.WORKING, ref=BrokerOrderRef(number=number, branch="1"))


class LastHopContract:
    async def test_armed_orders_come_with_their_attempts(self, ledger):
        armed = replace(
            attempt(), server_ahead=timedelta(seconds=-1, microseconds=250_003), lease_epoch=7
        )
        other = replace(attempt(), order_id=SECOND, session=NEXT_DAY)
        async with ledger.transaction() as tx:
            await two_orders(tx)
            await tx.insert_attempt(armed)
            await tx.insert_attempt(other)
            assert await tx.armed_on(DAY) == ((order(), armed),)
            assert await tx.armed_on(NEXT_DAY) == ((order(leg=2), other),)
            assert await tx.armed_on(NEXT_DAY + timedelta(days=1)) == ()

    async def test_armed_orders_are_judged_by_their_terms(self, ledger):
        market = OrderRequest(
            symbol=TIGER,
            side=Side.BUY,
            quantity=Shares(2),
            price_won=None,
            order_type=OrderType.MARKET,
        )
        async with ledger.transaction() as tx:
            await two_orders(tx)
            await tx.insert_attempt(attempt())
            await tx.insert_attempt(replace(attempt(), order_id=SECOND))
            sent = replace(numbered(order(leg=2)), request=market)
            await tx.save_order(sent, expected=order(leg=2).state)
            waiting, working = await tx.armed_terms_on(DAY)
            assert await tx.armed_terms_on(NEXT_DAY) == ()
        bounds = order().envelope
        assert waiting == ArmedTerms(
            order_id=order().order_id,
            side=bounds.side,
            state=order().state,
            quantity=bounds.quantity_max,
            price_won=bounds.limit_won,
            number=None,
            signature=attempt().signature,
            armed_at=attempt().armed_at,
        )
        # What is sent at the market has no price, whatever its envelope names.
        assert (working.state, working.quantity) == (OrderState.WORKING, 2)
        assert (working.price_won, working.number) == (None, "0000117057")

    async def test_attempts_without_an_approval_of_their_payload_are_counted(self, ledger):
        other = ticket("ZZZZZZZZ")
        async with ledger.transaction() as tx:
            await two_orders(tx)
            await tx.insert_ticket(other)
            await tx.insert_order(order("ZZZZZZZZ"))
            assert await tx.unapproved_attempts(DAY) == 0
            await tx.insert_attempt(attempt())
            await tx.insert_attempt(replace(attempt(), order_id=SECOND))
            await tx.insert_attempt(replace(attempt(), order_id="ZZZZZZZZ-1"))
            assert await tx.unapproved_attempts(DAY) == 3
            wrong = approval()  # its payload hash is not the one of the ticket
            await tx.insert_approval(wrong)
            assert await tx.unapproved_attempts(DAY) == 3
            right = replace(approval("ZZZZZZZZ", 5), payload_hash=other.payload_hash)
            await tx.insert_approval(right)
            assert await tx.unapproved_attempts(DAY) == 2
            assert await tx.unapproved_attempts(NEXT_DAY) == 0

    async def test_a_broker_number_names_one_order_of_its_session(self, ledger):
        async with ledger.transaction() as tx:
            await two_orders(tx)
            await tx.insert_attempt(attempt())
            await tx.insert_attempt(replace(attempt(), order_id=SECOND))
            await tx.save_order(numbered(order()), OrderState.CREATED)
            await tx.save_order(numbered(order()), OrderState.WORKING)
        with pytest.raises(StorageError, match=r"(?i)unique"):
            async with ledger.transaction() as tx:
                await tx.save_order(numbered(order(leg=2)), OrderState.CREATED)
        async with ledger.transaction() as tx:
            assert (await tx.order(SECOND)).ref is None
            await tx.save_order(numbered(order(leg=2), "0000117058"), OrderState.CREATED)

    async def test_another_session_may_use_a_number_again(self, ledger):
        async with ledger.transaction() as tx:
            await two_orders(tx)
            await tx.insert_attempt(attempt())
            await tx.insert_attempt(replace(attempt(), order_id=SECOND, session=NEXT_DAY))
            await tx.save_order(numbered(order()), OrderState.CREATED)
            await tx.save_order(numbered(order(leg=2)), OrderState.CREATED)
            assert (await tx.order(SECOND)).ref == (await tx.order(FIRST)).ref


class BooksContract:
    async def test_a_reservation_is_replaced_and_released(self, ledger):
        async with ledger.transaction() as tx:
            await two_orders(tx)
            await tx.reserve(reservation())
            await tx.reserve(reservation(SECOND, 1))
            await tx.reserve(reservation(won=70_300))
            assert await tx.reservations() == (reservation(won=70_300), reservation(SECOND, 1))
            await tx.release(FIRST)
            await tx.release(FIRST)
            assert await tx.reservations() == (reservation(SECOND, 1),)

    @pytest.mark.parametrize("wrong", [reservation("nobody"), reservation(won=-1)])
    async def test_only_an_order_can_reserve_and_no_less_than_nothing(self, ledger, wrong):
        async with ledger.transaction() as tx:
            await two_orders(tx)
        with pytest.raises(StorageError):
            async with ledger.transaction() as tx:
                await tx.reserve(wrong)

    async def test_an_external_order_is_one_row_per_session_and_number(self, ledger):
        later = replace(external(filled=5), updated_at=MORNING + MINUTE)
        tomorrow = replace(external(), session=NEXT_DAY)
        async with ledger.transaction() as tx:
            for seen in (external(), later, tomorrow):
                await tx.save_external(seen)
            assert await tx.externals_on(DAY) == (later,)
            assert await tx.externals_on(NEXT_DAY) == (tomorrow,)
            assert await tx.drop_external(DAY, external().row.ref.number)
            assert not await tx.drop_external(DAY, external().row.ref.number)
            assert await tx.externals_on(DAY) == ()
            assert await tx.externals_on(NEXT_DAY) == (tomorrow,)

    async def test_our_shares_are_adjustments_own_fills_and_fills_of_others(self, ledger):
        cancel = external("0000000011")
        async with ledger.transaction() as tx:
            assert await tx.book_shares() == {}
            await two_orders(tx)
            await tx.adjust(adjustment(3))
            await tx.adjust(adjustment(-3, AdjustmentKind.ACCEPTED))
            await tx.insert_fill(fill(3, 3))
            await tx.insert_fill(fill(5, 2))
            await tx.save_external(external(side=Side.SELL, filled=1))
            await tx.save_external(external("0000000010", filled=4))
            await tx.save_external(replace(cancel, row=replace(cancel.row, is_cancel_row=True)))
            assert await tx.book_shares() == {KODEX: 8}
            await tx.adjust(adjustment(2, AdjustmentKind.ACCEPTED))
            assert await tx.book_shares() == {KODEX: 8, TIGER: 2}
            assert [item.shares for item in await tx.adjustments()] == [3, -3, 2]
            assert (await tx.adjustments())[0] == adjustment(3)

    async def test_own_sales_leave_our_shares(self, ledger):
        sold = replace(order(), envelope=replace(order().envelope, side=Side.SELL))
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_order(sold)
            await tx.insert_fill(fill(4, 4))
            assert await tx.book_shares() == {KODEX: -4}

    async def test_a_hold_keeps_its_first_instant(self, ledger):
        hold = SymbolHold(symbol=KODEX, since=MORNING, reason="3주 대 2주")
        again = replace(hold, since=MORNING + MINUTE, reason="3주 대 1주")
        other = replace(hold, symbol=TIGER, since=MORNING - MINUTE)
        async with ledger.transaction() as tx:
            for held in (hold, again, other):
                await tx.hold_symbol(held)
            assert await tx.symbol_holds() == (other, replace(again, since=MORNING))
            assert await tx.release_symbol(KODEX)
            assert not await tx.release_symbol(KODEX)
            assert await tx.symbol_holds() == (other,)


class SafetyContract:
    async def test_a_breaker_is_out_once(self, ledger):
        loss = Trip(
            breaker=Breaker.DAY_LOSS,
            effect=TradingState.REDUCE_ONLY,
            at=MORNING,
            until=NEXT_DAY,
            reason="-2.1 %",
        )
        skew = replace(
            loss,
            breaker=Breaker.CLOCK_SKEW,
            effect=TradingState.HALTED,
            at=MORNING - MINUTE,
            until=None,
        )
        worse = replace(loss, reason="-2.4 %")
        async with ledger.transaction() as tx:
            for trip in (loss, skew, worse):
                await tx.put_trip(trip)
            assert await tx.trips() == (skew, worse)
            assert await tx.clear_trip(Breaker.CLOCK_SKEW)
            assert not await tx.clear_trip(Breaker.CLOCK_SKEW)
            assert await tx.trips() == (worse,)
        with pytest.raises(StorageError):
            async with ledger.transaction() as tx:
                await tx.put_trip(replace(loss, effect=TradingState.ACTIVE))

    async def test_the_switch_reads_what_is_stored(self, ledger):
        async with ledger.transaction() as tx:
            assert await tx.switch_rows() == SwitchRows(
                stored=None, stopped_day=None, stopped_reason="", trips=()
            )
            trip = Trip(
                breaker=Breaker.INVARIANT,
                effect=TradingState.HALTED,
                at=MORNING,
                until=None,
                reason="I2",
            )
            await tx.put_trip(trip)
            await tx.put_setting(SETTING_TRADING_STATE, "REDUCE_ONLY")
            await tx.put_setting(SETTING_STOPPED_DAY, DAY.isoformat())
            await tx.put_setting(SETTING_STOPPED_REASON, "시세 없음")
            assert await tx.switch_rows() == SwitchRows(
                stored="REDUCE_ONLY",
                stopped_day=DAY.isoformat(),
                stopped_reason="시세 없음",
                trips=(trip,),
            )

    async def test_the_lease_is_one_row(self, ledger):
        mine = Lease(epoch=1, holder="host:1", renewed_at=MORNING)
        theirs = Lease(epoch=2, holder="host:2", renewed_at=MORNING + MINUTE)
        async with ledger.transaction() as tx:
            assert await tx.lease() is None
            await tx.put_lease(mine)
            assert await tx.lease() == mine
            await tx.put_lease(theirs)
            assert await tx.lease() == theirs


class OutboxContract:
    async def test_a_key_is_told_once_even_after_delivery(self, ledger):
        async with ledger.transaction() as tx:
            assert await tx.enqueue(message())
            assert not await tx.enqueue(replace(message(), title="다시"))
            assert await tx.undelivered() == (message(),)
            await tx.mark_delivered("doubt:A:0", MORNING + MINUTE)
            assert await tx.undelivered() == ()
            assert not await tx.enqueue(message())
            assert await tx.undelivered() == ()

    async def test_messages_wait_in_order_with_their_tries(self, ledger):
        async with ledger.transaction() as tx:
            for key in ("b", "a", "c"):
                await tx.enqueue(message(key))
            await tx.count_try("b")
            await tx.count_try("b")
            assert await tx.undelivered(2) == (
                replace(message("b"), tries=2),
                message("a"),
            )
            await tx.mark_delivered("a", MORNING)
            assert [item.key for item in await tx.undelivered()] == ["b", "c"]

    async def test_a_message_is_known_by_how_its_key_begins_and_ends(self, ledger):
        async with ledger.transaction() as tx:
            await tx.enqueue(message("result:1:2:A_B"))
            await tx.mark_delivered("result:1:2:A_B", MORNING)
            assert await tx.was_told("result:", ":A_B")
            assert not await tx.was_told("remind:", ":A_B")
            assert not await tx.was_told("result:", ":B")
            # These are no wildcards.
            assert not await tx.was_told("result:", ":A%B")
            assert not await tx.was_told("r_sult:", ":A_B")

    async def test_what_is_held_back_waits_for_its_digest(self, ledger):
        async with ledger.transaction() as tx:
            for key in ("a", "b", "c"):
                await tx.enqueue(message(key))
            await tx.mark_delivered("c", MORNING)
            await tx.hold_back("b", MORNING + MINUTE)
            # What people have seen is not held back any more.
            await tx.hold_back("c", MORNING + MINUTE)
            await tx.enqueue(replace(message("d"), held_at=MORNING))
        held = (
            replace(message("b"), held_at=MORNING + MINUTE),
            replace(message("d"), held_at=MORNING),
        )
        async with ledger.transaction() as tx:
            assert await tx.undelivered() == (message("a"),)
            assert await tx.held_back() == held
            assert await tx.held_back(1) == held[:1]
            await tx.mark_delivered("b", MORNING + MINUTE)
            assert await tx.held_back() == held[1:]

    async def test_a_message_of_an_undone_transaction_was_never_told(self, ledger):
        class Undo(Exception):
            pass

        async def tell() -> None:
            async with ledger.transaction() as tx:
                await tx.enqueue(message())
                raise Undo

        with pytest.raises(Undo):
            await tell()
        async with ledger.transaction() as tx:
            assert await tx.undelivered() == ()
            assert await tx.enqueue(message())

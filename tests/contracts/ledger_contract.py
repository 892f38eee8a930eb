"""What every implementation of `core.ports.ledger` must do. Subclass it with a `ledger` fixture."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.journal import JournalEntry, JournalHead
from core.domain.krx import KST
from core.domain.money import Shares, Won
from core.domain.orders import BrokerOrderRef, OrderRequest, OrderState, OrderType, Side
from core.domain.tickets import TicketState
from core.errors import StaleState, StorageError
from tests.contracts.ledger_books_contract import (
    BooksContract,
    LastHopContract,
    OutboxContract,
    SafetyContract,
)
from tests.contracts.ledger_portfolio_contract import PortfolioContract
from tests.contracts.ledger_values import (
    DAY,
    KODEX,
    MORNING,
    approval,
    attempt,
    envelope,
    fill,
    order,
    ticket,
)
from tests.contracts.rules_contract import RulesContract
from tests.contracts.standing_contract import StandingContract
from tests.contracts.watch_contract import WatchContract


class Undo(Exception):
    pass


class TicketContract:
    async def test_a_ticket_comes_back_whole(self, ledger):
        stored = ticket()
        async with ledger.transaction() as tx:
            await tx.insert_ticket(stored)
        async with ledger.transaction() as tx:
            found = await tx.ticket(stored.ticket_id)
            assert await tx.ticket("NOTTHERE") is None
        assert found == stored
        assert found.hashed() == stored.payload_hash
        assert found.created_at.tzinfo is KST

    async def test_an_exception_leaves_no_trace(self, ledger):
        async def write() -> None:
            async with ledger.transaction() as tx:
                await tx.insert_ticket(ticket())
                await tx.put_setting("state", "HALTED")
                raise Undo

        with pytest.raises(Undo):
            await write()
        async with ledger.transaction() as tx:
            assert await tx.ticket("4F9KQ2ZD") is None
            assert await tx.setting("state") is None

    async def test_moving_raises_the_version_and_only_from_the_expected_state(self, ledger):
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.move_ticket(
                "4F9KQ2ZD", TicketState.PRESENTED, TicketState.DECLINED, "거절했습니다"
            )
        async with ledger.transaction() as tx:
            moved = await tx.ticket("4F9KQ2ZD")
        assert (moved.state, moved.version) == (TicketState.DECLINED, 2)
        assert moved.state_reason == "거절했습니다"
        for name in ("4F9KQ2ZD", "NOTTHERE"):
            with pytest.raises(StaleState):
                async with ledger.transaction() as tx:
                    await tx.move_ticket(name, TicketState.PRESENTED, TicketState.APPROVED)

    async def test_one_of_many_approvals_wins(self, ledger):
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())

        async def press(number: int) -> int:
            async with ledger.transaction() as tx:
                assert await tx.insert_approval(approval(interaction_id=number))
                await tx.move_ticket("4F9KQ2ZD", TicketState.PRESENTED, TicketState.APPROVED)
                await tx.insert_order(order())
                return number

        results = await asyncio.gather(
            *(press(number) for number in range(1, 9)), return_exceptions=True
        )
        winners = [result for result in results if isinstance(result, int)]
        assert len(winners) == 1
        async with ledger.transaction() as tx:
            assert (await tx.approval_of("4F9KQ2ZD")).interaction_id == winners[0]
            assert len(await tx.orders_of("4F9KQ2ZD")) == 1

    async def test_an_interaction_counts_once(self, ledger):
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_ticket(ticket("ZZZZZZZZ"))
            assert await tx.insert_approval(approval())
            assert not await tx.insert_approval(approval("ZZZZZZZZ"))
            assert not await tx.insert_approval(approval(interaction_id=5))
            assert await tx.approval_of("4F9KQ2ZD") == approval()
            assert await tx.approval_of("ZZZZZZZZ") is None

    async def test_tickets_by_state_oldest_first(self, ledger):
        async with ledger.transaction() as tx:
            assert await tx.tickets_in([TicketState.PRESENTED]) == ()
            await tx.insert_ticket(ticket("BBBBBBBB", at=MORNING + timedelta(minutes=1)))
            await tx.insert_ticket(ticket("CCCCCCCC", at=MORNING))
            await tx.insert_ticket(ticket("AAAAAAAA", at=MORNING + timedelta(minutes=2)))
            await tx.move_ticket("AAAAAAAA", TicketState.PRESENTED, TicketState.EXPIRED)
            found = await tx.tickets_in([TicketState.PRESENTED, TicketState.APPROVED])
        assert [item.ticket_id for item in found] == ["CCCCCCCC", "BBBBBBBB"]
        assert [len(item.legs) for item in found] == [2, 2]

    async def test_the_tickets_of_one_thread_are_those_shown_there_by_age(self, ledger):
        async with ledger.transaction() as tx:
            for name, channel, minutes in (
                ("BBBBBBBB", 7, 2),
                ("AAAAAAAA", 7, 1),
                ("CCCCCCCC", 8, 0),
            ):
                made = ticket(name, at=MORNING + timedelta(minutes=minutes))
                await tx.insert_ticket(replace(made, channel_id=channel))
        async with ledger.reading() as tx:
            assert await tx.tickets_shown_in(7) == ("AAAAAAAA", "BBBBBBBB")
            assert await tx.tickets_shown_in(9) == ()

    async def test_what_no_message_shows_is_unpublished(self, ledger):
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_order(order())
            assert [item.version for item in await tx.unpublished_tickets()] == [1]
            await tx.mark_published("4F9KQ2ZD", 1, 11, 22)
            assert await tx.unpublished_tickets() == ()
            await tx.touch_ticket("4F9KQ2ZD")
            await tx.save_order(replace(order(), reason="x"), OrderState.CREATED)
            assert [item.version for item in await tx.unpublished_tickets()] == [3]
            await tx.mark_published("4F9KQ2ZD", 3, 11, 22)
            assert await tx.unpublished_tickets() == ()
            # A replaced process that wakes up edits with what it had read; the newest comes again.
            await tx.mark_published("4F9KQ2ZD", 2, 11, 22)
            assert [item.version for item in await tx.unpublished_tickets()] == [3]
            await tx.mark_published("4F9KQ2ZD", 3, 11, 22)
            await tx.doubt_published("4F9KQ2ZD", 3)
            assert await tx.unpublished_tickets() == ()
            await tx.doubt_published("4F9KQ2ZD", 2)
            assert [item.version for item in await tx.unpublished_tickets()] == [3]
            found = await tx.ticket("4F9KQ2ZD")
        assert (found.channel_id, found.message_id) == (11, 22)
        with pytest.raises(StaleState):
            async with ledger.transaction() as tx:
                await tx.mark_published("NOTTHERE", 1, 11, 22)

    async def test_a_message_that_was_left_shows_its_heir_whatever_is_told_of_the_old_one(
        self, ledger
    ):
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket("AAAAAAAA"))
            await tx.mark_published("AAAAAAAA", 1, 11, 22)
            await tx.move_ticket("AAAAAAAA", TicketState.PRESENTED, TicketState.SUPERSEDED)
            await tx.leave_message("AAAAAAAA")
            heir = replace(ticket("BBBBBBBB"), channel_id=11, message_id=22)
            await tx.insert_ticket(heir)
            await tx.mark_published("BBBBBBBB", 1, 11, 22)
            assert await tx.unpublished_tickets() == ()
            for again in (
                tx.mark_published("AAAAAAAA", 1, 11, 22),
                tx.doubt_published("AAAAAAAA", 1, 22),
            ):
                await again
                [waiting] = await tx.unpublished_tickets()
                assert waiting.ticket_id == "BBBBBBBB"
                await tx.mark_published("BBBBBBBB", waiting.version, 11, 22)
            left = await tx.ticket("AAAAAAAA")
        assert left.message_id is None


class OrderContract:
    async def test_an_order_comes_back_with_what_was_sent(self, ledger):
        sent = replace(
            order(),
            state=OrderState.PARTIAL,
            request=OrderRequest(
                symbol=KODEX, side=Side.BUY, quantity=Shares(6), price_won=Won(35145)
            ),
            ref=BrokerOrderRef(number="0000117057", branch="06010"),
            filled=4,
            average_price_won=Decimal("35142.2500"),
            reason="일부 체결",
            updated_at=MORNING + timedelta(seconds=3),
        )
        market = replace(
            order(leg=2),
            envelope=replace(envelope(), limit_won=None, order_type=OrderType.MARKET),
            request=OrderRequest(
                symbol=KODEX,
                side=Side.BUY,
                quantity=Shares(1),
                price_won=None,
                order_type=OrderType.MARKET,
            ),
        )
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_order(order())
            await tx.insert_order(market)
            await tx.save_order(sent, OrderState.CREATED)
        async with ledger.transaction() as tx:
            assert await tx.order(sent.order_id) == sent
            assert await tx.orders_of("4F9KQ2ZD") == (sent, market)
            assert await tx.order("nothing") is None

    async def test_a_leg_becomes_one_order(self, ledger):
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_order(order())
        with pytest.raises(StorageError):
            async with ledger.transaction() as tx:
                await tx.insert_order(replace(order(), order_id="another"))
        with pytest.raises(StorageError):
            async with ledger.transaction() as tx:
                await tx.insert_order(order("NOTTHERE"))

    async def test_one_of_many_saves_wins(self, ledger):
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_order(order())

        async def gate() -> None:
            async with ledger.transaction() as tx:
                seen = await tx.order("4F9KQ2ZD-1")
                await tx.save_order(replace(seen, state=OrderState.GATED), OrderState.CREATED)

        results = await asyncio.gather(*(gate() for _ in range(8)), return_exceptions=True)
        assert results.count(None) == 1
        assert sum(isinstance(result, StaleState) for result in results) == 7

    async def test_orders_by_state_and_by_korean_day(self, ledger):
        midnight = datetime(2023, 3, 1, 15, 0, tzinfo=UTC)  # 00:00 KST of 2 March
        async with ledger.transaction() as tx:
            for name, at in (
                ("AAAAAAAA", midnight - timedelta(microseconds=1)),
                ("BBBBBBBB", midnight),
                ("CCCCCCCC", midnight + timedelta(days=1, microseconds=-1)),
                ("DDDDDDDD", midnight + timedelta(days=1)),
            ):
                await tx.insert_ticket(ticket(name, at=at))
                await tx.insert_order(order(name, at=at))
            today = await tx.orders_created_on(DAY)
            await tx.save_order(
                replace(order("CCCCCCCC", at=midnight), state=OrderState.UNKNOWN),
                OrderState.CREATED,
            )
            doubtful = await tx.orders_in([OrderState.UNKNOWN, OrderState.SUBMITTING])
        assert [item.ticket_id for item in today] == ["BBBBBBBB", "CCCCCCCC"]
        assert [item.ticket_id for item in doubtful] == ["CCCCCCCC"]

    async def test_one_attempt_per_order(self, ledger):
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_order(order())
            assert await tx.attempt_of("4F9KQ2ZD-1") is None
            assert await tx.insert_attempt(attempt())
            assert not await tx.insert_attempt(attempt())
            assert await tx.attempt_of("4F9KQ2ZD-1") == attempt()
            assert await tx.attempts_on(DAY) == (attempt(),)
            assert await tx.attempts_on(DAY + timedelta(days=1)) == ()

    async def test_a_cumulative_quantity_counts_once(self, ledger):
        late = datetime(2023, 3, 3, 0, 0, tzinfo=KST)
        async with ledger.transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_order(order())
            assert await tx.insert_fill(fill(3, 3))
            assert not await tx.insert_fill(fill(3, 2))
            assert await tx.insert_fill(fill(5, 2, at=late))
            assert await tx.fills_of("4F9KQ2ZD-1") == (fill(3, 3), fill(5, 2, at=late))
            assert await tx.fills_on(DAY) == (fill(3, 3),)

    async def test_a_fill_needs_its_order_and_shares(self, ledger):
        for wrong in (fill(3, 3), fill(0, 0)):
            with pytest.raises(StorageError):
                async with ledger.transaction() as tx:
                    await tx.insert_fill(wrong)


class JournalContract:
    async def test_the_journal_keeps_facts_and_order(self, ledger):
        first = JournalEntry(
            at=MORNING,
            kind="order.armed",
            actor="desk",
            subject="A",
            facts={"가격": 35150, "list": [1, None, True], "text": 'NUL \x00 and "quotes"'},
        )
        second = replace(first, kind="order.sent", facts={})
        async with ledger.transaction() as tx:
            await tx.append_journal(first)
            await tx.append_journal(replace(first, subject="B"))
            await tx.append_journal(second)
            assert await tx.journal_of("A") == (first, second)
        assert (await ledger.verify_journal()).lines == 3

    async def test_lines_are_read_on_from_any_place(self, ledger):
        entries = [
            JournalEntry(at=MORNING, kind=f"k{number}", actor="a", subject="s", facts={})
            for number in range(1, 5)
        ]
        async with ledger.transaction() as tx:
            assert await tx.journal_after(0) == ()
            assert await tx.journal_head() == JournalHead(lines=0, line_hash="0" * 64)
            for entry in entries:
                await tx.append_journal(entry)
            lines = await tx.journal_after(1, 2)
            last = await tx.journal_after(3)
            assert await tx.journal_head() == JournalHead(lines=4, line_hash=last[0].line_hash)
        assert [(line.number, line.entry) for line in lines] == [(2, entries[1]), (3, entries[2])]
        assert last[0].line_hash == (await ledger.verify_journal()).line_hash

    async def test_an_undone_line_breaks_no_chain(self, ledger):
        entry = JournalEntry(at=MORNING, kind="k", actor="a", subject="s", facts={})

        async def write() -> None:
            async with ledger.transaction() as tx:
                await tx.append_journal(entry)
                raise Undo

        with pytest.raises(Undo):
            await write()
        async with ledger.transaction() as tx:
            await tx.append_journal(entry)
        assert (await ledger.verify_journal()).lines == 1

    async def test_odd_names_do_not_break_the_chain(self, ledger):
        entry = JournalEntry(at=MORNING, kind="k", actor="\ud800 \x00", subject="s", facts={})
        async with ledger.transaction() as tx:
            await tx.append_journal(entry)
            assert len(await tx.journal_of("s")) == 1
        assert (await ledger.verify_journal()).lines == 1

    async def test_facts_that_are_not_json_are_refused(self, ledger):
        for facts in ({"x": object()}, {"x": float("nan")}):
            with pytest.raises(StorageError):
                async with ledger.transaction() as tx:
                    await tx.append_journal(
                        JournalEntry(at=MORNING, kind="k", actor="a", subject="s", facts=facts)
                    )


class LedgerContract(
    TicketContract,
    OrderContract,
    LastHopContract,
    BooksContract,
    SafetyContract,
    OutboxContract,
    JournalContract,
    PortfolioContract,
    WatchContract,
    StandingContract,
    RulesContract,
):
    """All of it."""

    async def test_transactions_are_serial(self, ledger):
        async def count() -> None:
            async with ledger.transaction() as tx:
                seen = int(await tx.setting("n") or "0")
                await asyncio.sleep(0)
                await tx.put_setting("n", str(seen + 1))

        await asyncio.gather(*(count() for _ in range(200)))
        async with ledger.transaction() as tx:
            assert await tx.setting("n") == "200"

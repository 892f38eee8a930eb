"""What every implementation of `core.ports.reflection` must do. Subclass with a `database` fixture."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from core.domain.journal import TradeRecord
from core.domain.leg_record import Fill
from core.domain.orders import OrderState
from core.domain.outcomes import Outcome, Unmeasured
from core.domain.tickets import Author, TicketKind
from core.ports.reflection import OutcomeArchive
from storage.ledger import SqlLedger
from storage.outcomes import SqlOutcomeArchive
from tests.contracts.ledger_values import DAY, MORNING, attempt, fill, order, ticket

WEEK_LATER = MORNING + timedelta(days=7)


def record(record_id: str, *, minutes: int = 0, **changes: object) -> TradeRecord:
    made = TradeRecord(
        record_id=record_id,
        at=MORNING + timedelta(minutes=minutes),
        symbol="069500",
        action="sell",
        quantity=5,
        justification="모멘텀 1위",
        market="{}",
        portfolio_before="{}",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def outcome(record_id: str, days: int = 7, **changes: object) -> Outcome:
    made = Outcome(
        record_id=record_id,
        days=days,
        is_hypothetical=True,
        quantity=5,
        entry_session=DAY,
        exit_session=date(2023, 3, 9),
        basis_won=175_000,
        pnl_won=-1_750,
        after_won=None,
        measured_at=WEEK_LATER,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


async def stored(database, *records: TradeRecord) -> SqlOutcomeArchive:
    async with SqlLedger(database).transaction() as tx:
        for item in records:
            await tx.save_trade_record(item)
    return SqlOutcomeArchive(database)


async def due(archive: OutcomeArchive, days: int = 7) -> list[str]:
    found = await archive.due_legs(days, WEEK_LATER, None, 10)
    return [leg.record.record_id for leg in found]


class OutcomesContract:
    async def test_a_leg_is_joined_from_what_is_stored_of_it(self, database):
        archive = await stored(
            database, record("4F9KQ2ZD-1"), record("4F9KQ2ZD-2", minutes=1), record("denied-X-1")
        )
        async with SqlLedger(database).transaction() as tx:
            await tx.insert_ticket(ticket())
            filled = replace(
                order(), state=OrderState.FILLED, filled=5, average_price_won=Decimal("35100.4")
            )
            await tx.insert_order(filled)
            await tx.insert_attempt(attempt())
            # Seen days after its session: the fill counts from the session.
            await tx.insert_fill(fill(2, 2, at=MORNING + timedelta(days=2)))
            await tx.insert_fill(fill(5, 3, at=MORNING + timedelta(days=3)))
        await archive.save_outcome(outcome("4F9KQ2ZD-1"))
        await archive.save_outcome(outcome("4F9KQ2ZD-1", 30))
        one, denied, two = await archive.legs_between(MORNING, MORNING + timedelta(minutes=2))
        assert (one.author, one.proposed_won, one.state) == (
            Author.STRATEGY,
            35_000,
            OrderState.FILLED,
        )
        assert one.fill == Fill(
            quantity=5,
            average_won=Decimal("35100.4"),
            session=DAY,
            at=MORNING + timedelta(days=2),
        )
        assert one.outcomes == (outcome("4F9KQ2ZD-1"), outcome("4F9KQ2ZD-1", 30))
        assert (two.author, two.state, two.fill) == (Author.STRATEGY, None, None)
        assert (one.kind, two.kind) == (TicketKind.BASKET, TicketKind.BASKET)
        assert (denied.author, denied.kind, denied.proposed_won) == (None, None, None)
        assert await archive.leg("4F9KQ2ZD-1") == one
        assert await archive.leg("none") is None

    async def test_what_is_due_comes_in_pages_until_it_is_final(self, database):
        archive = await stored(
            database,
            record("a"),
            record("b"),
            record("c", minutes=1),
            record("young", minutes=60 * 24 * 7 + 2),
        )
        first = await archive.due_legs(7, WEEK_LATER + timedelta(minutes=1), None, 2)
        assert [leg.record.record_id for leg in first] == ["a", "b"]
        rest = await archive.due_legs(7, WEEK_LATER + timedelta(minutes=1), first[-1], 2)
        assert [leg.record.record_id for leg in rest] == ["c"]
        await archive.save_outcome(outcome("a"))
        await archive.save_wait(first[1], 7, Unmeasured.BARS_MISSING, WEEK_LATER)
        assert await due(archive) == ["b", "c"]
        await archive.save_wait(first[1], 7, Unmeasured.UNPRICED, WEEK_LATER)
        assert await due(archive) == ["c"]
        assert await due(archive, 30) == ["a", "b", "c"]

    async def test_waits_are_counted_and_end_with_the_outcome(self, database):
        archive = await stored(database, record("a"), record("b"))
        for leg in await archive.due_legs(7, WEEK_LATER, None, 10):
            await archive.save_wait(leg, 7, Unmeasured.BARS_MISSING, WEEK_LATER)
            await archive.save_wait(leg, 30, Unmeasured.ORDER_OPEN, WEEK_LATER)
        until = MORNING + timedelta(minutes=1)
        assert await archive.waiting(MORNING, until) == {
            Unmeasured.BARS_MISSING: 2,
            Unmeasured.ORDER_OPEN: 2,
        }
        await archive.save_outcome(outcome("a"))
        assert (await archive.waiting(MORNING, until))[Unmeasured.BARS_MISSING] == 1
        assert await archive.waiting(until, WEEK_LATER) == {}

    async def test_more_that_turns_out_filled_is_due_again(self, database):
        archive = await stored(database, record("4F9KQ2ZD-1"))
        async with SqlLedger(database).transaction() as tx:
            await tx.insert_ticket(ticket())
            await tx.insert_order(replace(order(), state=OrderState.CANCELLED))
            await tx.insert_attempt(attempt())
        await archive.save_outcome(outcome("4F9KQ2ZD-1"))
        assert await due(archive) == []
        async with SqlLedger(database).transaction() as tx:
            found = replace(
                order(),
                state=OrderState.PARTIAL_CANCELLED,
                filled=5,
                average_price_won=Decimal(35_000),
            )
            await tx.save_order(found, OrderState.CANCELLED)
        assert await due(archive) == ["4F9KQ2ZD-1"]
        await archive.save_outcome(outcome("4F9KQ2ZD-1", is_hypothetical=False, quantity=4))
        assert await due(archive) == ["4F9KQ2ZD-1"]
        await archive.save_outcome(outcome("4F9KQ2ZD-1", is_hypothetical=False))
        assert await due(archive) == []

    async def test_what_the_memory_lacks_is_found_until_it_has_it(self, database):
        archive = await stored(database, record("a"), record("b"))
        one, other = outcome("a"), outcome("b", measured_at=WEEK_LATER + timedelta(days=1))
        await archive.save_outcome(other)
        await archive.save_outcome(one)
        assert await archive.untold(1) == (one,)
        assert await archive.untold(9) == (one, other)
        assert await archive.outcomes_between(WEEK_LATER, other.measured_at) == (one,)
        await archive.mark_told([one])
        assert await archive.untold(9) == (other,)
        # Measured again meanwhile: what is remembered is not what stands there now.
        again = replace(other, pnl_won=5, measured_at=other.measured_at + timedelta(hours=1))
        await archive.save_outcome(again)
        await archive.mark_told([other])
        assert await archive.untold(9) == (again,)

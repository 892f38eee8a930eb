"""The part of the ledger's contract about what was held and what each trade was for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from core.domain.account import AccountSnapshot, Position
from core.domain.journal import TradeRecord
from core.domain.money import Won
from tests.contracts.ledger_values import DAY, MORNING, TIGER


class PortfolioContract:
    async def test_a_trade_record_is_replaced_by_its_id(self, ledger):
        record = TradeRecord(
            record_id="r1",
            at=MORNING,
            symbol="069500",
            action="buy",
            quantity=5,
            justification="12-1 모멘텀",
            market='{"close": 35000}',
            portfolio_before="{}",
        )
        done = replace(record, status="FILLED", order_number="0000117057")
        other = replace(record, record_id="r2", at=MORNING + timedelta(days=1))
        async with ledger.transaction() as tx:
            await tx.save_trade_record(record)
            await tx.save_trade_record(other)
            await tx.save_trade_record(done)
            assert await tx.trade_records_on(DAY) == (done,)
            assert await tx.trade_record("r2") == other
            assert await tx.trade_record("r3") is None

    async def test_snapshots_make_a_nav_history(self, ledger):
        held = Position(
            symbol=TIGER,
            name="TIGER 200",
            quantity=3,
            sellable=3,
            average_cost_won=Decimal("30123.3333"),
            price_won=Won(31000),
        )
        early = AccountSnapshot(
            deposit_won=Won(-5),
            settled_d2_won=Won(900_000),
            positions=(held,),
            taken_at=MORNING,
        )
        late = replace(early, positions=(), taken_at=MORNING + timedelta(days=1))
        async with ledger.transaction() as tx:
            await tx.save_snapshot(late)
            await tx.save_snapshot(replace(early, settled_d2_won=Won(1)))
            await tx.save_snapshot(early)
            assert await tx.nav_history(MORNING) == (
                (MORNING, 993_000),
                (late.taken_at, 900_000),
            )
            assert await tx.snapshots_between(MORNING, late.taken_at) == (early,)
            assert await tx.snapshots_between(MORNING, late.taken_at + timedelta(1)) == (
                early,
                late,
            )
            assert await tx.nav_history(late.taken_at + timedelta(seconds=1)) == ()

    async def test_a_switch_is_replaced(self, ledger):
        async with ledger.transaction() as tx:
            assert await tx.setting("state") is None
            await tx.put_setting("state", "ACTIVE")
            await tx.put_setting("state", "HALTED")
        async with ledger.transaction() as tx:
            assert await tx.setting("state") == "HALTED"

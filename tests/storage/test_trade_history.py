from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal

from core.domain.books import ExternalOrder
from core.domain.krx import KST
from core.domain.orders import BrokerOrder, BrokerOrderRef, OrderState, OrderType, Side
from core.domain.realised import Execution
from storage.ledger import SqlLedger
from storage.trade_history import SqlTradeHistory
from tests.contracts.ledger_values import DAY, KODEX, MORNING, TIGER, attempt, order, ticket


async def test_own_orders_and_those_of_others_are_traded_alike(database):
    row = BrokerOrder(
        ref=BrokerOrderRef(number="77"),
        original_number="",
        symbol=TIGER,
        side=Side.SELL,
        order_type=OrderType.LIMIT,
        ordered=3,
        price_won=31_000,
        filled=2,
        remaining=1,
        cancelled=0,
        rejected=0,
        average_price_won=Decimal("31000.5"),
        placed_at=MORNING + timedelta(hours=2),
    )
    unfilled = replace(row, ref=BrokerOrderRef(number="78"), filled=0, average_price_won=None)
    async with SqlLedger(database).transaction() as tx:
        await tx.insert_ticket(ticket())
        await tx.insert_order(
            replace(order(), state=OrderState.FILLED, filled=7, average_price_won=Decimal(35_000))
        )
        # Armed on one day, of the session of another: it counts on its session.
        await tx.insert_attempt(replace(attempt(), armed_at=MORNING - timedelta(days=1)))
        for item in (row, unfilled):
            await tx.save_external(
                ExternalOrder(session=DAY, row=item, first_seen_at=MORNING, updated_at=MORNING)
            )
    history = SqlTradeHistory(database)
    assert await history.executions_before(MORNING) == ()
    assert await history.executions_before(MORNING + timedelta(days=1)) == (
        Execution(
            order_id="4F9KQ2ZD-1",
            symbol=KODEX,
            side=Side.BUY,
            quantity=7,
            price_won=Decimal(35_000),
            at=datetime.combine(DAY, time(9), tzinfo=KST),
        ),
        Execution(
            order_id=f"external:{DAY}:77",
            symbol=TIGER,
            side=Side.SELL,
            quantity=2,
            price_won=Decimal("31000.5"),
            at=MORNING + timedelta(hours=2),
        ),
    )

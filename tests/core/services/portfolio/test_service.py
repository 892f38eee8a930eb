from __future__ import annotations

from datetime import datetime
from typing import cast

from core.domain.account import AccountSnapshot
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Shares, Won
from core.domain.orders import Envelope, Order, OrderRequest, OrderState, Side
from core.ports.broker import Broker
from core.ports.ledger import Ledger
from core.services.portfolio.service import PortfolioService, ReservedCash
from tests.fakes.fake_cycle_desk import FakeBroker
from tests.fakes.fake_cycle_stores import FakeLedger
from tests.fakes.quotes import quote_of

AT = datetime(2023, 3, 2, 10, 0, tzinfo=KST)
CODE = Symbol("069500")


def order(
    order_id: str, side: Side, state: OrderState, *, sent: int | None = None, filled: int = 0
) -> Order:
    request = (
        OrderRequest(symbol=CODE, side=side, quantity=Shares(sent), price_won=Won(29_000))
        if sent
        else None
    )
    return Order(
        order_id=order_id,
        ticket_id="T",
        leg=1,
        envelope=Envelope(
            symbol=CODE, side=side, quantity_max=Shares(5), limit_won=Won(30_000), good_until=AT
        ),
        state=state,
        request=request,
        filled=filled,
        created_at=AT,
        updated_at=AT,
    )


async def test_the_account_with_what_may_be_ordered_and_what_is_reserved() -> None:
    ledger = FakeLedger()
    ledger.books.orders = {
        item.order_id: item
        for item in (
            order("waiting", Side.BUY, OrderState.CREATED),
            order("partial", Side.BUY, OrderState.PARTIAL, sent=4, filled=1),
            order("unknown", Side.BUY, OrderState.UNKNOWN, sent=1),
            order("sell", Side.SELL, OrderState.WORKING, sent=4),
            order("ended", Side.BUY, OrderState.FILLED, sent=4, filled=4),
        )
    }
    account = AccountSnapshot(deposit_won=Won(1), settled_d2_won=Won(2), positions=(), taken_at=AT)
    broker = FakeBroker(account_value=account, quote_value=quote_of(CODE, 30_000, AT))
    reserved = ReservedCash(cast("Ledger", ledger))
    found = await PortfolioService(cast("Broker", broker), CODE, reserved).portfolio()
    assert found.account is account
    assert found.orderable_won == 777_000
    assert found.reserved_won == 5 * 30_000 + 3 * 29_000 + 29_000

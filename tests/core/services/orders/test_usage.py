from __future__ import annotations

from datetime import timedelta

from tests.fakes.desk_kit import buy


async def test_what_is_used_counts_live_buys_once_and_claims_nothing_unread(kit):
    assert await kit.desk.used_today() == {
        "day_amount_won": 0,
        "day_count": 0,
        "minute_count": 0,
        "capital_won": 5 * 30_000,
    }
    order = await kit.sent(buy(2))
    amount = order.request.price_won * 2
    assert await kit.desk.used_today() == {
        "day_amount_won": amount,
        "day_count": 1,
        "minute_count": 1,
        "capital_won": 5 * 30_000 + amount + kit.context.costs.fee_won(amount),
    }
    kit.clock.set(kit.clock.now() + timedelta(minutes=2))
    kit.broker.broken.add("account")
    used = await kit.desk.used_today()
    assert used["minute_count"] == 0
    assert "capital_won" not in used
    # What our own ledger knows is counted without a word to the broker.
    assert await kit.desk.counted_today() == used

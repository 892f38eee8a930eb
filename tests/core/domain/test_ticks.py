from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import datetime

import pytest

from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Won
from core.domain.ticks import Channel, Priority, Registration, Tick, Wish

AT = datetime(2026, 11, 26, 10, 0, tzinfo=KST)
KODEX = Symbol("069500")


def tick(last: int, base: int) -> Tick:
    return Tick(
        symbol=KODEX,
        last_won=Won(last),
        base_won=Won(base),
        volume_shares=1,
        best_ask_won=None,
        best_bid_won=None,
        is_halted=False,
        in_vi=None,
        traded_at=AT,
        received_at=AT,
    )


@pytest.mark.parametrize(
    ("last", "base", "expected"),
    [(10_500, 10_000, 500), (9_500, 10_000, -500), (10_000, 10_000, 0), (29_999, 30_000, 0)],
)
def test_the_change_is_counted_from_the_base_price(last: int, base: int, expected: int) -> None:
    assert tick(last, base).change_bps == expected


def test_a_holding_is_kept_before_an_open_order_before_the_watchlist() -> None:
    assert sorted(Priority) == [Priority.HOLDING, Priority.OPEN_ORDER, Priority.WATCHLIST]


def test_a_wish_without_channels_is_for_trades() -> None:
    wish = Wish(symbol=KODEX, priority=Priority.WATCHLIST)
    assert wish.channels == {Channel.TRADE}
    with pytest.raises(FrozenInstanceError):
        wish.symbol = Symbol("000000")  # type: ignore[misc]


def test_a_registration_is_a_key() -> None:
    asked = {Registration(KODEX, Channel.NAV): 1}
    assert asked[Registration(KODEX, Channel.NAV)] == 1

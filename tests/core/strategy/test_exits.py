from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import Position
from core.domain.exit_offers import ExitKind
from core.domain.instrument import Symbol
from core.domain.money import Won
from core.strategy.exits import Passage, exit_of, stop_level
from core.strategy.parameters import Parameters

PARAMETERS = Parameters(stop_loss_percent=-7, take_profit_percent=15, trailing_stop_percent=-10)


def held(quantity: int, cost: int = 1000) -> Position:
    return Position(
        symbol=Symbol("000001"),
        name="x",
        quantity=quantity,
        sellable=quantity,
        average_cost_won=Decimal(cost),
        price_won=Won(cost),
    )


def asked(quantity: int, price: int, peak: int = 0, taken: bool = False) -> tuple[str, int] | None:
    passage = Passage(peak_won=peak, half_taken=taken)
    found = exit_of(held(quantity), price, PARAMETERS, passage)
    return (found.kind.value, found.quantity) if found else None


@pytest.mark.parametrize(
    ("quantity", "price", "peak", "taken", "expected"),
    [
        (5, 930, 0, False, ("stop_loss", 5)),
        (5, 931, 0, False, None),
        (5, 1150, 0, False, ("take_profit", 2)),
        (5, 1149, 0, False, None),
        (5, 1150, 1150, True, None),  # once a position
        (1, 1150, 1150, False, None),  # a single share is kept ...
        (1, 1001, 1150, False, ("trailing_stop", 1)),  # ... with its stop raised
        (3, 1036, 1150, True, None),  # 1150 less 10 % is 1035
        (3, 1035, 1150, True, ("trailing_stop", 3)),
        (3, 1000, 1149, True, None),  # the mark was never reached
        (0, 500, 0, False, None),
    ],
)
def test_the_policy(
    quantity: int, price: int, peak: int, taken: bool, expected: tuple[str, int] | None
) -> None:
    assert asked(quantity, price, peak, taken) == expected


def test_without_a_trailing_stop_what_is_left_is_kept_down_to_its_cost() -> None:
    still = Parameters(trailing_stop_percent=0)
    passage = Passage(peak_won=2000, half_taken=True)
    assert exit_of(held(3), 1001, still, passage) is None
    found = exit_of(held(3), 1000, still, passage)
    assert found is not None
    assert found.kind is ExitKind.BREAK_EVEN


def test_a_passage_keeps_the_highest_price() -> None:
    assert Passage().seen(5).seen(3) == Passage(peak_won=5)


@given(peaks=st.lists(st.integers(900, 3000), min_size=2, max_size=20))
def test_the_stop_never_falls(peaks: list[int]) -> None:
    passage, last = Passage(), Decimal(0)
    for price in peaks:
        passage = passage.seen(price)
        _, level = stop_level(Decimal(1000), PARAMETERS, passage)
        assert level >= last
        last = level

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.costs import CostModel
from core.strategy.allocate import Line, allocate

COSTS = CostModel(Decimal("0.003"))


def spent(lines: list[Line], quantities: tuple[int, ...]) -> int:
    total = 0
    for line, quantity in zip(lines, quantities, strict=True):
        amount = (quantity - line.held) * line.price_won
        total += amount + COSTS.fee_won(abs(amount))
    return total


def distance(lines: list[Line], quantities: tuple[int, ...]) -> int:
    return sum(
        abs(quantity * line.price_won - line.target_won)
        for line, quantity in zip(lines, quantities, strict=True)
    )


def line_strategy() -> st.SearchStrategy[Line]:
    return st.builds(
        Line,
        price_won=st.integers(5, 60),
        target_won=st.integers(0, 200),
        value_won_max=st.integers(0, 250),
        held=st.integers(0, 4),
    )


@pytest.mark.untraced
@settings(max_examples=150, deadline=None)
@given(st.lists(line_strategy(), min_size=0, max_size=4), st.integers(0, 500))
def test_no_other_whole_numbers_lie_nearer(lines: list[Line], cash: int) -> None:
    found = allocate(lines, cash, COSTS)
    ranges = [range(line.value_won_max // line.price_won + 1) for line in lines]
    legal = [
        (distance(lines, numbers), spent(lines, numbers))
        for numbers in product(*ranges)
        if spent(lines, numbers) <= cash
    ]
    assert (distance(lines, found), spent(lines, found)) == min(legal)


def test_a_million_won_over_four_symbols() -> None:
    lines = [
        Line(price_won=price, target_won=242_500, value_won_max=388_000)
        for price in (35_150, 10_240, 101_500, 8_935)
    ]
    found = allocate(lines, 1_000_000, CostModel())
    assert found == (7, 24, 2, 27)


def test_the_cap_binds_before_the_target() -> None:
    lines = [Line(price_won=100, target_won=1_000, value_won_max=450)]
    assert allocate(lines, 10_000, CostModel()) == (4,)


def test_too_much_held_is_trimmed_and_pays_for_another() -> None:
    lines = [
        Line(price_won=100, target_won=300, value_won_max=1_000, held=6),
        Line(price_won=100, target_won=300, value_won_max=1_000),
    ]
    assert allocate(lines, 0, CostModel(Decimal(0))) == (3, 3)


@pytest.mark.parametrize(("price", "target", "cash"), [(0, 1, 1), (1, -1, 1), (1, 1, -1)])
def test_bad_amounts_are_refused(price: int, target: int, cash: int) -> None:
    with pytest.raises(ValueError, match="must"):
        allocate([Line(price_won=price, target_won=target, value_won_max=1)], cash, COSTS)

"""The exact allocation judged by scipy's mixed-integer solver, with money scaled to its comfort."""

from __future__ import annotations

import warnings
from decimal import Decimal

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.domain.costs import CostModel
from core.strategy.allocate import Line, allocate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scipy.optimize import Bounds, LinearConstraint, milp

# Prices are multiples of 1,000 won and the rate is 0.1 %, so that every fee is whole and linear.
STEP = 1_000
COSTS = CostModel(Decimal("0.001"))
SCALE = 100_000
TOLERANCE_WON = 100


def distance(lines: list[Line], shares: tuple[int, ...]) -> int:
    return sum(
        abs(n * line.price_won - line.target_won) for n, line in zip(shares, lines, strict=True)
    )


def spent(lines: list[Line], shares: tuple[int, ...]) -> int:
    changes = [(n - line.held) * line.price_won for n, line in zip(shares, lines, strict=True)]
    return sum(change + COSTS.fee_won(abs(change)) for change in changes)


def judged(lines: list[Line], cash: int) -> tuple[tuple[int, ...], float]:
    """The best shares by MILP and its own figure of their distance.

    The solver takes numbers within a millionth of whole for whole, so its figure may be a little
    too good; its shares, rounded, are what can be bought.

    Per line: shares bought b and sold s (whole), distance d; held + b - s is what is held then.
    """
    count = len(lines)
    price = np.array([line.price_won for line in lines]) / SCALE
    target = np.array([line.target_won for line in lines]) / SCALE
    held = np.array([line.held for line in lines])
    most = np.array([line.value_won_max // line.price_won for line in lines])
    each, none = np.eye(count), np.zeros((count, count))
    worth = np.hstack((np.diag(price), -np.diag(price), none))
    fee = 0.001
    rows = np.vstack(
        (
            worth - np.hstack((none, none, each)),
            -worth - np.hstack((none, none, each)),
            np.hstack((each, -each, none)),
            np.hstack((price * (1 + fee), price * (fee - 1), np.zeros(count)))[None],
        )
    )
    high = np.concatenate(
        (target - held * price, held * price - target, most - held, [cash / SCALE])
    )
    low = np.full(rows.shape[0], -np.inf)
    low[2 * count : 3 * count] = -held
    found = milp(
        np.concatenate((np.zeros(2 * count), np.ones(count))),
        integrality=np.concatenate((np.ones(2 * count), np.zeros(count))),
        bounds=Bounds(0, np.inf),
        constraints=LinearConstraint(rows, low, high),
        options={"mip_rel_gap": 0},
    )
    assert found.x is not None, found.message
    change = np.rint(found.x[:count] - found.x[count : 2 * count]).astype(int)
    return tuple((held + change).tolist()), float(found.fun) * SCALE


def agrees(lines: list[Line], cash: int) -> None:
    ours = allocate(lines, cash, COSTS)
    theirs, figure = judged(lines, cash)
    assert spent(lines, ours) <= cash
    assert distance(lines, ours) >= figure - TOLERANCE_WON
    if spent(lines, theirs) <= cash:
        assert distance(lines, ours) == distance(lines, theirs)
    else:  # affordable only within the solver's tolerance
        assert spent(lines, theirs) <= cash + TOLERANCE_WON
        assert distance(lines, ours) <= distance(lines, theirs) + max(x.price_won for x in lines)


lines_of = st.lists(
    st.builds(
        lambda price, target, most, held: Line(
            price_won=price * STEP, target_won=target * STEP, value_won_max=most * STEP, held=held
        ),
        st.integers(5, 120),
        st.integers(0, 400),
        st.integers(100, 500),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(lines=lines_of, cash=st.integers(0, 1_000))
def test_no_allocation_is_nearer_than_ours(lines: list[Line], cash: int) -> None:
    # What is held beyond the cap is the guard's matter, not the optimiser's.
    assume(all(line.held * line.price_won <= line.value_won_max for line in lines))
    agrees(lines, cash * STEP)
    shares = allocate(lines, cash * STEP, COSTS)
    assert all(
        n * line.price_won <= line.value_won_max for n, line in zip(shares, lines, strict=True)
    )


def test_a_million_won_among_ten_funds() -> None:
    dice = np.random.default_rng(3)
    for _ in range(10):
        part = dice.dirichlet(np.ones(10))
        lines = [
            Line(
                price_won=int(dice.integers(5, 120)) * STEP,
                target_won=int(970 * weight) * STEP,
                value_won_max=400 * STEP,
            )
            for weight in part
        ]
        agrees(lines, 970 * STEP)

"""Whole shares for the money there is.

An exact dynamic programme over (won spent, distance from the targets): line by line every number
of shares that could still be part of a best answer is tried, and of the partial answers only those
stay that no other one beats in both figures. Amounts are integers, so nothing is lost to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.domain.costs import CostModel

Ints = npt.NDArray[np.int64]

# A first search over the nearest few numbers per line finds a bound that keeps the full one small.
NEAR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One symbol to size: raw price, target value, the most it may be worth, shares held now."""

    price_won: int
    target_won: int
    value_won_max: int
    held: int = 0

    @property
    def quantity_max(self) -> int:
        """More than one share above the target costs more *and* lies farther away."""
        return min(-(-self.target_won // self.price_won), self.value_won_max // self.price_won)


@dataclass(frozen=True, slots=True)
class _Options:
    """What each allowed number of shares of one line spends and how far it is from the target."""

    quantities: Ints
    spent: Ints
    distance: Ints

    def kept(self, mask: npt.NDArray[np.bool_]) -> _Options:
        return _Options(self.quantities[mask], self.spent[mask], self.distance[mask])


def allocate(lines: Sequence[Line], cash_won: int, costs: CostModel) -> tuple[int, ...]:
    """Return the shares to hold per line with the least total distance from the targets.

    Buying and selling the difference to what is held, fee included, spends at most `cash_won`
    (0 or more). Of equally near answers the cheaper one wins. Raises ValueError for bad amounts.
    """
    if cash_won < 0 or any(line.price_won < 1 or line.target_won < 0 for line in lines):
        raise ValueError("cash and targets must not be negative, prices must be positive")
    options = [_options(line, costs) for line in lines]
    bound = _greedy_distance(options, cash_won)
    near = [
        item.kept(np.argsort(np.argsort(item.distance, kind="stable"), kind="stable") < NEAR)
        for item in options
    ]
    first = _search(near, cash_won, bound)
    if first is not None:
        bound = first[1]
    best = _search(options, cash_won, bound)
    if best is None:  # the greedy answer is one of the options, so something was found
        raise AssertionError("no allocation within the bound")
    return best[0]


def _options(line: Line, costs: CostModel) -> _Options:
    quantities = np.arange(line.quantity_max + 1, dtype=np.int64)
    spent = [
        (quantity - line.held) * line.price_won
        + costs.fee_won(abs(quantity - line.held) * line.price_won)
        for quantity in range(line.quantity_max + 1)
    ]
    distance = np.abs(quantities * line.price_won - line.target_won)
    return _Options(quantities, np.array(spent, dtype=np.int64), distance)


def _greedy_distance(options: Sequence[_Options], cash_won: int) -> int:
    """Return the distance of a simple affordable answer: nearest first, the rest sold or left."""
    cheapest = sum(int(item.spent.min()) for item in options)
    left, total = cash_won - cheapest, 0
    for item in options:
        extra = item.spent - item.spent.min()
        affordable = item.kept(extra <= left)
        pick = int(np.argmin(affordable.distance))
        left -= int(affordable.spent[pick] - item.spent.min())
        total += int(affordable.distance[pick])
    return total


def _search(
    options: Sequence[_Options], cash_won: int, bound: int
) -> tuple[tuple[int, ...], int] | None:
    """Return (quantities, distance) of the best answer not worse than `bound`, or None."""
    spent, distance = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    trail: list[tuple[Ints, Ints]] = []
    for number, item in enumerate(options):
        rest = options[number + 1 :]
        spent_later = sum(int(other.spent.min()) for other in rest)
        distance_later = sum(int(other.distance.min()) for other in rest)
        all_spent = (spent[:, None] + item.spent[None, :]).ravel()
        all_distance = (distance[:, None] + item.distance[None, :]).ravel()
        alive = np.flatnonzero(
            (all_spent + spent_later <= cash_won) & (all_distance + distance_later <= bound)
        )
        alive = alive[_unbeaten(all_spent[alive], all_distance[alive])]
        if alive.size == 0:
            return None
        width = len(item.quantities)
        trail.append((alive // width, item.quantities[alive % width]))
        spent, distance = all_spent[alive], all_distance[alive]
    row = int(np.lexsort((spent, distance))[0])
    result = int(distance[row])
    picked: list[int] = []
    for parents, quantities in reversed(trail):
        picked.append(int(quantities[row]))
        row = int(parents[row])
    return tuple(reversed(picked)), result


def _unbeaten(spent: Ints, distance: Ints) -> Ints:
    """Return the rows that no other row beats in both spending and distance."""
    order = np.lexsort((distance, spent))
    ranked = distance[order]
    lowest_before = np.minimum.accumulate(np.concatenate(([np.iinfo(np.int64).max], ranked)))[:-1]
    kept: Ints = order[ranked < lowest_before]
    return kept

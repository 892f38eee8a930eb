"""The guard's position cap inside the strategy, so that a plan and its ticket agree.

The tight cap bounds what is bought. It is no reason to sell what was bought under the wide one.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.strategy.parameters import Parameters
from core.strategy.situation import Situation


def wide_percent(situation: Situation, parameters: Parameters) -> int:
    """Return the strategy's own weight cap, or the guard's wide one where that is lower."""
    guarded = situation.cap.wide_percent if situation.cap else parameters.weight_cap_percent
    return min(parameters.weight_cap_percent, guarded)


def tight_percent(situation: Situation, bought_at_won: Iterable[int]) -> int | None:
    """Return the tight cap if buys at these prices are judged by it, else None."""
    cap, prices = situation.cap, tuple(bought_at_won)
    if cap is None or not prices:
        return None
    percent = cap.percent_for(prices)
    return percent if percent < cap.wide_percent else None


def capped_weight(weight: float, tight: int, held_won: int, budget_won: int) -> float:
    """Return `weight` bounded by the tight cap, or by what is already held of the symbol."""
    held = held_won / budget_won if budget_won > 0 else 0.0
    return min(weight, max(tight / 100, held))


def value_max_won(
    situation: Situation,
    parameters: Parameters,
    budget_won: int,
    *,
    tight: int | None,
    price_won: int,
    held_won: int,
) -> int:
    """Return the most one position may be worth, in won.

    A single share that fits the guard's cap, but not the same share of what is invested, is bought.
    """
    if tight is None or situation.cap is None:
        return budget_won * wide_percent(situation, parameters) // 100
    ours = budget_won * tight // 100
    room = ours if price_won <= ours else situation.cap.won(tight)
    return max(room, held_won)

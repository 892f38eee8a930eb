"""Who leads, and how much of the money each leader gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.instrument import Symbol
from core.strategy.indicators import roc_12_1, wilder_atr
from core.strategy.panel import PricePanel
from core.strategy.parameters import Parameters

# A money-market fund hardly moves; without a floor its weight would be nearly infinite.
RANGE_RATIO_MIN = 1e-4
# A symbol that nobody traded for so long has no price one could act on.
STALE_SESSIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One symbol's momentum. `range_ratio` is ATR divided by the adjusted close."""

    symbol: Symbol
    score: float
    range_ratio: float


def scores(panel: PricePanel, parameters: Parameters) -> tuple[Score, ...]:
    """Return every symbol that can be scored, best first; ties go to the lower code."""
    momentum = roc_12_1(panel.close, parameters.formation, parameters.skip)
    found = []
    for column, symbol in enumerate(panel.symbols):
        if np.isnan(momentum[column]) or not panel.traded[-STALE_SESSIONS:, column].any():
            continue
        average = wilder_atr(
            panel.high[:, column],
            panel.low[:, column],
            panel.close[:, column],
            panel.traded[:, column],
            parameters.atr_period,
        )
        if np.isnan(average):
            continue
        ratio = max(average / float(panel.close[-1, column]), RANGE_RATIO_MIN)
        found.append(Score(symbol=symbol, score=float(momentum[column]), range_ratio=ratio))
    return tuple(sorted(found, key=lambda item: (-item.score, item.symbol)))


def leaders(ranked: Sequence[Score], top_k: int) -> tuple[Score, ...]:
    """Return the first `top_k` with a positive score. A falling market may have none."""
    return tuple(item for item in ranked if item.score > 0)[:top_k]


def weights(chosen: Sequence[Score], cap: float) -> Mapping[Symbol, float]:
    """Return weights proportional to close / ATR, none above `cap`, together at most 1."""
    shares = capped_shares([1.0 / item.range_ratio for item in chosen], cap)
    return {item.symbol: share for item, share in zip(chosen, shares, strict=True)}


def capped_shares(raw: Sequence[float], cap: float) -> tuple[float, ...]:
    """Return shares proportional to `raw`, none above `cap`, together at most 1.

    What the cap cuts off is shared among those below it; when all are capped, the rest stays cash.
    """
    free = dict(enumerate(raw))
    fixed: dict[int, float] = {}
    while free:
        left, total = 1.0 - cap * len(fixed), sum(free.values())
        over = [place for place, value in free.items() if value / total * left > cap]
        if not over:
            fixed |= {place: value / total * left for place, value in free.items()}
            break
        for place in over:
            fixed[place] = cap
            del free[place]
    return tuple(fixed[place] for place in range(len(raw)))

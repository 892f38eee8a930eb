"""Who leads, and how much of the money each leader gets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.instrument import Symbol
from core.strategy.indicators import (
    above_monthly_mean,
    average_range_at,
    mean_value_won,
    roc_12_1,
)
from core.strategy.panel import PricePanel
from core.strategy.parameters import Parameters

# A money-market fund hardly moves; without a floor its weight would be nearly infinite.
RANGE_RATIO_MIN = 1e-4
# A symbol that nobody traded for so long has no price one could act on.
STALE_SESSIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One symbol's momentum. `range_ratio` is ATR divided by the adjusted close.

    `in_regime` tells whether the regime filter lets it be held, `liquid` whether it trades enough
    to be entered; both are true where the filter is off.
    """

    symbol: Symbol
    score: float
    range_ratio: float
    in_regime: bool = True
    liquid: bool = True


def scores(panel: PricePanel, parameters: Parameters) -> tuple[Score, ...]:
    """Return every symbol that can be scored, best first; ties go to the lower code."""
    momentum = roc_12_1(panel.close, parameters.formation, parameters.skip)
    in_regime = np.ones(len(panel.symbols), dtype=np.bool_)
    if parameters.regime_months:
        in_regime = above_monthly_mean(panel, parameters.regime_months)
    liquid = mean_value_won(panel) >= parameters.entry_value_won_min
    last = np.array([len(panel.sessions) - 1])
    found = []
    for column, symbol in enumerate(panel.symbols):
        if np.isnan(momentum[column]) or not panel.traded[-STALE_SESSIONS:, column].any():
            continue
        (average,) = average_range_at(
            panel.high[:, column],
            panel.low[:, column],
            panel.close[:, column],
            panel.traded[:, column],
            last,
            period=parameters.atr_period,
            method=parameters.atr_method,
        ).tolist()
        if np.isnan(average):
            continue
        ratio = max(average / float(panel.close[-1, column]), RANGE_RATIO_MIN)
        found.append(
            Score(
                symbol=symbol,
                score=float(momentum[column]),
                range_ratio=ratio,
                in_regime=bool(in_regime[column]),
                liquid=bool(liquid[column]),
            )
        )
    return tuple(sorted(found, key=lambda item: (-item.score, item.symbol)))


def leaders(
    ranked: Sequence[Score], top_k: int, held: Collection[Symbol] = ()
) -> tuple[Score, ...]:
    """Return the first `top_k` with a positive score that the filters let in.

    A falling market may have none. What is `held` already need not be liquid to stay.
    """
    fit = (
        item
        for item in ranked
        if item.score > 0 and item.in_regime and (item.liquid or item.symbol in held)
    )
    return tuple(fit)[:top_k]


def sized(chosen: Sequence[Score], parameters: Parameters, cap: float) -> Mapping[Symbol, float]:
    """Return the weight of each leader as `parameters` want it, none above `cap`."""
    if not parameters.risk_per_position_bps:
        return weights(chosen, cap)
    risk = parameters.risk_per_position_bps / 10_000
    return risk_weights(chosen, risk, parameters.risk_atr_multiple, cap)


def risk_weights(
    chosen: Sequence[Score], risk: float, multiple: int, cap: float
) -> Mapping[Symbol, float]:
    """Return weights at which a fall of `multiple` average ranges costs `risk` of what is invested.

    risk / (multiple · ATR / close), none above `cap`; where they exceed 1 together all shrink
    alike. What they leave stays cash: calm markets are not geared up.
    """
    raw = {item.symbol: min(risk / (multiple * item.range_ratio), cap) for item in chosen}
    total = max(sum(raw.values()), 1.0)
    return {symbol: weight / total for symbol, weight in raw.items()}


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

"""How much of a result may be luck: a circular block bootstrap of its period returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.strategy.metrics import SESSIONS_PER_YEAR
from core.strategy.panel import Floats

BLOCK_SESSIONS = 21
DRAWS = 1_000
SEED = 20_261_126
LOW, HIGH = 5, 95


@dataclass(frozen=True, slots=True)
class Band:
    """The middle of what might have been, and the bounds that 90 % of it lies within."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Bands of figures; `loss` is the share of the draws that end below their start."""

    cagr: Band
    sharpe: Band
    max_drawdown: Band
    loss: float


def bands_of(
    returns: Floats, *, block: int = BLOCK_SESSIONS, draws: int = DRAWS, seed: int = SEED
) -> Bands:
    """Return bands from histories put together of random blocks of `block` periods.

    Blocks keep what happens within about a month together (volatility comes in clusters); they
    wrap around at the end, so every period is drawn equally often. It says how the same kind of
    years could have fallen, not what other kinds may come. Raises ValueError for an empty series.
    """
    if returns.size == 0:
        raise ValueError("there are no returns")
    dice = np.random.default_rng(seed)
    length, count = returns.size, -(-returns.size // block)
    starts = dice.integers(0, length, (draws, count))
    places = (starts[:, :, None] + np.arange(block)).reshape(draws, -1)[:, :length] % length
    drawn = returns[places]
    values = np.cumprod(1.0 + drawn, axis=1)
    final = values[:, -1]
    highest = np.maximum(np.maximum.accumulate(values, axis=1), 1.0)
    deviation = drawn.std(axis=1, ddof=1) if length > 1 else np.zeros(draws)
    sharpe = np.divide(
        drawn.mean(axis=1) * SESSIONS_PER_YEAR**0.5,
        deviation,
        out=np.zeros(draws),
        where=deviation > 0,
    )
    return Bands(
        cagr=_band(final ** (SESSIONS_PER_YEAR / length) - 1.0),
        sharpe=_band(sharpe),
        max_drawdown=_band(np.minimum((values / highest - 1.0).min(axis=1), 0.0)),
        loss=float(np.mean(final < 1.0)),
    )


def _band(values: Floats) -> Band:
    low, median, high = np.percentile(values, (LOW, 50, HIGH)).tolist()
    return Band(low, median, high)
